//! Running steps on SQLite: one immediate transaction around statements and bookkeeping.

use std::time::{Duration, Instant};

use migrate_model::revision::Direction;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::busy::ShortWaiting;
use super::connect::Handle;
use super::error::is_busy;
use super::history;
use super::transaction::ImmediateTransaction;
use crate::connection::Listener;
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError};
use crate::event::Event;
use crate::patience::Patience;

/// Runs the batch: all of it is committed, or nothing. While somebody else holds the database it
/// waits: for the lock before the first statement, for readers at the COMMIT.
pub(crate) async fn apply(
    handle: &mut Handle<'_>,
    batch: &Batch<'_>,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    patience.begin_anew();
    let connection = handle.connection();
    let mut connection = ShortWaiting::of(connection, patience.rest()).await;
    loop {
        let begun = ImmediateTransaction::begin(connection.connection(), patience).await;
        let mut transaction = begun.map_err(StepError::NotBegun)?;
        match run_steps(transaction.connection(), batch, patience.listener()).await {
            Ok(Some((durations, version))) => {
                return commit(transaction, batch, durations, version, patience).await;
            }
            Ok(None) => {
                transaction.roll_back(None).await;
                return Ok(Outcome::HistoryMoved);
            }
            Err((step, statement, source)) => {
                let rolled_back = transaction.roll_back(Some(&source)).await;
                // In a shared cache a statement can meet a reader's lock; with the lock held
                // nothing else can be busy. It was rolled back, so trying again is safe.
                if rolled_back && is_busy(&source) {
                    patience.wait().await.map_err(StepError::NotBegun)?;
                    continue;
                }
                return Err(StepError::Failed {
                    step,
                    statement,
                    offset: None,
                    source,
                    rolled_back,
                });
            }
        }
    }
}

/// Commits; a reader that keeps the COMMIT waiting costs the script no second run.
async fn commit(
    mut transaction: ImmediateTransaction<'_>,
    batch: &Batch<'_>,
    mut durations: Vec<Duration>,
    version: i64,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    let started = Instant::now();
    patience.begin_anew();
    while let Err(source) = transaction.commit().await {
        if is_busy(&source) {
            // Giving up drops the transaction, which rolls it back.
            patience.wait().await.map_err(StepError::NotBegun)?;
            continue;
        }
        let rolled_back = transaction.roll_back(Some(&source)).await;
        let step = batch.steps.len().saturating_sub(1);
        return Err(StepError::Failed { step, statement: None, offset: None, source, rolled_back });
    }
    if let Some(last) = durations.last_mut() {
        *last += started.elapsed();
    }
    Ok(Outcome::Done { durations, version })
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
    if batch.clears_history {
        version = history::clear(connection, batch.tables, batch.run).await.map_err(before)?;
    }
    let mut durations = Vec::with_capacity(batch.steps.len());
    for (at, step) in batch.steps.iter().enumerate() {
        let started = Instant::now();
        listener(&Event::StepStarted { revision: step.revision, direction: step.direction });
        run_statements(connection, batch, step, listener)
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
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    listener: Listener<'_>,
) -> Result<(), (usize, sqlx::Error)> {
    for (at, statement) in step.statements.iter().enumerate() {
        let started = Instant::now();
        let sql = &step.section[statement.sql.clone()];
        let limited = batch.interrupt.limited();
        let outcome = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await;
        drop(limited);
        outcome.map_err(|source| (at, source))?;
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
        duration: duration.into(),
    };
    history::log(connection, batch.tables, batch.run, &line).await
}
