//! `transaction:false` on PostgreSQL. What can run in a transaction is one message with the record
//! that it is done. Before anything else is sent the row says that it is in flight, and what the
//! schema was; so whoever comes after a run that broke off knows where it stopped, and can find out
//! whether that statement took effect.

mod leftovers;

use std::time::Duration;

use futures_util::TryStreamExt;
use migrate_model::Dialect;
use migrate_model::revision::Direction;
use migrate_model::script::Effect;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Either, Row};

use super::apply::TICK;
use super::connect::{Locked, Session};
use super::error::{is_canceled, is_lock_timeout, position, sqlstate};
use super::fingerprint::{fingerprint, invalid_indexes};
use super::history::{Names, log_statement};
use super::message::{Preparation, left_as_found, search_path_of_session};
use super::session_limits::SessionLimits;
use super::{lock, quote};
use crate::dialect::one_by_one::{self, Course, Fault, OneByOne, Remains};
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError, is_answered};
use crate::error::ErrorKind;
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
    let names = Names::of(batch.tables, Some(&locked.schema));
    let course = Course { batch, step, dialect: Dialect::Postgres };
    let mut outside = Outside { session, course, locked, names };
    one_by_one::run(course, &mut outside, patience).await
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
        let preparation = match self.course.batch.expected_version {
            None => Preparation::Tables,
            Some(_) => Preparation::Nothing,
        };
        let mut statements = preparation.statements(self.course.batch, self.locked, &self.names);
        match self.course.step.direction {
            Direction::Up => {
                statements.push(self.guard());
                statements.push(insert(&self.names.revisions, columns, quote::value));
            }
            Direction::Down => statements.push(self.update(&assignments(columns), "")),
        }
        self.write(statements.join(";\n")).await.map(drop)
    }

    async fn record(&mut self, columns: &Columns) -> Result<(), StepError> {
        self.write(self.update(&assignments(columns), "")).await.map(drop)
    }

    async fn forget(&mut self) -> Result<(), StepError> {
        let id = quote::text(self.course.id());
        let sql = format!("DELETE FROM {} WHERE id = {id}", self.names.revisions);
        self.write(sql).await.map(drop)
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
        let limits = SessionLimits::of(rest, self.course.batch.interrupt);
        sql.extend(limits.of_session(self.waits(at), |name| self.is_set(name, at)));
        let rows = self.write(sql.join(";\n")).await?;
        let hash = rows.iter().find_map(|row| row.try_get::<String, _>("max").ok());
        let written = Journal::parse("0", "0", &hash.unwrap_or_default());
        let in_flight = written.and_then(|journal| journal.in_flight).ok_or_else(|| {
            self.course.recording(sqlx::Error::Decode("the journal is malformed".into()))
        })?;
        Ok(Some(in_flight))
    }

    async fn send(&mut self, at: usize, rest: Duration) -> Result<(), Fault> {
        let (mut before, mut after) = (Vec::new(), String::new());
        if self.is_recorded_at_once(at) {
            let limits = SessionLimits::of(rest, self.course.batch.interrupt);
            before.push(self.guard());
            before.extend(limits.statements(|name| self.is_set(name, at)));
            // The newline ends a comment in which the statement may end.
            after = format!("\n;\n{}", self.update(&assignments(&self.course.done(at + 1)), ""));
        }
        let statement = self.course.sql(at);
        let head = before.iter().fold(String::new(), |head, sql| head + sql + ";\n");
        let message = head.clone() + statement + &after;
        let (results, source) = match self.run(message.clone()).await {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        if is_answered(&source) && results != before.len() {
            return Err(Fault::Record(self.of_record(source)));
        }
        let place = position(&source).and_then(|place| message.char_indices().nth(place));
        let place = place.and_then(|(place, _)| place.checked_sub(head.len()));
        let place = place.filter(|place| *place <= statement.len());
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
        let log = log_statement(&self.names, self.course.batch.run, line) + " RETURNING seq";
        let rows = self.write([row, log, left_as_found(self.locked)].join(";\n")).await?;
        let version = rows.iter().find_map(|row| row.try_get::<i64, _>("seq").ok());
        Ok(version.unwrap_or_default())
    }

    async fn restore(&mut self) {
        if let Err(error) = self.ask(left_as_found(self.locked)).await {
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
    /// Sends a message of the step, and asks for its end when the run shall stop. With an error
    /// comes the number of results before it.
    async fn run(&mut self, message: String) -> Result<(), (usize, sqlx::Error)> {
        let canceller = self.session.canceller();
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
                    if !is_cancelled && self.course.batch.interrupt.is_stopped() {
                        is_cancelled = true;
                        canceller.cancel().await;
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
            Some("22012") => StepError::NotBegun(ErrorKind::LockLost),
            _ => self.course.recording(source),
        }
    }

    /// A statement that fails if the lock is not ours.
    fn guard(&self) -> String {
        format!("SELECT 1 / CASE WHEN {} THEN 1 ELSE 0 END", lock::is_ours(self.locked.key))
    }

    /// An UPDATE of the row, as long as the lock is ours.
    fn update(&self, set: &str, answer: &str) -> String {
        format!(
            "WITH changed AS (UPDATE {} SET {set} WHERE {} RETURNING done_hash) \
             SELECT 1 / count(*){answer} FROM changed",
            self.names.revisions,
            self.our_row()
        )
    }

    fn our_row(&self) -> String {
        let id = quote::text(self.course.id());
        format!("id = {id} AND {}", lock::is_ours(self.locked.key))
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
