//! Running steps on PostgreSQL: a message a revision, which is a transaction by itself; several
//! revisions that shall be one are messages in a transaction of ours.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use migrate_model::script::Transaction;
use sqlx::{AssertSqlSafe, Either, Row};

use super::connect::{Locked, Session};
use super::error::{is_canceled, is_lock_timeout, position, sqlstate};
use super::message::{self, Guard, Message, Turn};
use super::permission::{self, Purpose};
use super::session_limits::SessionLimits;
use super::{lease, lock, outside, place};
use crate::connection::Listener;
use crate::dialect::{Batch, Outcome, ReadyStep, StepError};
use crate::error::ErrorKind;
use crate::event::Event;
use crate::patience::Patience;
use crate::settings::HistoryTables;

/// How often it's asked whether the run shall stop while a statement is running.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// Runs the batch: all of it is committed, or nothing. A statement that waits too long for another
/// session's lock ends its message, which is then tried again; meanwhile nobody queues behind it.
pub(crate) async fn apply(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    let Some(locked) = session.locked.clone() else {
        return Err(StepError::NotBegun(ErrorKind::LockLost));
    };
    if let [step] = batch.steps
        && step.transaction == Transaction::Outside
    {
        return outside::apply(session, batch, step, &locked, patience).await;
    }
    patience.begin_anew();
    loop {
        let fault = match attempt(session, batch, &locked, patience).await {
            Ok(outcome) => return Ok(outcome),
            Err(fault) => fault,
        };
        match fault.guard {
            Some(Guard::Free) => {
                let free = lock::wait_for_others(session, locked.key, patience).await;
                free.map_err(StepError::NotBegun)?;
                continue;
            }
            Some(Guard::Version) => {
                if locked.lease.is_none() {
                    let free = lease::wait_until_free(session, batch.tables, batch.run, patience);
                    free.await.map_err(StepError::NotBegun)?;
                }
                return Ok(Outcome::HistoryMoved);
            }
            Some(Guard::Ours) => return Err(StepError::NotBegun(locked.lost())),
            None => {}
        }
        if fault.is_rolled_back && is_lock_timeout(&fault.source) && !patience.rest().is_zero() {
            patience.wait().await.map_err(StepError::NotBegun)?;
            continue;
        }
        return Err(fault.into_error());
    }
}

/// What would give the right that a statement of a revision, or the bookkeeping, lacked.
pub(crate) async fn missing_right(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    statement: Option<&str>,
    source: &sqlx::Error,
) -> Option<String> {
    let schema = session.locked.as_ref().map(|locked| locked.schema.clone());
    let purpose = statement.map_or(Purpose::Write(tables), Purpose::Statement);
    permission::grant(session.connection(), source, purpose, schema.as_deref()).await
}

async fn attempt(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    locked: &Locked,
    patience: &mut Patience<'_>,
) -> Result<Outcome, Fault> {
    let listener = patience.listener();
    let limits = SessionLimits::of(patience.rest(), batch.interrupt);
    match batch.steps {
        [] => {
            let message = message::of_clearing(batch, locked);
            let version = send(session, batch, None, &message, listener).await?;
            Ok(Outcome::Done { durations: Vec::new(), version })
        }
        [step] => {
            let message = message::of_step(batch, locked, step, Turn::First, limits);
            let started = Instant::now();
            let version = send(session, batch, Some(step), &message, listener).await?;
            Ok(Outcome::Done { durations: vec![started.elapsed()], version })
        }
        steps => together(session, batch, steps, locked, patience).await,
    }
}

/// Several steps in one transaction.
async fn together(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    steps: &[ReadyStep<'_>],
    locked: &Locked,
    patience: &mut Patience<'_>,
) -> Result<Outcome, Fault> {
    simple(session, "BEGIN").await?;
    let mut durations = Vec::with_capacity(steps.len());
    let mut version = 0;
    for (at, step) in steps.iter().enumerate() {
        let started = Instant::now();
        let done = match at {
            // Nothing would be kept by trying it again, so all begins anew.
            0 => one_of_several(session, batch, step, (locked, Turn::First), patience).await,
            _ => later(session, batch, step, locked, patience).await,
        };
        match done {
            Ok(newest) => version = newest,
            Err(fault) => {
                let is_rolled_back = simple(session, "ROLLBACK").await.is_ok();
                return Err(Fault { step: at, is_rolled_back, ..fault });
            }
        }
        durations.push(started.elapsed());
    }
    let step = steps.len().saturating_sub(1);
    // After a COMMIT that failed nothing is left; after one that was not answered nobody knows.
    simple(session, "COMMIT").await.map_err(|fault| Fault { step, ..fault })?;
    Ok(Outcome::Done { durations, version })
}

async fn one_of_several(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    (locked, turn): (&Locked, Turn),
    patience: &Patience<'_>,
) -> Result<i64, Fault> {
    let limits = SessionLimits::of(patience.rest(), batch.interrupt);
    let message = message::of_step(batch, locked, step, turn, limits);
    send(session, batch, Some(step), &message, patience.listener()).await
}

/// A step behind others. What waits too long for another session's lock goes back to a savepoint
/// and is tried again: the steps before it are kept.
async fn later(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    locked: &Locked,
    patience: &mut Patience<'_>,
) -> Result<i64, Fault> {
    simple(session, "SAVEPOINT migrate_step").await?;
    patience.begin_anew();
    loop {
        let done = one_of_several(session, batch, step, (locked, Turn::Later), patience).await;
        let fault = match done {
            Ok(version) => {
                simple(session, "RELEASE SAVEPOINT migrate_step").await?;
                return Ok(version);
            }
            Err(fault) => fault,
        };
        // The reason to wait no longer is told by the fault, and by whoever wants it to stop.
        if !is_lock_timeout(&fault.source)
            || simple(session, "ROLLBACK TO SAVEPOINT migrate_step").await.is_err()
            || patience.wait().await.is_err()
        {
            return Err(fault);
        }
    }
}

/// What went wrong with a message, and at which statement of the section.
struct Fault {
    step: usize,
    statement: Option<usize>,
    /// Where in the section, in bytes.
    offset: Option<usize>,
    source: sqlx::Error,
    /// The condition that did not hold, so nothing was begun.
    guard: Option<Guard>,
    /// The server rolls a message back as a whole; what it did not answer is uncertain.
    is_rolled_back: bool,
}

impl Fault {
    fn plain(source: sqlx::Error) -> Self {
        let is_rolled_back = source.as_database_error().is_some();
        Self { step: 0, statement: None, offset: None, source, guard: None, is_rolled_back }
    }

    fn into_error(self) -> StepError {
        let Self { step, statement, offset, source, is_rolled_back: rolled_back, .. } = self;
        StepError::Failed { step, statement, offset, source, rolled_back }
    }
}

async fn simple(session: &mut Session<'_>, sql: &'static str) -> Result<(), Fault> {
    let sent = sqlx::raw_sql(sql).execute(session.connection()).await;
    sent.map(|_| ()).map_err(Fault::plain)
}

/// Sends a message and gives the number of its log line.
async fn send(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    step: Option<&ReadyStep<'_>>,
    message: &Message,
    listener: Listener<'_>,
) -> Result<i64, Fault> {
    let mut started = Started { step, listener, is_told: false };
    let guarded = message.guards.last().map_or(0, |(at, _)| at + 1);
    let statements = step.map_or(0, |step| step.statements.len());
    let canceller = session.canceller();
    let mut is_cancelled = false;
    let mut version = 0;
    // A result ends each statement, so their number tells where an error is that has no place.
    let mut results = 0;
    let mut since = Instant::now();
    let sql = AssertSqlSafe(message.sql.clone());
    let mut answers = sqlx::raw_sql(sql).fetch_many(session.connection());
    loop {
        let Ok(answer) = tokio::time::timeout(TICK, answers.try_next()).await else {
            // The conditions take no time.
            started.tell();
            if !is_cancelled && batch.interrupt.is_stopped() {
                is_cancelled = canceller.cancel().await;
            }
            continue;
        };
        if results >= guarded {
            started.tell();
        }
        match answer {
            Ok(None) => return Ok(version),
            Ok(Some(Either::Right(row))) if results >= message.before + statements => {
                // Only the log line's number is one; what else is answered then is of no interest.
                version = row.try_get::<i64, _>("version").unwrap_or(version);
            }
            Ok(Some(Either::Right(_))) => {}
            Ok(Some(Either::Left(_))) => {
                let at = results.checked_sub(message.before).filter(|at| *at < statements);
                if let (Some(at), Some(step)) = (at, step) {
                    let statement = &step.section[step.statements[at].sql.clone()];
                    let duration = since.elapsed();
                    listener(&Event::StatementFinished { statement, duration });
                }
                results += 1;
                since = Instant::now();
            }
            Err(source) => {
                if is_canceled(&source) && !batch.interrupt.is_stopped() {
                    batch.interrupt.exceed();
                }
                return Err(fault(message, step, results, source));
            }
        }
    }
}

/// Tells that a step has begun, once: not of a message that only finds somebody else at work.
struct Started<'a> {
    step: Option<&'a ReadyStep<'a>>,
    listener: Listener<'a>,
    is_told: bool,
}

impl Started<'_> {
    fn tell(&mut self) {
        if let Some(ReadyStep { revision, direction, .. }) = self.step
            && !std::mem::replace(&mut self.is_told, true)
        {
            (self.listener)(&Event::StepStarted { revision, direction: *direction });
        }
    }
}

/// Which statement it was: the one at the error's place, else the one after the last result.
fn fault(
    message: &Message,
    step: Option<&ReadyStep<'_>>,
    results: usize,
    source: sqlx::Error,
) -> Fault {
    let statements = step.map(|step| step.statements).unwrap_or_default();
    let place = position(&source).and_then(|at| message.sql.char_indices().nth(at));
    let offset = place
        .map(|(at, _)| at)
        .filter(|at| message.section.contains(at))
        .map(|at| at - message.section.start);
    let by_place =
        offset.and_then(|at| statements.iter().position(|statement| statement.whole.contains(&at)));
    let by_count = || results.checked_sub(message.before).filter(|at| *at < statements.len());
    let statement = match position(&source) {
        Some(_) => by_place,
        None => by_count(),
    };
    let inner = || {
        let (step, sql) = (step?, &statements[statement?].sql);
        place::within(&source, &step.section[sql.clone()]).map(|at| sql.start + at)
    };
    let offset = offset.or_else(inner);
    let is_condition = matches!(sqlstate(&source), Some("22012" | "23502"));
    let guard = message.guards.iter().find(|(at, _)| *at == results);
    // The section has ended the transaction by itself, so the row was refused.
    let has_committed =
        is_condition && step.is_some() && results == message.before + statements.len();
    Fault {
        statement,
        offset: offset.filter(|_| statement.is_some()),
        guard: guard.map(|(_, guard)| *guard).filter(|_| is_condition),
        is_rolled_back: source.as_database_error().is_some() && !has_committed,
        ..Fault::plain(source)
    }
}
