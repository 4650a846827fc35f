//! Running steps on MySQL and MariaDB: one transaction, where all they do is change rows; else a
//! step whose statements are recorded one by one.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use migrate_model::revision::Direction;
use migrate_model::script::Transaction;
use sqlx::mysql::MySqlQueryResult;
use sqlx::{AssertSqlSafe, Either};

use super::connect::{Locked, Session, text};
use super::error::{is_lock_timeout, offset};
use super::history::{Names, create_tables, insert, log_statement};
use super::session_limits::session_limits;
use super::{outside, permission, quote};
use crate::connection::Listener;
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError, is_answered};
use crate::error::ErrorKind;
use crate::event::Event;
use crate::history::Action;
use crate::history::lease::on_server::Renewals;
use crate::interrupt::Interrupt;
use crate::patience::Patience;
use crate::settings::HistoryTables;

/// How often it's asked whether the run shall stop while a statement is running.
const TICK: Duration = Duration::from_millis(100);

/// Runs the batch. A statement that waits too long for another session's lock is tried again;
/// meanwhile nobody queues behind it.
pub(crate) async fn apply(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    let Some(locked) = session.locked.clone() else {
        return Err(StepError::NotBegun(ErrorKind::LockLost));
    };
    if let [step] = batch.steps
        && (step.transaction == Transaction::Outside || batch.unfinished.is_some())
    {
        return outside::apply(session, batch, step, &locked, patience).await;
    }
    if batch.expected_version.is_none() {
        let names = Names::of(batch.tables, Some(&locked.schema), quote::name);
        let database = batch.tenant.filter(|_| locked.is_schema_missing);
        let made = create_tables(session, &names, database).await;
        if let Err(source) = made {
            return Err(Fault::plain(source).of_step(0, true));
        }
    }
    patience.begin_anew();
    loop {
        let mut together = Together { session, batch, locked: &locked };
        let error = match together.attempt(patience.rest(), patience.listener()).await {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        if let StepError::Failed { source, rolled_back: true, .. } = &error
            && is_lock_timeout(source)
            && !patience.rest().is_zero()
        {
            patience.wait().await.map_err(StepError::NotBegun)?;
            continue;
        }
        return Err(error);
    }
}

/// What would give the right that a statement of a revision, or the bookkeeping, lacked.
pub(crate) async fn missing_right(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    statement: Option<&str>,
    source: &sqlx::Error,
) -> Option<String> {
    let books = permission::History { rights: permission::WRITE, tables };
    permission::grant(session, source, Some(books).filter(|_| statement.is_none())).await
}

/// Steps that only change rows, in one transaction with their rows and log lines.
struct Together<'s, 'c, 'b> {
    session: &'s mut Session<'c>,
    batch: &'b Batch<'b>,
    locked: &'b Locked,
}

impl Together<'_, '_, '_> {
    async fn attempt(
        &mut self,
        rest: Duration,
        listener: Listener<'_>,
    ) -> Result<Outcome, StepError> {
        self.begin(rest).await?;
        match self.steps(listener).await {
            Ok((durations, version)) => {
                let last = self.batch.steps.len().saturating_sub(1);
                if let Some(lease) = &self.locked.lease {
                    // From now to the COMMIT nobody can take it over.
                    let renewed = self.session.run(lease.renewal()).await;
                    if !renewed.as_ref().is_ok_and(|result| result.rows_affected() == 1) {
                        let rolled_back = roll_back(self.session).await;
                        restore(self.session, self.locked).await;
                        return Err(match renewed {
                            Ok(_) => StepError::NotBegun(ErrorKind::LeaseLost),
                            Err(source) => Fault::plain(source).of_step(last, rolled_back),
                        });
                    }
                }
                // After a COMMIT that failed nothing is left; after one that was not answered
                // nobody knows.
                let mut statements = vec!["COMMIT".to_owned()];
                statements.extend(self.locked.found.statements());
                if let Err((results, source)) = self.session.run_each(&statements).await {
                    if results.is_empty() {
                        let is_rolled_back = is_answered(&source);
                        return Err(Fault::plain(source).of_step(last, is_rolled_back));
                    }
                    tracing::debug!(target: "migrate", %source, "the session is not as it was");
                }
                Ok(Outcome::Done { durations, version })
            }
            Err((at, fault)) => {
                let rolled_back = is_answered(&fault.source) && roll_back(self.session).await;
                restore(self.session, self.locked).await;
                Err(fault.of_step(at, rolled_back))
            }
        }
    }

    async fn begin(&mut self, rest: Duration) -> Result<(), StepError> {
        let begun = |source| {
            let doing = "beginning a transaction".to_owned();
            StepError::NotBegun(ErrorKind::Database { doing, source })
        };
        let limits = session_limits(rest, |_| false).unwrap_or_default();
        if !is_ours(self.session, self.locked).await.map_err(begun)? {
            return Err(StepError::NotBegun(self.locked.lost()));
        }
        let mut statements = vec![limits];
        statements.extend(self.batch.tenant.map(|tenant| format!("USE {}", quote::name(tenant))));
        statements.push(self.locked.begin().to_owned());
        self.session.run(statements.join(";\n")).await.map(drop).map_err(begun)
    }

    async fn steps(
        &mut self,
        listener: Listener<'_>,
    ) -> Result<(Vec<Duration>, i64), (usize, Fault)> {
        let names = Names::of(self.batch.tables, Some(&self.locked.schema), quote::name);
        let mut version = 0;
        if self.batch.clears_history {
            let line = line(Action::Stamp, "base", Duration::ZERO);
            let clear = format!("DELETE FROM {}", names.revisions);
            let log = log_statement(&names, self.batch.run, &line);
            let of_books = |source| (0, Fault::plain(source));
            self.session.run(clear).await.map_err(of_books)?;
            version = inserted(&self.session.run(log).await.map_err(of_books)?);
        }
        let mut durations = Vec::with_capacity(self.batch.steps.len());
        for (at, step) in self.batch.steps.iter().enumerate() {
            let started = Instant::now();
            let (revision, direction) = (step.revision, step.direction);
            listener(&Event::StepStarted { revision, direction });
            self.statements(step, listener).await.map_err(|fault| (at, fault))?;
            let books = self.books(&names, step, started.elapsed()).await;
            version = books.map_err(|source| (at, Fault::plain(source)))?;
            durations.push(started.elapsed());
        }
        Ok((durations, version))
    }

    async fn statements(
        &mut self,
        step: &ReadyStep<'_>,
        listener: Listener<'_>,
    ) -> Result<(), Fault> {
        for (at, statement) in step.statements.iter().enumerate() {
            let started = Instant::now();
            let sql = &step.section[statement.sql.clone()];
            let sent = send(self.session, self.locked, sql, self.batch.interrupt).await;
            if let Err((_, source)) = sent {
                let offset = offset(&source, sql).map(|offset| statement.sql.start + offset);
                return Err(Fault { statement: Some(at), offset, source });
            }
            listener(&Event::StatementFinished { statement: sql, duration: started.elapsed() });
        }
        Ok(())
    }

    /// The row and the log line; gives the history's new version.
    async fn books(
        &mut self,
        names: &Names,
        step: &ReadyStep<'_>,
        duration: Duration,
    ) -> Result<i64, sqlx::Error> {
        let id = step.revision.id.as_str();
        let row = match step.direction {
            Direction::Up => insert(&names.revisions, &step.row.columns(self.batch, duration)),
            Direction::Down => {
                format!("DELETE FROM {} WHERE id = {}", names.revisions, quote::text(id))
            }
        };
        let log = log_statement(names, self.batch.run, &line(step.action, id, duration));
        match self.session.run_each(&[row, log]).await {
            Ok(results) => match results.as_slice() {
                [row, log] if row.rows_affected() == 1 => Ok(inserted(log)),
                _ => Err(sqlx::Error::RowNotFound),
            },
            Err((_, source)) => Err(source),
        }
    }
}

/// Whether the lock is still ours, or the lease, which is renewed by that.
async fn is_ours(session: &mut Session<'_>, locked: &Locked) -> Result<bool, sqlx::Error> {
    if let Some(lease) = &locked.lease {
        let renewed = session.run(lease.renewal()).await?;
        session.is_renewed();
        return Ok(renewed.rows_affected() == 1);
    }
    let rows = session.ask(format!("SELECT {}", locked.is_ours())).await?;
    let answer = rows.first().map(|row| text(row, 0)).transpose()?.flatten();
    Ok(answer.as_deref() == Some("1"))
}

/// Leaves the session as it was found.
pub(super) async fn restore(session: &mut Session<'_>, locked: &Locked) {
    if let Err(error) = session.run(locked.found.statements().join(";\n")).await {
        tracing::debug!(target: "migrate", %error, "the session is not as it was found");
    }
}

/// Rolls back, and says whether nothing is left for certain: a table whose engine keeps to no
/// transaction keeps its rows, of which the server warns.
pub(super) async fn roll_back(session: &mut Session<'_>) -> bool {
    if session.run("ROLLBACK".to_owned()).await.is_err() {
        return false;
    }
    let warnings = session.ask("SHOW WARNINGS".to_owned()).await.unwrap_or_default();
    // ER_WARNING_NOT_COMPLETE_ROLLBACK
    !warnings.iter().any(|row| text(row, 1).ok().flatten().as_deref() == Some("1196"))
}

/// Sends a statement of a revision, and asks for its end when the run shall stop or its time is up;
/// meanwhile the lease is renewed, if there is one. With an error comes the number of results
/// before it.
pub(super) async fn send(
    session: &mut Session<'_>,
    locked: &Locked,
    sql: &str,
    interrupt: &Interrupt,
) -> Result<Vec<MySqlQueryResult>, (usize, sqlx::Error)> {
    let (canceller, keeper) = (session.canceller(), session.keeper());
    // Many short ones can take long, too.
    if session.is_renewal_due()
        && let Some(keeper) = &keeper
    {
        keeper.renew().await;
    }
    let mut renewals = Renewals::from_now();
    let sql = locked.mark().to_owned() + sql;
    let limited = interrupt.limited();
    let mut is_cancelled = false;
    let mut results = Vec::new();
    let mut answers = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(session.connection());
    let sent = loop {
        match tokio::time::timeout(TICK, answers.try_next()).await {
            Ok(Ok(None)) => break Ok(()),
            Ok(Ok(Some(Either::Left(result)))) => results.push(result),
            Ok(Ok(Some(Either::Right(_)))) => {}
            Ok(Err(source)) => break Err(source),
            Err(_) => {
                if !is_cancelled && interrupt.is_due() {
                    is_cancelled = true;
                    canceller.cancel().await;
                }
                if let Some(keeper) = &keeper
                    && renewals.is_due()
                {
                    keeper.renew().await;
                }
            }
        }
    };
    drop(limited);
    match sent {
        Ok(()) => Ok(results),
        Err(source) => Err((results.len(), source)),
    }
}

/// The number that an INSERT has given.
pub(super) fn inserted(result: &MySqlQueryResult) -> i64 {
    i64::try_from(result.last_insert_id()).unwrap_or(i64::MAX)
}

fn line(action: Action, revision: &str, duration: Duration) -> LogLine<'_> {
    LogLine { action, revision, outcome: "ok", error_code: None, duration: duration.into() }
}

/// What went wrong, and at which statement of the section.
struct Fault {
    statement: Option<usize>,
    /// Where in the section, in bytes.
    offset: Option<usize>,
    source: sqlx::Error,
}

impl Fault {
    fn plain(source: sqlx::Error) -> Self {
        Self { statement: None, offset: None, source }
    }

    fn of_step(self, step: usize, rolled_back: bool) -> StepError {
        let Self { statement, offset, source } = self;
        StepError::Failed { step, statement, offset, source, rolled_back }
    }
}
