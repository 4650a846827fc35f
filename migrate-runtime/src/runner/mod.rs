//! The main path of a run: read the history, check integrity, plan, make every step ready, then
//! apply step by step. Decides; what differs between databases is behind `Connection`.

mod apply;
mod goal;
mod integrity;
mod plan;
mod ready;
mod revisions;
mod stamp;
mod unfinished;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use migrate_model::Graph;
use migrate_model::revision::Applied;

pub(crate) use goal::{Fixed, Goal};
pub(crate) use integrity::{Integrity, examine};
pub(crate) use plan::{as_step, current_heads, plan};
pub(crate) use ready::{Prepared, Purpose};
pub(crate) use revisions::Revisions;
pub(crate) use stamp::stamp_anew;

use self::apply::{Task, apply, record};
use self::plan::{heads_after, moves};
use crate::connection::{Connection, Listener, Lock};
use crate::dialect::Outcome;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::history::{Detail, History};
use crate::identity::RunIdentity;
use crate::interrupt::Interrupt;
use crate::patience::Patience;
use crate::registry::Registry;
use crate::report::Report;
use crate::settings::{OnUnknown, Settings, TransactionMode};

/// What a run knows beside its connection.
pub(crate) struct Context<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) settings: &'a Settings,
    pub(crate) run: RunIdentity,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) listener: Listener<'a>,
}

impl Context<'_> {
    fn on_unknown(&self, goal: Goal<'_>, history: &History) -> OnUnknown {
        match goal {
            // What it goes on with is one of them.
            Goal::Resume { .. } if unfinished::is_of_stored(self.registry, history) => {
                OnUnknown::RollBack
            }
            _ => goal.on_unknown(self.settings.on_unknown),
        }
    }
}

/// Brings the database to the goal. At the goal already, this is one query and nothing else.
pub(crate) async fn run(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    goal: Goal<'_>,
) -> Result<Report, Error> {
    let started = Instant::now();
    let mut patience = Patience::new(context.settings, context.listener);
    let wanted = goal;
    let (revisions, history) = match survey(connection, context, wanted, &mut patience).await {
        Err(error) if error.code() == "integrity.partial" => {
            survey_alone(connection, context, wanted, &mut patience).await?
        }
        surveyed => surveyed?,
    };
    let graph = revisions.graph();
    if let Goal::Resume { revision, answer } = wanted {
        unfinished::check_named(graph, &history, revision, answer)?;
    }
    let ground = Ground { revisions: &revisions, wanted };
    let goal = wanted.fix(&revisions, &history)?;

    let mut report = Report { before: current_heads(graph, &history), ..Report::default() };
    let outcome =
        reach(connection, context, ground, &goal, &history, &mut patience, &mut report).await;
    let outcome = unlocked(connection, outcome).await;
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
            report.after = heads_after(graph, &history, done);
            Err(error.with_report(report))
        }
    }
}

/// Works the plan off. If somebody else changes the history meanwhile, the rest is planned anew
/// from what is true then. Gives the heads afterwards.
async fn reach(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    ground: Ground<'_>,
    goal: &Fixed,
    history: &History,
    patience: &mut Patience<'_>,
    report: &mut Report,
) -> Result<Vec<String>, Error> {
    let Context { settings, listener, run, .. } = context;
    let (revisions, graph) = (ground.revisions, ground.revisions.graph());
    let dialect = connection.dialect();
    let (mut announced, mut lock) = (false, None);
    let seen = history.unfinished();
    let mut history = Cow::Borrowed(history);
    loop {
        let steps = goal.steps(revisions, &history)?;
        let after = heads_after(graph, &history, moves(graph, &steps));
        if steps.is_empty() {
            return Ok(after);
        }
        if lock.is_none() {
            lock = Some(connection.lock(settings, run, patience).await?);
            if lock == Some(Lock::Taken) {
                // Whoever had it has written, most likely just this.
                history = Cow::Owned(checked_history(connection, context, ground, patience).await?);
                continue;
            }
        }
        let mut prepared: VecDeque<Prepared<'_>> = VecDeque::with_capacity(steps.len());
        for step in &steps {
            let step = Prepared::new(revisions, settings, *step, goal.purpose(), dialect)?;
            connection.check_lock(settings, step.transaction())?;
            prepared.push_back(step);
        }
        if !std::mem::replace(&mut announced, true) {
            connection.interrupt_when(&context.interrupt).await?;
            let (direction, before) = (goal.direction(&steps), &report.before);
            listener(&Event::RunStarted { direction, steps: steps.len(), before });
        }
        let at_once = match settings.transaction {
            TransactionMode::Each => 1,
            TransactionMode::All => prepared.len(),
        };
        let mut unfinished = unfinished::journal(&history, ground.wanted, seen);
        let (mut version, mut moved) = (history.version, false);
        while !prepared.is_empty() && !moved {
            patience.check_stop()?;
            let batch = prepared.drain(..at_once).collect::<Vec<_>>();
            let task = Task { steps: &batch, clears_history: false, unfinished: unfinished.take() };
            match apply(connection, context, task, version, patience).await? {
                Outcome::Done { durations, version: newest } => {
                    version = Some(newest);
                    record(&batch, &durations, *listener, report);
                }
                Outcome::HistoryMoved => moved = true,
            }
        }
        if !moved {
            return Ok(after);
        }
        history = Cow::Owned(checked_history(connection, context, ground, patience).await?);
    }
}

/// The outcome, with the lock given back; if that can't be, an error says who has it.
async fn unlocked<T>(
    connection: &mut Connection<'_>,
    outcome: Result<T, Error>,
) -> Result<T, Error> {
    let Some(process) = connection.unlock().await else { return outcome };
    tracing::warn!(target: "migrate", process, "a process of the server still holds the lock");
    outcome.map_err(|error| match error.kind() {
        ErrorKind::LockLost => ErrorKind::LockLeft { process }.into(),
        _ => error,
    })
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

/// What a run stands on for as long as it goes on.
#[derive(Clone, Copy)]
struct Ground<'a> {
    revisions: &'a Revisions<'a>,
    wanted: Goal<'a>,
}

/// The revisions that the goal may move, and the history; or the reason why nothing may be planned.
/// Of what is unknown here only what is found now is taken down: what comes later is refused.
pub(crate) async fn survey<'r>(
    connection: &mut Connection<'_>,
    context: &Context<'r>,
    goal: Goal<'_>,
    patience: &mut Patience<'_>,
) -> Result<(Revisions<'r>, History), Error> {
    let (registry, tables) = (context.registry, &context.settings.tables);
    let history = connection.read_history(tables, Detail::Plan, patience).await?;
    let revisions = match context.on_unknown(goal, &history) {
        OnUnknown::Refuse | OnUnknown::Ignore => Revisions::at_hand(registry),
        OnUnknown::RollBack => {
            Revisions::with_unknown(connection, registry, tables, &history).await?
        }
    };
    let ground = Ground { revisions: &revisions, wanted: goal };
    let history = checked(connection, context, ground, history, patience).await?;
    Ok((revisions, history))
}

/// The same while nobody else writes. A revision that is half-way may be one that somebody is at just
/// now; what is half-way once the lock is ours was left so.
async fn survey_alone<'r>(
    connection: &mut Connection<'_>,
    context: &Context<'r>,
    goal: Goal<'_>,
    patience: &mut Patience<'_>,
) -> Result<(Revisions<'r>, History), Error> {
    let Context { settings, run, .. } = context;
    connection.lock(settings, run, patience).await?;
    let surveyed = match connection.wait_for_lease(settings, run, patience).await {
        Ok(()) => survey(connection, context, goal, patience).await,
        Err(error) => Err(error.into()),
    };
    unlocked(connection, surveyed).await
}

/// The history as it is now.
async fn checked_history(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    ground: Ground<'_>,
    patience: &mut Patience<'_>,
) -> Result<History, Error> {
    let tables = &context.settings.tables;
    let history = connection.read_history(tables, Detail::Plan, patience).await?;
    checked(connection, context, ground, history, patience).await
}

/// The history, if all of it is as it was applied.
async fn checked(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    Ground { revisions, wanted }: Ground<'_>,
    history: History,
    patience: &mut Patience<'_>,
) -> Result<History, Error> {
    if integrity::is_intact(revisions, &history) {
        return Ok(history);
    }
    // A refusal tells more than a plan needs to know.
    let (registry, tables) = (context.registry, &context.settings.tables);
    let history = connection.read_history(tables, Detail::All, patience).await?;
    let found = examine(connection, registry, tables, &history).await?;
    let on_unknown = context.on_unknown(wanted, &history);
    found.minding(on_unknown, revisions, &history).into_result(wanted)?;
    Ok(history)
}

pub(crate) fn applied_of(graph: &Graph, history: &History) -> Applied {
    Applied::of(graph, history.applied().map(|row| row.id.as_str()))
}
