//! One batch of steps: from ready steps to a commit, or to an error that names its place.

use std::time::{Duration, Instant};

use migrate_model::RevisionId;
use migrate_model::script::Transaction;

use super::Context;
use super::ready::Prepared;
use crate::connection::{Connection, Listener};
use crate::dialect::{Batch, LogLine, Outcome, StepError, Unfinished};
use crate::error::{Error, ErrorKind, Failure, PartWay, Undecided};
use crate::event::Event;
use crate::patience::Patience;
use crate::report::{Report, StepReport};

/// Does the steps and keeps the books; a failure tells which statement of which file it was.
pub(super) async fn apply(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    task: Task<'_, '_>,
    expected_version: Option<i64>,
    patience: &mut Patience<'_>,
) -> Result<Outcome, Error> {
    let started = Instant::now();
    let Task { steps: batch, clears_history, unfinished } = task;
    let Context { registry, settings, run, interrupt, .. } = context;
    let ready: Vec<_> = batch.iter().map(Prepared::ready).collect();
    // Asking git takes a moment, which is better spent outside of the transaction.
    let _ = run.git();
    let request = Batch {
        tables: &settings.tables,
        tenant: settings.tenant.as_deref(),
        run,
        crate_info: registry.crate_info(),
        registry_digest: registry.digest(),
        expected_version,
        clears_history,
        interrupt,
        unfinished: unfinished.as_ref(),
        steps: &ready,
    };
    let error = match connection.apply(&request, patience).await {
        Ok(outcome) => return Ok(outcome),
        Err(error) => error,
    };
    match error {
        StepError::NotBegun(ErrorKind::Database { doing, source }) => {
            Err(explained(connection, context, doing, source).await.into())
        }
        StepError::NotBegun(error) => Err(error.into()),
        StepError::Failed { rolled_back: true, .. } if patience.check_stop().is_err() => {
            Err(ErrorKind::Interrupted.into())
        }
        StepError::PartWay { done, .. } if patience.check_stop().is_err() => {
            Err(stopped(batch, done))
        }
        StepError::Stopped { done } => Err(stopped(batch, done)),
        StepError::Undecided { statement } => Err(undecided(batch, statement)),
        StepError::Failed { step, statement, offset, source, rolled_back } => {
            let Some(failed) = batch.get(step) else {
                let doing = "recording the state".to_owned();
                return Err(explained(connection, context, doing, source).await.into());
            };
            let grant = grant(connection, context, failed, statement, &source).await;
            let place = (statement, offset);
            let rolled_back = rolled_back_ids(&batch[..=step], rolled_back);
            let limit = interrupt.exceeded();
            let failure =
                Failure { grant, ..failure(failed, place, source, limit, rolled_back, None) };
            // A first revision that failed leaves no tables behind, so no log either.
            let has_tables =
                expected_version.is_some() || failed.transaction() == Transaction::Outside;
            if !failure.rolled_back.is_empty() && has_tables {
                log(connection, context, failed, failure, started).await
            } else {
                Err(ErrorKind::Failed(Box::new(failure)).into())
            }
        }
        StepError::PartWay { statement, offset, source, done } => {
            let Some(failed) = batch.first() else {
                let doing = "recording the state".to_owned();
                return Err(ErrorKind::Database { doing, source }.into());
            };
            let grant = grant(connection, context, failed, Some(statement), &source).await;
            let place = (Some(statement), offset);
            let part_way = Some(PartWay { done, total: failed.total() });
            let limit = interrupt.exceeded();
            let failure = failure(failed, place, source, limit, Vec::new(), part_way);
            log(connection, context, failed, Failure { grant, ..failure }, started).await
        }
    }
}

/// An error of the bookkeeping; if it's a missing right, with what gives it.
async fn explained(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    doing: String,
    source: sqlx::Error,
) -> ErrorKind {
    match connection.missing_right(&context.settings.tables, None, &source).await {
        Some(grant) => ErrorKind::Permission { doing, source, grant },
        None => ErrorKind::Database { doing, source },
    }
}

/// What would give the right that the step lacked, if that is what failed.
async fn grant(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    failed: &Prepared<'_>,
    statement: Option<usize>,
    source: &sqlx::Error,
) -> Option<String> {
    let statement = statement.map(|at| failed.statement(at));
    connection.missing_right(&context.settings.tables, statement, source).await
}

fn failure(
    failed: &Prepared<'_>,
    (statement, offset): (Option<usize>, Option<usize>),
    source: sqlx::Error,
    time_limit: Option<Duration>,
    rolled_back: Vec<RevisionId>,
    part_way: Option<PartWay>,
) -> Failure {
    Failure {
        id: failed.revision().id.clone(),
        direction: failed.direction(),
        file: failed.place().to_owned(),
        position: statement.map(|at| failed.position(at, offset)),
        statement: statement.map(|at| failed.statement(at).to_owned()),
        source,
        time_limit,
        grant: None,
        rolled_back,
        part_way,
    }
}

/// Logs the failure, and gives it as the error.
async fn log(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    failed: &Prepared<'_>,
    failure: Failure,
    started: Instant,
) -> Result<Outcome, Error> {
    let failure = ErrorKind::Failed(Box::new(failure));
    let line = LogLine {
        action: failed.action(),
        revision: failed.revision().id.as_str(),
        outcome: "failed",
        error_code: Some(failure.code()),
        duration: started.elapsed().into(),
    };
    connection.log_failure(&context.settings.tables, &context.run, &line).await;
    Err(failure.into())
}

/// The error of a step outside of a transaction that was asked to stop.
fn stopped(batch: &[Prepared<'_>], done: usize) -> Error {
    match batch.first() {
        Some(step) => {
            let (id, total) = (step.revision().id.clone(), step.total());
            ErrorKind::Stopped { id, part_way: PartWay { done, total } }.into()
        }
        None => ErrorKind::Interrupted.into(),
    }
}

fn undecided(batch: &[Prepared<'_>], at: usize) -> Error {
    let Some(step) = batch.first() else { return ErrorKind::LockLost.into() };
    let is_there = at < step.total();
    ErrorKind::Undecided(Box::new(Undecided {
        id: step.revision().id.clone(),
        direction: step.direction(),
        file: step.place().to_owned(),
        position: is_there.then(|| step.position(at, None)),
        statement: is_there.then(|| step.statement(at).to_owned()),
        number: at + 1,
        total: step.total(),
    }))
    .into()
}

/// What is done in one go.
pub(super) struct Task<'t, 'r> {
    pub(super) steps: &'t [Prepared<'r>],
    pub(super) clears_history: bool,
    /// How far the one step is, if an earlier run has begun it.
    pub(super) unfinished: Option<Unfinished>,
}

fn rolled_back_ids(batch: &[Prepared<'_>], certain: bool) -> Vec<RevisionId> {
    let ids = batch.iter().filter(|_| certain);
    ids.map(|prepared| prepared.revision().id.clone()).collect()
}

/// Tells of steps that are committed, and adds them to the report.
pub(super) fn record(
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
