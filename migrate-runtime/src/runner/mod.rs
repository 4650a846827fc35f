//! The main path of a run: read the history, check integrity, plan, make every step ready, then
//! apply step by step. Decides; what differs between databases is behind `Connection`.

mod apply;
mod goal;
mod integrity;
mod plan;
mod ready;
mod stamp;
mod unfinished;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use migrate_model::Graph;
use migrate_model::revision::Applied;

pub(crate) use goal::{Fixed, Goal};
pub(crate) use integrity::{Integrity, examine};
pub(crate) use plan::{as_step, current_heads, plan};
pub(crate) use ready::{Prepared, Purpose};
pub(crate) use stamp::stamp_anew;

use self::apply::{Task, apply, record};
use self::plan::{heads_after, ids, moves};
use crate::connection::{Connection, Listener, Lock};
use crate::dialect::Outcome;
use crate::error::Error;
use crate::event::Event;
use crate::history::{Detail, History};
use crate::identity::RunIdentity;
use crate::interrupt::Interrupt;
use crate::patience::Patience;
use crate::registry::Registry;
use crate::report::Report;
use crate::settings::{Settings, TransactionMode};

/// What a run knows beside its connection.
pub(crate) struct Context<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) settings: &'a Settings,
    pub(crate) run: RunIdentity,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) listener: Listener<'a>,
}

/// Brings the database to the goal. At the goal already, this is one query and nothing else.
pub(crate) async fn run(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    goal: Goal<'_>,
) -> Result<Report, Error> {
    let started = Instant::now();
    let mut patience = Patience::new(context.settings, context.listener);
    let graph = context.registry.graph();
    let history = checked_history(connection, context, goal, &mut patience).await?;
    if let Goal::Resume { revision, answer } = goal {
        unfinished::check_named(graph, &history, revision, answer)?;
    }
    let way = unfinished::first_step(graph, &history).map(|step| step.direction);
    let wanted = goal;
    let goal = wanted.fix(graph, &applied_of(graph, &history), way)?;

    let before = ids(&history);
    let mut report = Report { before: current_heads(graph, &history), ..Report::default() };
    let goals = (wanted, &goal);
    let outcome = reach(connection, context, goals, history, &mut patience, &mut report).await;
    connection.unlock().await;
    if context.interrupt.is_needed() {
        connection.interrupt_no_more().await;
    }
    report.duration = started.elapsed();
    match outcome {
        Ok(after) => {
            report.after = after;
            announce(&goal, &report);
            Ok(report)
        }
        Err(error) => {
            let done = report.steps.iter().map(|done| (done.step.id.as_str(), done.step.direction));
            report.after = heads_after(graph, &before, done);
            Err(error.with_report(report))
        }
    }
}

/// Works the plan off. If somebody else changes the history meanwhile, the rest is planned anew
/// from what is true then. Gives the heads afterwards.
async fn reach(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    (wanted, goal): (Goal<'_>, &Fixed),
    mut history: History,
    patience: &mut Patience<'_>,
    report: &mut Report,
) -> Result<Vec<String>, Error> {
    let Context { registry, settings, listener, .. } = context;
    let dialect = connection.dialect();
    let (mut announced, mut lock) = (false, None);
    let seen = history.unfinished().cloned();
    loop {
        let steps = plan::steps(registry.graph(), &history, goal)?;
        let after = heads_after(registry.graph(), &ids(&history), moves(registry.graph(), &steps));
        if steps.is_empty() {
            return Ok(after);
        }
        if lock.is_none() {
            lock = Some(connection.lock(&settings.tables, patience).await?);
            if lock == Some(Lock::Taken) {
                // Whoever had it has written, most likely just this.
                history = checked_history(connection, context, wanted, patience).await?;
                continue;
            }
        }
        let mut prepared: VecDeque<Prepared<'_>> = VecDeque::with_capacity(steps.len());
        for step in &steps {
            prepared.push_back(Prepared::new(registry, settings, *step, goal.purpose(), dialect)?);
        }
        if !std::mem::replace(&mut announced, true) {
            connection.interrupt_when(&context.interrupt).await?;
            let (direction, before) = (goal.direction(), &report.before);
            listener(&Event::RunStarted { direction, steps: steps.len(), before });
        }
        let at_once = match settings.transaction {
            TransactionMode::Each => 1,
            TransactionMode::All => prepared.len(),
        };
        let mut unfinished = unfinished::journal(&history, wanted, seen.as_ref());
        let mut moved = false;
        while !prepared.is_empty() && !moved {
            patience.check_stop()?;
            let batch = prepared.drain(..at_once).collect::<Vec<_>>();
            let task = Task { steps: &batch, clears_history: false, unfinished: unfinished.take() };
            match apply(connection, context, task, history.version, patience).await? {
                Outcome::Done { durations, version } => {
                    history.version = Some(version);
                    record(&batch, &durations, *listener, report);
                }
                Outcome::HistoryMoved => moved = true,
            }
        }
        if !moved {
            return Ok(after);
        }
        history = checked_history(connection, context, wanted, patience).await?;
    }
}

fn announce(goal: &Fixed, report: &Report) {
    let (count, at) = (report.steps.len(), describe_heads(&report.after));
    let milliseconds = report.duration.as_millis();
    let revisions = if count == 1 { "revision" } else { "revisions" };
    let verb = goal.past_tense();
    if count == 0 {
        tracing::debug!(target: "migrate", "nothing to do, at {at} ({milliseconds} ms)");
    } else {
        tracing::info!(target: "migrate", "{count} {revisions} {verb}, now at {at} ({milliseconds} ms)");
    }
}

fn describe_heads(heads: &[String]) -> String {
    if heads.is_empty() { "base".to_owned() } else { heads.join(", ") }
}

/// The history, or the reason why nothing may be planned on it.
async fn checked_history(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    goal: Goal<'_>,
    patience: &mut Patience<'_>,
) -> Result<History, Error> {
    let (registry, tables) = (context.registry, &context.settings.tables);
    let history = connection.read_history(tables, Detail::Plan, patience).await?;
    if integrity::is_intact(registry, &history) {
        return Ok(history);
    }
    // A refusal tells more than a plan needs to know.
    let history = connection.read_history(tables, Detail::All, patience).await?;
    examine(connection, registry, tables, &history).await?.into_result(goal)?;
    Ok(history)
}

pub(crate) fn applied_of(graph: &Graph, history: &History) -> Applied {
    Applied::of(graph, history.applied().map(|row| row.id.as_str()))
}
