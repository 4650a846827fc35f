//! `transaction:false` on SQLite. A statement and the record that it is done are one BEGIN
//! IMMEDIATE; only PRAGMA, ATTACH and VACUUM run by themselves, and may run again. Between the
//! statements others could write, so the run holds the lease, and every record asks for it.

mod work;

use std::time::Duration;

use migrate_model::Dialect;
use migrate_model::revision::Direction;
use migrate_model::script::Effect;
use sqlx::AssertSqlSafe;

use super::busy::ShortWaiting;
use super::error::{is_busy, is_interrupted};
use super::history;
use super::lease::{self, Look, Ours};
use super::session::Found;
use super::statement;

use self::work::{Failed, Work};
use super::transaction::{ImmediateTransaction, Uncommitted, send};
use crate::dialect::one_by_one::{self, Course, Fault, OneByOne, Remains};
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError};
use crate::error::ErrorKind;
use crate::history::Columns;
use crate::history::journal::{self, InFlight, Journal, Verdict};
use crate::history::lease::Standing;
use crate::patience::Patience;

/// What stands for the fingerprint and the invalid indexes: nothing is judged by them here.
const NOTHING_SEEN: &str = "- -";

/// Runs the step from its beginning, or from where an earlier run has left it.
pub(super) async fn apply(
    connection: ShortWaiting<'_>,
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    let course = Course { batch, step, dialect: Dialect::Sqlite };
    let mut outside = Outside {
        connection,
        course,
        patience: patience.clone(),
        lease: None,
        found: Found::default(),
        done: batch.unfinished.map_or(0, |unfinished| unfinished.journal.done),
    };
    if !outside.take_lease().await? {
        return Ok(Outcome::HistoryMoved);
    }
    let outcome = one_by_one::run(course, &mut outside, patience).await;
    outside.restore().await;
    outcome
}

/// The step with the lease; what it has taken and changed is given back when it's dropped.
struct Outside<'c, 'b, 'l> {
    connection: ShortWaiting<'c>,
    course: Course<'b>,
    patience: Patience<'l>,
    lease: Option<Ours<'b>>,
    found: Found,
    /// How many statements are done.
    done: usize,
}

impl Outside<'_, '_, '_> {
    /// Waits until nobody has the lease, and takes it. `false`: the history is not what the plan
    /// was made from.
    async fn take_lease(&mut self) -> Result<bool, StepError> {
        let Self { connection, course, patience, lease, done, .. } = self;
        let Batch { tables, run, expected_version, .. } = *course.batch;
        patience.begin_anew();
        loop {
            let begun = ImmediateTransaction::begin(connection.connection(), patience).await;
            let mut transaction = begun.map_err(StepError::NotBegun)?;
            let error = match enter(&mut transaction, course.batch).await {
                Ok(Look { standing: Standing::Held(held), .. }) => {
                    transaction.roll_back(None).await;
                    let waited = patience.wait_for(Some(&held.holder())).await;
                    waited.map_err(|error| stopped(*done, error))?;
                    continue;
                }
                Ok(Look { standing: Standing::Abandoned, .. }) => {
                    match lease::clear(transaction.connection(), tables).await {
                        Ok(()) => {
                            return commit(transaction, course, patience).await.map(|()| false);
                        }
                        Err(source) => source,
                    }
                }
                Ok(look) if look.version != expected_version.unwrap_or_default() => {
                    transaction.roll_back(None).await;
                    return Ok(false);
                }
                Ok(_) => match Ours::take(transaction.connection(), tables, run).await {
                    Ok(ours) => {
                        // From before the COMMIT: when this future is dropped, it may still run.
                        *lease = Some(ours);
                        return commit(transaction, course, patience).await.map(|()| true);
                    }
                    Err(source) => source,
                },
                Err(source) => source,
            };
            transaction.roll_back(Some(&error)).await;
            if !is_busy(&error) {
                let doing = "taking the lease".to_owned();
                return Err(StepError::NotBegun(ErrorKind::Database { doing, source: error }));
            }
            patience.wait().await.map_err(StepError::NotBegun)?;
        }
    }

    /// Does it, or nothing.
    async fn transact(&mut self, work: Work<'_>) -> Result<i64, Fault> {
        let Self { connection, course, patience, lease, done, .. } = self;
        let refused = |error| Fault::Record(stopped(*done, error));
        let Some(lease) = lease else { return Err(refused(ErrorKind::LeaseLost)) };
        patience.begin_anew();
        loop {
            let begun = ImmediateTransaction::begin(connection.connection(), patience).await;
            let mut transaction = begun.map_err(refused)?;
            let failed = match work.run(transaction.connection(), course, lease).await {
                Ok(version) => match transaction.commit_patiently(patience).await {
                    Ok(()) => return Ok(version),
                    Err(Uncommitted::GaveUp(error)) => return Err(refused(error)),
                    // What was deferred until then is the statement's.
                    Err(Uncommitted::Failed { source, .. }) => match work {
                        Work::Statement(_) => return Err(of_statement(source)),
                        _ => return Err(Fault::Record(course.recording(source))),
                    },
                },
                Err(failed) => failed,
            };
            match failed {
                Failed::LeaseLost => {
                    transaction.roll_back(None).await;
                    return Err(refused(ErrorKind::LeaseLost));
                }
                Failed::Statement(source) => {
                    transaction.roll_back(Some(&source)).await;
                    return Err(of_statement(source));
                }
                Failed::Record(source) => {
                    transaction.roll_back(Some(&source)).await;
                    if !is_busy(&source) {
                        return Err(Fault::Record(course.recording(source)));
                    }
                    patience.wait().await.map_err(refused)?;
                }
            }
        }
    }

    /// The next statement that gives back what was taken or changed.
    fn next_to_restore(&mut self) -> Option<String> {
        self.found.next().or_else(|| self.lease.take().map(|lease| lease.release()))
    }

    async fn write(&mut self, work: Work<'_>) -> Result<i64, StepError> {
        self.transact(work).await.map_err(|fault| match fault {
            Fault::Record(error) => error,
            Fault::Statement { source, .. } => self.course.recording(source),
        })
    }
}

impl OneByOne for Outside<'_, '_, '_> {
    async fn prepare(&mut self) -> Result<(), StepError> {
        let Self { connection, course, .. } = self;
        let statements = (0..course.total()).map(|at| course.sql(at));
        let found = Found::before(statements, connection.connection()).await;
        self.found = found.map_err(|source| {
            let doing = "reading the connection's settings".to_owned();
            StepError::NotBegun(ErrorKind::Database { doing, source })
        })?;
        Ok(())
    }

    async fn open(&mut self, columns: &Columns) -> Result<(), StepError> {
        let work = match self.course.step.direction {
            Direction::Up => Work::Insert(columns),
            Direction::Down => Work::Update(columns),
        };
        self.write(work).await.map(drop)
    }

    async fn record(&mut self, columns: &Columns) -> Result<(), StepError> {
        self.write(Work::Update(columns)).await.map(drop)
    }

    async fn forget(&mut self) -> Result<(), StepError> {
        self.write(Work::Delete).await.map(drop)
    }

    fn is_recorded_at_once(&self, at: usize) -> bool {
        matches!(self.course.effect(at), Effect::Data | Effect::Definition)
    }

    async fn mark(&mut self, at: usize, _rest: Duration) -> Result<Option<InFlight>, StepError> {
        self.done = at;
        if self.is_recorded_at_once(at) {
            return Ok(None);
        }
        let mut columns = self.course.done(at);
        // What may run again needs no judge.
        let is_judged = !matches!(self.course.effect(at), Effect::Session | Effect::Upkeep);
        let hash = is_judged.then(|| self.course.in_flight(at) + NOTHING_SEEN);
        if let Some(hash) = &hash {
            columns.retain(|(name, _)| *name != "done_hash");
            columns.push(("done_hash", hash.as_str().into()));
        }
        self.record(&columns).await?;
        Ok(hash.and_then(|hash| Journal::parse("0", "0", &hash)?.in_flight))
    }

    async fn send(&mut self, at: usize, _rest: Duration) -> Result<(), Fault> {
        if self.is_recorded_at_once(at) {
            return self.transact(Work::Statement(at)).await.map(drop);
        }
        let Self { connection, course, .. } = self;
        let run = statement::run(connection.connection(), course.sql(at), course.batch.interrupt);
        run.await.map_err(of_statement)
    }

    async fn clean_up(
        &mut self,
        _at: usize,
        _before: Option<&InFlight>,
    ) -> Result<Remains, StepError> {
        Ok(Remains::Nothing)
    }

    async fn judge(
        &mut self,
        at: usize,
        _in_flight: &InFlight,
        is_again: bool,
    ) -> Result<Verdict, StepError> {
        Ok(match is_again {
            true => Verdict::RunAgain,
            false => journal::verdict(self.course.effect(at), true, false),
        })
    }

    async fn close(&mut self, columns: &Columns, line: &LogLine<'_>) -> Result<i64, StepError> {
        let version = self.write(Work::Close(columns, line)).await?;
        self.lease = None;
        Ok(version)
    }

    async fn restore(&mut self) {
        while let Some(sql) = self.next_to_restore() {
            let restored = sqlx::raw_sql(AssertSqlSafe(sql)).execute(self.connection.connection());
            if let Err(error) = restored.await {
                tracing::debug!(target: "migrate", %error, "the connection is not as it was found");
            }
        }
    }

    fn is_lock_timeout(&self, source: &sqlx::Error) -> bool {
        is_busy(source)
    }

    fn is_canceled(&self, source: &sqlx::Error) -> bool {
        is_interrupted(source)
    }
}

impl Drop for Outside<'_, '_, '_> {
    fn drop(&mut self) {
        while let Some(sql) = self.next_to_restore() {
            send(self.connection.connection(), &sql);
        }
    }
}

/// Makes the tables, if they are missing, and looks who may write.
async fn enter(
    transaction: &mut ImmediateTransaction<'_>,
    batch: &Batch<'_>,
) -> Result<Look, sqlx::Error> {
    if batch.expected_version.is_none() {
        history::create_tables(transaction.connection(), batch.tables).await?;
    }
    lease::look(transaction.connection(), batch.tables).await
}

async fn commit(
    transaction: ImmediateTransaction<'_>,
    course: &Course<'_>,
    patience: &mut Patience<'_>,
) -> Result<(), StepError> {
    transaction.commit_patiently(patience).await.map_err(|error| match error {
        Uncommitted::GaveUp(error) => StepError::NotBegun(error),
        Uncommitted::Failed { source, .. } => course.recording(source),
    })
}

fn of_statement(source: sqlx::Error) -> Fault {
    Fault::Statement { source, offset: None }
}

/// Whoever stops a run of which something is done is told how much.
fn stopped(done: usize, error: ErrorKind) -> StepError {
    match error {
        ErrorKind::Interrupted if done > 0 => StepError::Stopped { done },
        error => StepError::NotBegun(error),
    }
}
