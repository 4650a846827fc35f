//! Running steps on SQLite: one immediate transaction around statements and bookkeeping.

use std::time::{Duration, Instant};

use migrate_model::revision::Direction;
use migrate_model::script::Transaction;
use sqlx::SqliteConnection;

use super::busy::ShortWaiting;
use super::connect::Handle;
use super::error::is_busy;
use super::history;
use super::lease::{self, Look};
use super::outside;
use super::statement;
use super::transaction::{ImmediateTransaction, Uncommitted};
use crate::connection::Listener;
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError};
use crate::event::Event;
use crate::history::lease::{Lease, Standing};
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
    if let [step] = batch.steps
        && step.transaction == Transaction::Outside
    {
        return outside::apply(connection, batch, step, patience).await;
    }
    loop {
        let begun = ImmediateTransaction::begin(connection.connection(), patience).await;
        let mut transaction = begun.map_err(StepError::NotBegun)?;
        match run_steps(transaction.connection(), batch, patience.listener()).await {
            Ok(Ran::Through { mut durations, version }) => {
                let started = Instant::now();
                commit(transaction, batch, patience).await?;
                if let Some(last) = durations.last_mut() {
                    *last += started.elapsed();
                }
                return Ok(Outcome::Done { durations, version });
            }
            Ok(Ran::HistoryMoved) => {
                transaction.roll_back(None).await;
                return Ok(Outcome::HistoryMoved);
            }
            Ok(Ran::LeaseCleared) => {
                commit(transaction, batch, patience).await?;
                return Ok(Outcome::HistoryMoved);
            }
            Ok(Ran::Held(lease)) => {
                transaction.roll_back(None).await;
                let waited = patience.wait_for(Some(&lease.holder())).await;
                waited.map_err(StepError::NotBegun)?;
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
    transaction: ImmediateTransaction<'_>,
    batch: &Batch<'_>,
    patience: &mut Patience<'_>,
) -> Result<(), StepError> {
    transaction.commit_patiently(patience).await.map_err(|error| match error {
        Uncommitted::GaveUp(error) => StepError::NotBegun(error),
        Uncommitted::Failed { source, rolled_back } => StepError::Failed {
            step: batch.steps.len().saturating_sub(1),
            statement: None,
            offset: None,
            source,
            rolled_back,
        },
    })
}

/// What became of the steps.
enum Ran {
    Through {
        durations: Vec<Duration>,
        version: i64,
    },
    /// The history is no longer the one that the plan was made from.
    HistoryMoved,
    /// It may be another one, because a run has broken off between its statements; its lease is
    /// taken away.
    LeaseCleared,
    /// Somebody is between his statements.
    Held(Lease),
}

type Fault = (usize, Option<usize>, sqlx::Error);

async fn run_steps(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    listener: Listener<'_>,
) -> Result<Ran, Fault> {
    let before = |source| (0, None, source);
    if batch.expected_version.is_none() {
        history::create_tables(connection, batch.tables).await.map_err(before)?;
    }
    let Look { mut version, standing } =
        lease::look(connection, batch.tables).await.map_err(before)?;
    match standing {
        Standing::Free => {}
        Standing::Held(lease) => return Ok(Ran::Held(lease)),
        Standing::Abandoned => {
            lease::clear(connection, batch.tables).await.map_err(before)?;
            return Ok(Ran::LeaseCleared);
        }
    }
    if version != batch.expected_version.unwrap_or_default() {
        return Ok(Ran::HistoryMoved);
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
    Ok(Ran::Through { durations, version })
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
        statement::run(connection, sql, batch.interrupt).await.map_err(|source| (at, source))?;
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
