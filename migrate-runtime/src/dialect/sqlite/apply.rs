//! Running steps on SQLite: one immediate transaction around statements and bookkeeping.

use std::time::{Duration, Instant};

use migrate_model::revision::Direction;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::busy::{is_busy, set_own_waiting, shorten_own_waiting};
use super::connect::Handle;
use super::history;
use super::transaction::ImmediateTransaction;
use crate::connection::Listener;
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError};
use crate::event::Event;
use crate::patience::Patience;

/// Runs the batch, and runs it again as a whole while somebody else holds the database. A busy
/// database can answer at any statement and at the COMMIT; the transaction is rolled back each
/// time, so trying again is safe.
pub(crate) async fn apply(
    handle: &mut Handle<'_>,
    batch: &Batch<'_>,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    patience.refresh();
    loop {
        let connection = handle.connection();
        let own_waiting = shorten_own_waiting(connection, patience.rest()).await;
        let outcome = attempt(connection, batch, patience.listener()).await;
        if let Some(own_waiting) = own_waiting {
            set_own_waiting(connection, own_waiting).await;
        }
        match outcome {
            Err(
                StepError::Failed { source, rolled_back: true, .. }
                | StepError::NotBegun { source },
            ) if is_busy(&source) => {
                patience.wait().await.map_err(|waited| StepError::LockTimeout { waited })?;
            }
            outcome => return outcome,
        }
    }
}

async fn attempt(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    listener: Listener<'_>,
) -> Result<Outcome, StepError> {
    let mut transaction = ImmediateTransaction::begin(connection)
        .await
        .map_err(|source| StepError::NotBegun { source })?;
    match run_steps(transaction.connection(), batch, listener).await {
        Ok(Some((durations, version))) => {
            let step = batch.steps.len().saturating_sub(1);
            // An error drops the transaction, which rolls it back.
            transaction.commit().await.map_err(|source| StepError::Failed {
                step,
                statement: None,
                source,
                rolled_back: true,
            })?;
            Ok(Outcome::Done { durations, version })
        }
        Ok(None) => {
            transaction.roll_back().await;
            Ok(Outcome::HistoryMoved)
        }
        Err((step, statement, source)) => {
            let rolled_back = transaction.roll_back().await;
            Err(StepError::Failed { step, statement, source, rolled_back })
        }
    }
}

type Fault = (usize, Option<usize>, sqlx::Error);

/// `None`: the history is no longer the one that the plan was made from.
async fn run_steps(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    listener: Listener<'_>,
) -> Result<Option<(Vec<Duration>, i64)>, Fault> {
    let before = |source| (0, None, source);
    if batch.expected_version.is_none() {
        history::create_tables(connection, batch.tables).await.map_err(before)?;
    }
    let mut version = history::version(connection, batch.tables).await.map_err(before)?;
    if version != batch.expected_version.unwrap_or_default() {
        return Ok(None);
    }
    let mut durations = Vec::with_capacity(batch.steps.len());
    for (at, step) in batch.steps.iter().enumerate() {
        let started = Instant::now();
        listener(&Event::StepStarted { revision: step.revision, direction: step.direction });
        run_statements(connection, step, listener)
            .await
            .map_err(|(statement, source)| (at, Some(statement), source))?;
        version = keep_books(connection, batch, step, started.elapsed())
            .await
            .map_err(|source| (at, None, source))?;
        durations.push(started.elapsed());
    }
    Ok(Some((durations, version)))
}

async fn run_statements(
    connection: &mut SqliteConnection,
    step: &ReadyStep<'_>,
    listener: Listener<'_>,
) -> Result<(), (usize, sqlx::Error)> {
    for (at, statement) in step.statements.iter().enumerate() {
        let started = Instant::now();
        let sql = &step.section[statement.sql.clone()];
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await
            .map_err(|source| (at, source))?;
        listener(&Event::StatementFinished { statement: sql, duration: started.elapsed() });
    }
    Ok(())
}

/// The row and the log line; gives the history's new version.
async fn keep_books(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    duration: Duration,
) -> Result<i64, sqlx::Error> {
    match step.direction {
        Direction::Up => history::insert_row(connection, batch, &step.row, duration).await?,
        Direction::Down => {
            history::delete_row(connection, batch.tables, step.revision.id.as_str()).await?;
        }
    }
    let line = LogLine {
        action: step.action,
        revision: step.revision.id.as_str(),
        outcome: "ok",
        error_code: None,
        duration,
    };
    history::log(connection, batch.tables, batch.run, &line).await
}
