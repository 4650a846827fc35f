//! Running steps on SQLite: one immediate transaction around statements and bookkeeping.

use std::time::{Duration, Instant};

use migrate_model::revision::Direction;
use sqlx::{AssertSqlSafe, Connection, Sqlite, SqliteConnection, Transaction};

use super::connect::Handle;
use super::history;
use crate::connection::Listener;
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError};
use crate::event::Event;

/// The first pause before a locked database is tried again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Runs the batch, and runs it again as a whole while somebody else holds the database. A busy
/// database can answer at any statement and at the COMMIT; the transaction is rolled back each
/// time, so trying again is safe. The connection's own busy timeout stays as it was.
pub(crate) async fn apply(
    handle: &mut Handle<'_>,
    batch: &Batch<'_>,
    deadline: Instant,
    listener: Listener<'_>,
) -> Result<Outcome, StepError> {
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt(handle.connection(), batch, listener).await {
            Err(StepError::Failed { source, rolled_back: true, .. }) if is_busy(&source) => {
                let waited = started.elapsed();
                let Some(rest) = deadline.checked_duration_since(Instant::now()) else {
                    return Err(StepError::LockTimeout { waited });
                };
                listener(&Event::LockWait { waited });
                tracing::debug!(target: "migrate", ?waited, "the database is locked");
                tokio::time::sleep(pause.min(rest)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
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
    // Not yet begun is as good as rolled back.
    let not_begun =
        |source| StepError::Failed { step: 0, statement: None, source, rolled_back: true };
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(not_begun)?;
    match run_steps(&mut transaction, batch, listener).await {
        Ok(Some((durations, version))) => {
            let step = batch.steps.len().saturating_sub(1);
            // On an error sqlx drops the transaction, which rolls it back.
            transaction.commit().await.map_err(|source| StepError::Failed {
                step,
                statement: None,
                source,
                rolled_back: true,
            })?;
            Ok(Outcome::Done { durations, version })
        }
        Ok(None) => {
            roll_back(transaction).await;
            Ok(Outcome::HistoryMoved)
        }
        Err((step, statement, source)) => {
            let rolled_back = roll_back(transaction).await;
            Err(StepError::Failed { step, statement, source, rolled_back })
        }
    }
}

type Fault = (usize, Option<usize>, sqlx::Error);

/// `None`: the history is no longer the one that the plan was made from.
async fn run_steps(
    transaction: &mut Transaction<'_, Sqlite>,
    batch: &Batch<'_>,
    listener: Listener<'_>,
) -> Result<Option<(Vec<Duration>, i64)>, Fault> {
    let before = |source| (0, None, source);
    if batch.expected_version.is_none() {
        history::create_tables(transaction, batch.tables).await.map_err(before)?;
    }
    let mut version = history::version(transaction, batch.tables).await.map_err(before)?;
    if version != batch.expected_version.unwrap_or_default() {
        return Ok(None);
    }
    let mut durations = Vec::with_capacity(batch.steps.len());
    for (at, step) in batch.steps.iter().enumerate() {
        let started = Instant::now();
        listener(&Event::StepStarted { revision: step.revision, direction: step.direction });
        run_statements(transaction, step, listener)
            .await
            .map_err(|(statement, source)| (at, Some(statement), source))?;
        version = keep_books(transaction, batch, step, started.elapsed())
            .await
            .map_err(|source| (at, None, source))?;
        durations.push(started.elapsed());
    }
    Ok(Some((durations, version)))
}

async fn run_statements(
    transaction: &mut Transaction<'_, Sqlite>,
    step: &ReadyStep<'_>,
    listener: Listener<'_>,
) -> Result<(), (usize, sqlx::Error)> {
    for (at, statement) in step.statements.iter().enumerate() {
        let started = Instant::now();
        let sql = &step.section[statement.sql.clone()];
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut **transaction)
            .await
            .map_err(|source| (at, source))?;
        listener(&Event::StatementFinished { statement: sql, duration: started.elapsed() });
    }
    Ok(())
}

/// The row and the log line; gives the history's new version.
async fn keep_books(
    transaction: &mut Transaction<'_, Sqlite>,
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    duration: Duration,
) -> Result<i64, sqlx::Error> {
    match step.direction {
        Direction::Up => history::insert_row(transaction, batch, &step.row, duration).await?,
        Direction::Down => {
            history::delete_row(transaction, batch.tables, step.revision.id.as_str()).await?;
        }
    }
    let line = LogLine {
        action: step.action,
        revision: step.revision.id.as_str(),
        outcome: "ok",
        error_code: None,
        duration,
    };
    history::log(transaction, batch.tables, batch.run, &line).await
}

/// Rolls back, whatever state the transaction is in, and says whether that is certain.
///
/// Some errors (a full disk, RAISE(ROLLBACK), ON CONFLICT ROLLBACK) end the transaction inside
/// SQLite, and a ROLLBACK would then fail and leave sqlx's count of open transactions wrong. A
/// plain BEGIN before it begins a new one in just that case, and is a harmless error otherwise
/// (<https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction>).
async fn roll_back(mut transaction: Transaction<'_, Sqlite>) -> bool {
    let _ = sqlx::raw_sql("BEGIN").execute(&mut *transaction).await;
    transaction.rollback().await.is_ok()
}

/// `SQLITE_BUSY` and `SQLITE_LOCKED` with all their extended codes.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let code = code.and_then(|code| code.parse::<u32>().ok());
    matches!(code.map(|code| code & 0xFF), Some(5 | 6))
}
