//! The main path of a run: read the history, check integrity, plan, make every step ready, then
//! apply step by step. Decides; what differs between databases is behind `Connection`.

mod goal;
mod integrity;
mod ready;

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use migrate_model::revision::{Applied, Direction, PlannedStep};
use migrate_model::{Dialect, Graph, RevisionId};

pub(crate) use goal::{Fixed, Goal};
pub(crate) use integrity::{Integrity, examine};
pub(crate) use ready::{Prepared, Purpose};

use crate::connection::{Connection, Listener};
use crate::dialect::{Batch, LogLine, Outcome, StepError};
use crate::error::{Error, ErrorKind, Failure};
use crate::event::Event;
use crate::history::History;
use crate::identity::RunIdentity;
use crate::patience::Patience;
use crate::registry::Registry;
use crate::report::{Plan, Report, Step, StepReport};
use crate::settings::{Settings, TransactionMode};

/// What a run knows beside its connection.
pub(crate) struct Context<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) settings: &'a Settings,
    pub(crate) run: RunIdentity,
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
    let history = checked_history(connection, context, &mut patience).await?;
    let goal = goal.fix(graph, &applied_of(graph, &history), context.settings.multiple_heads)?;

    let before = ids(&history);
    let mut report = Report { before: history.heads(), ..Report::default() };
    let outcome = reach(connection, context, &goal, history, &mut patience, &mut report).await;
    if context.settings.stop.is_some() {
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
    goal: &Fixed,
    mut history: History,
    patience: &mut Patience<'_>,
    report: &mut Report,
) -> Result<Vec<String>, Error> {
    let Context { registry, settings, listener, .. } = context;
    let dialect = connection.dialect();
    let mut announced = false;
    loop {
        let applied = applied_of(registry.graph(), &history);
        let steps = goal.steps(registry.graph(), &applied)?;
        let after = heads_after(registry.graph(), &ids(&history), moves(registry.graph(), &steps));
        if steps.is_empty() {
            return Ok(after);
        }
        let mut prepared: VecDeque<Prepared<'_>> = VecDeque::with_capacity(steps.len());
        for step in &steps {
            prepared.push_back(Prepared::new(registry, settings, *step, goal.purpose(), dialect)?);
        }
        if !std::mem::replace(&mut announced, true) {
            connection.interrupt_when(settings.stop.as_ref()).await?;
            let (direction, before) = (goal.direction(), &report.before);
            listener(&Event::RunStarted { direction, steps: steps.len(), before });
        }
        let at_once = match settings.transaction {
            TransactionMode::Each => 1,
            TransactionMode::All => prepared.len(),
        };
        let mut moved = false;
        while !prepared.is_empty() && !moved {
            patience.check_stop()?;
            let batch = prepared.drain(..at_once).collect::<Vec<_>>();
            let task = Task { steps: &batch, clears_history: false };
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
        history = checked_history(connection, context, patience).await?;
    }
}

async fn apply(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    task: Task<'_, '_>,
    expected_version: Option<i64>,
    patience: &mut Patience<'_>,
) -> Result<Outcome, Error> {
    let started = Instant::now();
    let Task { steps: batch, clears_history } = task;
    let Context { registry, settings, run, .. } = context;
    let ready: Vec<_> = batch.iter().map(Prepared::ready).collect();
    // Asking git takes a moment, which is better spent outside of the transaction.
    let _ = run.git();
    let request = Batch {
        tables: &settings.tables,
        run,
        crate_info: registry.crate_info(),
        registry_digest: registry.digest(),
        expected_version,
        clears_history,
        steps: &ready,
    };
    let error = match connection.apply(&request, patience).await {
        Ok(outcome) => return Ok(outcome),
        Err(error) => error,
    };
    match error {
        StepError::NotBegun(error) => Err(error.into()),
        StepError::Failed { rolled_back: true, .. } if patience.check_stop().is_err() => {
            Err(ErrorKind::Interrupted.into())
        }
        StepError::Failed { step, statement, source, rolled_back } => {
            let failed = &batch[step];
            let failure = ErrorKind::Failed(Box::new(Failure {
                id: failed.revision().id.clone(),
                direction: failed.direction(),
                file: failed.revision().file.clone(),
                position: statement.map(|at| failed.position(at)),
                statement: statement.map(|at| failed.statement(at).to_owned()),
                source,
                rolled_back: rolled_back_ids(&batch[..=step], rolled_back),
            }));
            // A first revision that failed leaves no tables behind, so no log either.
            if rolled_back && expected_version.is_some() {
                let line = LogLine {
                    action: failed.action(),
                    revision: failed.revision().id.as_str(),
                    outcome: "failed",
                    error_code: Some(failure.code()),
                    duration: started.elapsed(),
                };
                connection.log_failure(&settings.tables, run, &line).await;
            }
            Err(failure.into())
        }
    }
}

/// What is done in one go.
struct Task<'t, 'r> {
    steps: &'t [Prepared<'r>],
    clears_history: bool,
}

/// Forgets all that is recorded, whatever it is, and records that exactly the targets and what
/// they need are applied.
pub(crate) async fn stamp_anew(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    targets: &[&str],
) -> Result<Report, Error> {
    let Context { registry, settings, listener, .. } = context;
    let (started, graph, nothing) = (Instant::now(), registry.graph(), Applied::default());
    let mut patience = Patience::new(settings, *listener);
    let goal = Goal::Stamp(targets).fix(graph, &nothing, settings.multiple_heads)?;
    let steps = goal.steps(graph, &nothing)?;
    let dialect = connection.dialect();
    let prepared = steps
        .iter()
        .map(|step| Prepared::new(registry, settings, *step, goal.purpose(), dialect))
        .collect::<Result<Vec<_>, _>>()?;
    loop {
        let history = connection.read_history(&settings.tables, &mut patience).await?;
        let task = Task { steps: &prepared, clears_history: true };
        let done = apply(connection, context, task, history.version, &mut patience).await?;
        let Outcome::Done { durations, .. } = done else { continue };
        let mut report = Report { before: history.heads(), ..Report::default() };
        record(&prepared, &durations, *listener, &mut report);
        report.after = heads_after(graph, &[], moves(graph, &steps));
        report.duration = started.elapsed();
        announce(&goal, &report);
        return Ok(report);
    }
}

fn rolled_back_ids(batch: &[Prepared<'_>], certain: bool) -> Vec<RevisionId> {
    let ids = batch.iter().filter(|_| certain);
    ids.map(|prepared| prepared.revision().id.clone()).collect()
}

fn record(
    batch: &[Prepared<'_>],
    durations: &[Duration],
    listener: Listener<'_>,
    report: &mut Report,
) {
    for (prepared, duration) in batch.iter().zip(durations) {
        let (revision, direction, duration) =
            (prepared.revision(), prepared.direction(), *duration);
        listener(&Event::StepFinished { revision, direction, duration });
        tracing::debug!(target: "migrate", revision = %revision.id, direction = direction.name(), ?duration, "step finished");
        report.steps.push(StepReport { step: prepared.as_step(), duration });
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
    patience: &mut Patience<'_>,
) -> Result<History, Error> {
    let tables = &context.settings.tables;
    let history = connection.read_history(tables, patience).await?;
    let integrity =
        examine(connection, context.registry, &context.settings.tables, &history).await?;
    integrity.into_result()?;
    Ok(history)
}

pub(crate) fn applied_of(graph: &Graph, history: &History) -> Applied {
    Applied::of(graph, history.rows.iter().map(|row| row.id.as_str()))
}

/// What a run would do, without doing it. What a run would refuse is refused here, too.
pub(crate) fn plan(
    registry: &Registry,
    settings: &Settings,
    history: &History,
    goal: Goal<'_>,
    dialect: Dialect,
) -> Result<Plan, Error> {
    let graph = registry.graph();
    let applied = applied_of(graph, history);
    let goal = goal.fix(graph, &applied, settings.multiple_heads)?;
    let steps = goal.steps(graph, &applied)?;
    for step in &steps {
        Prepared::new(registry, settings, *step, goal.purpose(), dialect)?;
    }
    Ok(Plan {
        before: history.heads(),
        after: heads_after(graph, &ids(history), moves(graph, &steps)),
        steps: steps.iter().map(|step| as_step(graph, *step)).collect(),
    })
}

pub(crate) fn as_step(graph: &Graph, step: PlannedStep) -> Step {
    let revision = graph.revision(step.index);
    Step {
        id: revision.id.clone(),
        direction: step.direction,
        message: revision.message.clone(),
        kind: revision.kind,
        file: revision.file.clone(),
    }
}

/// The heads of what is applied once the steps are done, sorted.
fn heads_after<'a>(
    graph: &'a Graph,
    applied: &'a [String],
    steps: impl IntoIterator<Item = (&'a str, Direction)>,
) -> Vec<String> {
    let mut ids: BTreeSet<&str> = applied.iter().map(String::as_str).collect();
    for (id, direction) in steps {
        match direction {
            Direction::Up => ids.insert(id),
            Direction::Down => ids.remove(id),
        };
    }
    let applied = Applied::of(graph, ids);
    let heads = applied.heads(graph);
    let mut heads: Vec<String> =
        heads.into_iter().map(|index| graph.revision(index).id.to_string()).collect();
    heads.sort_unstable();
    heads
}

fn ids(history: &History) -> Vec<String> {
    history.rows.iter().map(|row| row.id.clone()).collect()
}

/// Planned steps as ids and directions.
fn moves<'a>(
    graph: &'a Graph,
    steps: &'a [PlannedStep],
) -> impl Iterator<Item = (&'a str, Direction)> {
    steps.iter().map(|step| (graph.revision(step.index).id.as_str(), step.direction))
}
