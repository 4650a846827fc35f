//! One batch of steps: from ready steps to a commit, or to an error that names its place.

use std::time::{Duration, Instant};

use migrate_model::RevisionId;

use super::Context;
use super::ready::Prepared;
use crate::connection::{Connection, Listener};
use crate::dialect::{Batch, LogLine, Outcome, StepError};
use crate::error::{Error, ErrorKind, Failure};
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
    let Task { steps: batch, clears_history } = task;
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
        StepError::Failed { step, statement, offset, source, rolled_back, grant } => {
            let Some(failed) = batch.get(step) else {
                let doing = "recording the state".to_owned();
                return Err(match grant {
                    Some(grant) => ErrorKind::Permission { doing, source, grant },
                    None => ErrorKind::Database { doing, source },
                }
                .into());
            };
            let failure = ErrorKind::Failed(Box::new(Failure {
                id: failed.revision().id.clone(),
                direction: failed.direction(),
                file: failed.place().to_owned(),
                position: statement.map(|at| failed.position(at, offset)),
                statement: statement.map(|at| failed.statement(at).to_owned()),
                source,
                time_limit: interrupt.exceeded(),
                grant,
                rolled_back: rolled_back_ids(&batch[..=step], rolled_back),
            }));
            // A first revision that failed leaves no tables behind, so no log either.
            if rolled_back && expected_version.is_some() {
                let line = LogLine {
                    action: failed.action(),
                    revision: failed.revision().id.as_str(),
                    outcome: "failed",
                    error_code: Some(failure.code()),
                    duration: started.elapsed().into(),
                };
                connection.log_failure(&settings.tables, run, &line).await;
            }
            Err(failure.into())
        }
    }
}

/// What is done in one go.
pub(super) struct Task<'t, 'r> {
    pub(super) steps: &'t [Prepared<'r>],
    pub(super) clears_history: bool,
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
