//! `transaction:false` on PostgreSQL. What can run in a transaction is one message with the record
//! that it is done. Before anything else is sent the row says that it is in flight, and what the
//! schema was; so whoever comes after a run that broke off knows where it stopped, and can find out
//! whether that statement took effect.

mod leftovers;

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use migrate_model::Dialect;
use migrate_model::revision::Direction;
use migrate_model::script::Effect;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Either, Row};

use super::apply::TICK;
use super::connect::{Hold, Locked, Session};
use super::error::{is_canceled, is_lock_timeout, position, sqlstate};
use super::fingerprint::{fingerprint, invalid_indexes};
use super::history::{Names, log_with_version};
use super::lease::{self, Keeper};
use super::message::{Preparation, ending, left_as_found, mark, opening, search_path_of_session};
use super::place;
use super::quote;
use super::session_limits::SessionLimits;
use crate::dialect::one_by_one::{self, Course, Fault, OneByOne, Remains};
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError, is_answered};
use crate::history::journal::{self, InFlight, Journal, Verdict};
use crate::history::{Columns, insert};
use crate::patience::Patience;

/// Runs the step from its beginning, or from where an earlier run has left it.
pub(super) async fn apply(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    locked: &Locked,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    let is_as_planned = match locked.hold {
        Hold::Session => lease::wait_until_free(session, batch.tables, batch.run, patience).await,
        Hold::Message { .. } => {
            let expected = batch.expected_version;
            lease::take_for_step(session, batch.tables, batch.run, expected, patience).await
        }
        Hold::Lease => Ok(true),
    };
    if !is_as_planned.map_err(StepError::NotBegun)? {
        return Ok(Outcome::HistoryMoved);
    }
    let locked = session.locked.clone().unwrap_or_else(|| locked.clone());
    let names = Names::of(batch.tables, Some(&locked.schema), quote::name);
    let course = Course { batch, step, dialect: Dialect::Postgres };
    let mut outside = Outside { session, course, locked: &locked, names };
    let outcome = one_by_one::run(course, &mut outside, patience).await;
    if let Hold::Message { .. } = locked.hold {
        lease::give_back(session).await;
    }
    outcome
}

/// When a message is ended from outside.
#[derive(Debug, Clone, Copy)]
enum End {
    /// When the run shall stop, or the statement's time is up.
    WhenDue,
    At(Option<Instant>),
}

struct Outside<'s, 'c, 'b> {
    session: &'s mut Session<'c>,
    course: Course<'b>,
    locked: &'b Locked,
    names: Names,
}

impl OneByOne for Outside<'_, '_, '_> {
    async fn prepare(&mut self) -> Result<(), StepError> {
        // A tenant's schema may be made only then; the session is left as it was found.
        match self.course.batch.tenant {
            Some(tenant) => self.write(search_path_of_session(tenant)).await.map(drop),
            None => Ok(()),
        }
    }

    async fn open(&mut self, columns: &Columns) -> Result<(), StepError> {
        // The lease is kept in one of the tables, so they are there.
        let preparation = match &self.locked.lease {
            Some(_) => Preparation::Nothing,
            None => Preparation::of(self.course.batch),
        };
        let mut statements = preparation.statements(self.course.batch, self.locked, &self.names);
        statements.push(match self.course.step.direction {
            Direction::Up => insert(&self.names.revisions, columns, quote::value),
            Direction::Down => self.update(&assignments(columns), ""),
        });
        self.keep_books(statements).await.map(drop)
    }

    async fn record(&mut self, columns: &Columns) -> Result<(), StepError> {
        self.keep_books(vec![self.update(&assignments(columns), "")]).await.map(drop)
    }

    async fn forget(&mut self) -> Result<(), StepError> {
        let id = quote::text(self.course.id());
        let sql = format!("DELETE FROM {} WHERE id = {id}", self.names.revisions);
        self.keep_books(vec![sql]).await.map(drop)
    }

    fn is_recorded_at_once(&self, at: usize) -> bool {
        matches!(self.course.effect(at), Effect::Data | Effect::Definition)
    }

    async fn mark(&mut self, at: usize, rest: Duration) -> Result<Option<InFlight>, StepError> {
        if self.is_recorded_at_once(at) {
            return Ok(None);
        }
        // Taking it costs a look at all that is defined, and only these are decided by it.
        let before = match self.course.effect(at) {
            Effect::BuildsIndex | Effect::DropsIndex | Effect::Detaches => {
                fingerprint(self.course.batch.tenant)
            }
            _ => "'-'".to_owned(),
        };
        let set = format!(
            "done = {at}, done_hash = {} || {before} || ' ' || {}",
            quote::text(&self.course.in_flight(at)),
            invalid_indexes()
        );
        let mut sql = vec![self.update(&set, ", max(done_hash)")];
        // Where the lease is needed, the next message may meet another session.
        if self.locked.lease.is_none() {
            let limits = SessionLimits::of(rest, self.course.batch.interrupt);
            sql.extend(limits.of_session(self.waits(at), |name| self.is_set(name, at)));
        }
        let rows = self.keep_books(sql).await?;
        let hash = rows.iter().find_map(|row| row.try_get::<String, _>("max").ok());
        let written = Journal::parse("0", "0", &hash.unwrap_or_default());
        let in_flight = written.and_then(|journal| journal.in_flight).ok_or_else(|| {
            self.course.recording(sqlx::Error::Decode("the journal is malformed".into()))
        })?;
        Ok(Some(in_flight))
    }

    async fn send(&mut self, at: usize, rest: Duration) -> Result<(), Fault> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let is_recorded_at_once = self.is_recorded_at_once(at);
        if is_recorded_at_once {
            let limits = SessionLimits::of(rest, self.course.batch.interrupt);
            before.extend(opening(self.locked));
            before.extend(limits.statements(|name| self.is_set(name, at)));
            after.push(self.update(&assignments(&self.course.done(at + 1)), ""));
            after.extend(ending(self.locked));
        }
        let statement = self.course.sql(at);
        let head = before.iter().fold(mark(self.locked), |head, sql| head + sql + ";\n");
        // The newline ends a comment in which the statement may end.
        let after = after.iter().fold(String::new(), |after, sql| after + "\n;\n" + sql);
        let message = head.clone() + statement + &after;
        let run = match is_recorded_at_once {
            true => self.run(message.clone(), End::WhenDue, None).await,
            false => self.run_alone(message.clone()).await,
        };
        let (results, source) = match run {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        if is_answered(&source) && results != before.len() {
            return Err(Fault::Record(self.of_record(source)));
        }
        let place = position(&source).and_then(|place| message.char_indices().nth(place));
        let place = place.and_then(|(place, _)| place.checked_sub(head.len()));
        let place = place.filter(|place| *place <= statement.len());
        let place = place.or_else(|| place::within(&source, statement));
        let offset = place.map(|place| self.course.step.statements[at].sql.start + place);
        Err(Fault::Statement { source, offset })
    }

    async fn clean_up(
        &mut self,
        at: usize,
        before: Option<&InFlight>,
    ) -> Result<Remains, StepError> {
        match before {
            Some(before) => self.drop_leftovers(at, before).await,
            None => Ok(Remains::Nothing),
        }
    }

    async fn judge(
        &mut self,
        at: usize,
        in_flight: &InFlight,
        is_again: bool,
    ) -> Result<Verdict, StepError> {
        let (now, invalid) = self.look().await?;
        let leftovers = self.leftovers(at, in_flight, invalid);
        let is_unchanged = now == in_flight.fingerprint;
        let verdict = match is_again {
            true => Verdict::RunAgain,
            false => journal::verdict(self.course.effect(at), is_unchanged, !leftovers.is_empty()),
        };
        if verdict == Verdict::RunAgain {
            self.clean(at, &leftovers, 0).await?;
        }
        Ok(verdict)
    }

    async fn close(&mut self, columns: &Columns, line: &LogLine<'_>) -> Result<i64, StepError> {
        let row = match self.course.step.direction {
            Direction::Up => self.update(&assignments(columns), ""),
            Direction::Down => format!(
                "WITH changed AS (DELETE FROM {} WHERE {} RETURNING 1) \
                 SELECT 1 / count(*) FROM changed",
                self.names.revisions,
                self.our_row()
            ),
        };
        let mut statements = vec![row];
        // To give it back changes the version.
        if let (Hold::Message { .. }, Some(lease)) = (self.locked.hold, &self.locked.lease) {
            statements.push(lease.release());
        }
        statements.push(log_with_version(&self.names, self.course.batch.run, line));
        statements.extend(self.left_as_found());
        let rows = self.keep_books(statements).await?;
        let version = rows.iter().find_map(|row| row.try_get::<i64, _>("version").ok());
        Ok(version.unwrap_or_default())
    }

    async fn restore(&mut self) {
        let Some(sql) = self.left_as_found() else { return };
        if let Err(error) = self.ask(sql).await {
            tracing::debug!(target: "migrate", %error, "the session is not as it was found");
        }
    }

    fn is_lock_timeout(&self, source: &sqlx::Error) -> bool {
        is_lock_timeout(source)
    }

    fn is_canceled(&self, source: &sqlx::Error) -> bool {
        is_canceled(source)
    }
}

impl Outside<'_, '_, '_> {
    /// Sends a statement that has no transaction. The session has its limits; where there may be
    /// another session each time, its time is counted here, and the lease renewed meanwhile.
    async fn run_alone(&mut self, message: String) -> Result<(), (usize, sqlx::Error)> {
        let _limited = self.locked.lease.as_ref().map(|_| self.course.batch.interrupt.limited());
        let keeper = self.keeper();
        self.run(message, End::WhenDue, keeper).await
    }

    /// Sends something of our own that has no transaction, and lets it run so many milliseconds;
    /// 0 is no limit.
    async fn run_limited(&mut self, message: String, limit: u32) -> Result<(), sqlx::Error> {
        let limit = Some(Duration::from_millis(limit.into())).filter(|limit| !limit.is_zero());
        let end = End::At(limit.map(|limit| Instant::now() + limit));
        let keeper = self.keeper();
        self.run(message, end, keeper).await.map_err(|(_, source)| source)
    }

    /// What renews the lease while something runs that has no transaction.
    fn keeper(&self) -> Option<Keeper> {
        let options = self.session.options.clone();
        self.locked.lease.as_ref().map(|lease| lease.keeper(options))
    }

    /// Sends a message of the step, and asks for its end when it's time. With an error comes the
    /// number of results before it.
    async fn run(
        &mut self,
        message: String,
        end: End,
        mut keeper: Option<Keeper>,
    ) -> Result<(), (usize, sqlx::Error)> {
        let canceller = self.session.canceller();
        let interrupt = self.course.batch.interrupt;
        let (mut results, mut is_cancelled) = (0, false);
        let message = sqlx::raw_sql(AssertSqlSafe(message));
        let mut answers = message.fetch_many(self.session.connection());
        loop {
            match tokio::time::timeout(TICK, answers.try_next()).await {
                Ok(Ok(None)) => return Ok(()),
                Ok(Ok(Some(Either::Left(_)))) => results += 1,
                Ok(Ok(Some(Either::Right(_)))) => {}
                Ok(Err(source)) => return Err((results, source)),
                Err(_) => {
                    let is_due = match end {
                        End::WhenDue => interrupt.is_due(),
                        End::At(time) => time.is_some_and(|time| time <= Instant::now()),
                    };
                    if !is_cancelled && is_due {
                        is_cancelled = canceller.cancel().await;
                    }
                    if let Some(keeper) = &mut keeper {
                        keeper.keep().await;
                    }
                }
            }
        }
    }

    /// Sends something of our own.
    async fn ask(&mut self, sql: String) -> Result<Vec<PgRow>, sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(self.session.connection()).await
    }

    /// The same for the books.
    async fn write(&mut self, sql: String) -> Result<Vec<PgRow>, StepError> {
        self.ask(sql).await.map_err(|source| self.of_record(source))
    }

    fn of_record(&self, source: sqlx::Error) -> StepError {
        match sqlstate(&source) {
            // The division by zero of a condition that does not hold.
            Some("22012") => StepError::NotBegun(self.locked.lost()),
            _ => self.course.recording(source),
        }
    }

    /// Writes to the books, as long as the lock is ours.
    async fn keep_books(&mut self, statements: Vec<String>) -> Result<Vec<PgRow>, StepError> {
        let all = opening(self.locked).into_iter().chain(statements).chain(ending(self.locked));
        self.write(all.collect::<Vec<_>>().join(";\n")).await
    }

    /// What leaves the session as it was found. Where the lease is needed nothing of ours is set
    /// for the session.
    fn left_as_found(&self) -> Option<String> {
        let sets = |at| self.course.effect(at) == Effect::Session;
        let is_changed = self.locked.lease.is_none() || (0..self.course.total()).any(sets);
        is_changed.then(|| left_as_found(self.locked))
    }

    /// An UPDATE of the row, which must be there.
    fn update(&self, set: &str, answer: &str) -> String {
        format!(
            "WITH changed AS (UPDATE {} SET {set} WHERE {} RETURNING done_hash) \
             SELECT 1 / count(*){answer} FROM changed",
            self.names.revisions,
            self.our_row()
        )
    }

    fn our_row(&self) -> String {
        format!("id = {}", quote::text(self.course.id()))
    }

    /// Whether a statement waits for others without holding anybody up.
    fn waits(&self, at: usize) -> bool {
        matches!(
            self.course.effect(at),
            Effect::BuildsIndex | Effect::DropsIndex | Effect::Reindexes | Effect::Detaches
        )
    }

    /// Whether an earlier statement of the section has set this.
    fn is_set(&self, name: &str, at: usize) -> bool {
        let sets = |at| {
            self.course.effect(at) == Effect::Session
                && self.course.sql(at).to_ascii_lowercase().contains(name)
        };
        (0..at).any(sets)
    }
}

fn assignments(columns: &Columns) -> String {
    let set = columns.iter().map(|(name, value)| format!("{name} = {}", quote::value(value)));
    set.collect::<Vec<_>>().join(", ")
}
