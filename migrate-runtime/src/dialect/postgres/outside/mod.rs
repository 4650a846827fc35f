//! `transaction:false` on PostgreSQL: each statement is a message of its own. Before it is sent the
//! row says that it is in flight, and what the schema was; so whoever comes after a run that broke
//! off knows where it stopped, and can find out whether that statement took effect.

mod leftovers;

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use migrate_model::Dialect;
use migrate_model::revision::Direction;
use migrate_model::script::Effect;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row};

use self::leftovers::Cleaned;
use super::apply::TICK;
use super::connect::{Locked, Session};
use super::error::{database_fault, is_canceled, is_lock_timeout, position, sqlstate};
use super::fingerprint::{fingerprint, invalid_indexes};
use super::history::{Names, log_statement};
use super::message::{Preparation, left_as_found, search_path_of_session};
use super::session_limits::SessionLimits;
use super::{lock, quote};
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError, Unfinished};
use crate::error::ErrorKind;
use crate::event::Event;
use crate::history::journal::{self, InFlight, Verdict};
use crate::history::{RowState, Value, insert};
use crate::patience::Patience;
use crate::report::Answer;

/// Runs the step from its beginning, or from where an earlier run has left it.
pub(super) async fn apply(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    locked: &Locked,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    let names = Names::of(batch.tables, Some(&locked.schema));
    let mut one_by_one = OneByOne { session, batch, step, locked, names };
    let done = one_by_one.run(patience).await;
    if done.is_err() {
        let restored = one_by_one.send(left_as_found(locked)).await;
        if let Err(error) = restored {
            tracing::debug!(target: "migrate", %error, "the session is not as it was found");
        }
    }
    done
}

struct OneByOne<'s, 'c, 'b> {
    session: &'s mut Session<'c>,
    batch: &'b Batch<'b>,
    step: &'b ReadyStep<'b>,
    locked: &'b Locked,
    names: Names,
}

impl OneByOne<'_, '_, '_> {
    async fn run(&mut self, patience: &mut Patience<'_>) -> Result<Outcome, StepError> {
        let started = Instant::now();
        let listener = patience.listener();
        let (revision, direction) = (self.step.revision, self.step.direction);
        listener(&Event::StepStarted { revision, direction });
        if let Some(tenant) = self.batch.tenant {
            // Its schema may be made only then; the session is left as it was found.
            self.write(search_path_of_session(tenant)).await?;
        }
        let first = match self.batch.unfinished {
            Some(unfinished) => self.go_on(unfinished).await?,
            None => self.open().await?,
        };
        for at in first..self.step.statements.len() {
            if let Err(stopped) = patience.check_stop() {
                let is_clear = self.clear(at).await.is_ok();
                return Err(match is_clear && at > 0 {
                    true => StepError::Stopped { done: at },
                    false => StepError::NotBegun(stopped),
                });
            }
            self.statement(at, patience).await?;
        }
        let version = self.close(started.elapsed()).await?;
        Ok(Outcome::Done { durations: vec![started.elapsed()], version })
    }

    /// Writes the row that says that the step has begun.
    async fn open(&mut self) -> Result<usize, StepError> {
        let preparation = match self.batch.expected_version {
            None => Preparation::Tables,
            Some(_) => Preparation::Nothing,
        };
        let mut statements = preparation.statements(self.batch, self.locked, &self.names);
        let total = self.total();
        statements.push(match self.step.direction {
            Direction::Up => {
                let mut columns = self.step.row.columns(self.batch, Value::Elapsed);
                for (name, value) in &mut columns {
                    match *name {
                        "state" => *value = RowState::UpPartial.name().into(),
                        "done" => *value = 0.into(),
                        _ => {}
                    }
                }
                let guard = format!(
                    "SELECT 1 / CASE WHEN {} THEN 1 ELSE 0 END;\n",
                    lock::is_ours(self.locked.key)
                );
                guard + &insert(&self.names.revisions, &columns, quote::value)
            }
            Direction::Down => {
                let state = quote::text(RowState::DownPartial.name());
                self.update(&format!(
                    "state = {state}, done = 0, total = {total}, done_hash = NULL"
                ))
            }
        });
        self.write(statements.join(";\n")).await?;
        Ok(0)
    }

    /// Finds the statement at which to go on, and makes the row what the file is now.
    async fn go_on(&mut self, unfinished: &Unfinished) -> Result<usize, StepError> {
        let at = self.stopped_at(unfinished).await?.min(self.step.statements.len());
        let columns = match self.step.direction {
            Direction::Up => self.step.row.file_columns(),
            Direction::Down => Vec::new(),
        };
        let mut set = vec![self.done(at), format!("total = {}", self.total())];
        set.extend(columns.iter().map(|(name, value)| format!("{name} = {}", quote::value(value))));
        self.write(self.update(&set.join(", "))).await?;
        // What was set for the session that broke off is not set in this one.
        for before in 0..at {
            if self.effect(before) == Effect::Session {
                self.send(self.sql(before).to_owned())
                    .await
                    .map_err(|source| self.failed(before, at, source, true))?;
            }
        }
        Ok(at)
    }

    async fn stopped_at(&mut self, unfinished: &Unfinished) -> Result<usize, StepError> {
        let at = unfinished.journal.done;
        let undecided = StepError::Undecided { statement: at };
        let answer = unfinished.answer;
        let Some(in_flight) = &unfinished.journal.in_flight else {
            return Ok(if answer == Some(Answer::Done) { at + 1 } else { at });
        };
        let statements = self.step.statements;
        let is_same = statements.len() > at
            && journal::sum(self.step.section, &statements[..=at]) == in_flight.through;
        if answer == Some(Answer::Done) {
            return Ok(at + 1);
        }
        if !is_same {
            // What was sent is not in the file any more, so nothing can be told of it.
            return if answer == Some(Answer::Again) { Ok(at) } else { Err(undecided) };
        }
        let (now, invalid) = self.look().await?;
        let leftovers = self.leftovers(at, in_flight, invalid);
        let is_unchanged = now == in_flight.fingerprint;
        let verdict = match answer {
            Some(_) => Verdict::RunAgain,
            None => journal::verdict(self.effect(at), is_unchanged, !leftovers.is_empty()),
        };
        match verdict {
            Verdict::RunAgain => {
                self.clean(at, &leftovers, 0).await?;
                Ok(at)
            }
            Verdict::TookEffect => Ok(at + 1),
            Verdict::Undecided => Err(undecided),
        }
    }

    /// Sends one statement. What waits too long for another session's lock is sent again, unless
    /// it is one that holds nobody up while it waits: that may wait.
    async fn statement(&mut self, at: usize, patience: &mut Patience<'_>) -> Result<(), StepError> {
        patience.begin_anew();
        loop {
            let rest = patience.rest();
            let before = self.mark(at, rest).await?;
            let source = match self.send_statement(at, patience).await {
                Ok(()) => return Ok(()),
                Err(source) => source,
            };
            let is_answered = source.as_database_error().is_some()
                && database_fault(&source) != Some("database.lost");
            if !is_answered {
                return Err(self.failed(at, at, source, false));
            }
            if is_canceled(&source) && !self.batch.interrupt.is_stopped() {
                self.batch.interrupt.exceed();
            }
            match self.clean_up(at, &before).await {
                Ok(Cleaned::All) => {}
                Ok(Cleaned::Later) => return Err(StepError::Stopped { done: at }),
                Err(_) => return Err(self.failed(at, at, source, false)),
            }
            if is_lock_timeout(&source) && !patience.rest().is_zero() {
                self.clear_mark(at).await?;
                patience.wait().await.map_err(|error| match error {
                    ErrorKind::Interrupted if at > 0 => StepError::Stopped { done: at },
                    error => StepError::NotBegun(error),
                })?;
                continue;
            }
            let is_clear = self.clear(at).await.is_ok();
            return Err(self.failed(at, at, source, is_clear));
        }
    }

    /// Says that a statement is in flight, and what there is before it.
    async fn mark(&mut self, at: usize, rest: Duration) -> Result<InFlight, StepError> {
        let ReadyStep { section, statements, .. } = self.step;
        let hash = quote::text(&journal::in_flight(section, statements, at));
        // Taking it costs a look at all that is defined, and only these are decided by it.
        let before = match self.effect(at) {
            Effect::Definition | Effect::BuildsIndex | Effect::DropsIndex | Effect::Detaches => {
                fingerprint(self.batch.tenant)
            }
            Effect::Session | Effect::Upkeep | Effect::Reindexes | Effect::Unknown => {
                "'-'".to_owned()
            }
        };
        let invalid = invalid_indexes();
        let set = format!("done = {at}, done_hash = {hash} || {before} || ' ' || {invalid}");
        let update = self.update_returning(&set, ", max(done_hash)");
        let limits = SessionLimits::of(rest, self.batch.interrupt);
        let waits = matches!(
            self.effect(at),
            Effect::BuildsIndex | Effect::DropsIndex | Effect::Reindexes | Effect::Detaches
        );
        let is_set = |name: &str| {
            let has = |at| {
                self.effect(at) == Effect::Session
                    && self.sql(at).to_ascii_lowercase().contains(name)
            };
            (0..at).any(has)
        };
        let mut sql = vec![update];
        sql.extend(limits.of_session(waits, is_set));
        let rows = self.write(sql.join(";\n")).await?;
        let hash = rows.iter().find_map(|row| row.try_get::<String, _>("max").ok());
        let written = journal::Journal::parse("0", "0", &hash.unwrap_or_default());
        written.and_then(|journal| journal.in_flight).ok_or_else(|| {
            let source = sqlx::Error::Decode("the journal is malformed".into());
            self.recording(source)
        })
    }

    /// Says that nothing is in flight. A step of which nothing is done is none that has begun.
    async fn clear(&mut self, at: usize) -> Result<(), StepError> {
        if at > 0 {
            return self.clear_mark(at).await;
        }
        let sql = match self.step.direction {
            Direction::Up => format!(
                "DELETE FROM {} WHERE id = {}",
                self.names.revisions,
                quote::text(self.step.revision.id.as_str())
            ),
            Direction::Down => self.update(&format!(
                "state = {}, done = total, done_hash = NULL",
                quote::text(RowState::Applied.name())
            )),
        };
        self.write(sql).await.map(|_| ())
    }

    async fn clear_mark(&mut self, at: usize) -> Result<(), StepError> {
        self.write(self.update(&self.done(at))).await.map(|_| ())
    }

    /// The step is done: the row says so or goes, and the log has its line.
    async fn close(&mut self, duration: Duration) -> Result<i64, StepError> {
        let total = self.total();
        let id = self.step.revision.id.as_str();
        let row = match self.step.direction {
            Direction::Up => self.update(&format!(
                "state = {}, {}, total = {total}, run_id = {}, applied_at = clock_timestamp(), \
                 duration_ms = {}",
                quote::text(RowState::Applied.name()),
                self.done(self.step.statements.len()),
                quote::text(&self.batch.run.run_id),
                quote::value(&duration.into()),
            )),
            Direction::Down => format!(
                "WITH changed AS (DELETE FROM {} WHERE id = {} AND {} RETURNING 1) \
                 SELECT 1 / count(*) FROM changed",
                self.names.revisions,
                quote::text(id),
                lock::is_ours(self.locked.key)
            ),
        };
        let line = LogLine {
            action: self.step.action,
            revision: id,
            outcome: "ok",
            error_code: None,
            duration: duration.into(),
        };
        let log = log_statement(&self.names, self.batch.run, &line) + " RETURNING seq";
        let sql = [row, log, left_as_found(self.locked)].join(";\n");
        let rows = self.write(sql).await?;
        let version = rows.iter().find_map(|row| row.try_get::<i64, _>("seq").ok());
        Ok(version.unwrap_or_default())
    }

    async fn send_statement(
        &mut self,
        at: usize,
        patience: &Patience<'_>,
    ) -> Result<(), sqlx::Error> {
        let (started, canceller) = (Instant::now(), self.session.canceller());
        let mut is_cancelled = false;
        let sql = AssertSqlSafe(self.sql(at).to_owned());
        let mut answers = sqlx::raw_sql(sql).fetch_many(self.session.connection());
        loop {
            match tokio::time::timeout(TICK, answers.try_next()).await {
                Ok(Ok(None)) => break,
                Ok(Ok(Some(_))) => {}
                Ok(Err(source)) => return Err(source),
                Err(_) => {
                    if !is_cancelled && self.batch.interrupt.is_stopped() {
                        is_cancelled = true;
                        canceller.cancel().await;
                    }
                }
            }
        }
        drop(answers);
        let (statement, duration) = (self.sql(at), started.elapsed());
        patience.listener()(&Event::StatementFinished { statement, duration });
        Ok(())
    }

    /// Sends something of our own.
    async fn send(&mut self, sql: String) -> Result<Vec<PgRow>, sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(self.session.connection()).await
    }

    /// The same for the books.
    async fn write(&mut self, sql: String) -> Result<Vec<PgRow>, StepError> {
        self.send(sql).await.map_err(|source| match sqlstate(&source) {
            // The division by zero of a condition that does not hold.
            Some("22012") => StepError::NotBegun(ErrorKind::LockLost),
            _ => self.recording(source),
        })
    }

    fn recording(&self, source: sqlx::Error) -> StepError {
        let doing = format!("recording how far {} is", self.step.revision.id);
        StepError::NotBegun(ErrorKind::Database { doing, source })
    }

    fn failed(&self, at: usize, done: usize, source: sqlx::Error, is_certain: bool) -> StepError {
        let place = position(&source).and_then(|place| self.sql(at).char_indices().nth(place));
        let offset = place.map(|(place, _)| self.step.statements[at].sql.start + place);
        if is_certain && done > 0 {
            return StepError::PartWay { statement: at, offset, source, done };
        }
        let statement = Some(at);
        StepError::Failed { step: 0, statement, offset, source, rolled_back: is_certain }
    }

    fn update(&self, set: &str) -> String {
        self.update_returning(set, "")
    }

    /// An UPDATE of the row, as long as the lock is ours.
    fn update_returning(&self, set: &str, answer: &str) -> String {
        format!(
            "WITH changed AS (UPDATE {} SET {set} WHERE id = {} AND {} RETURNING done_hash) \
             SELECT 1 / count(*){answer} FROM changed",
            self.names.revisions,
            quote::text(self.step.revision.id.as_str()),
            lock::is_ours(self.locked.key)
        )
    }

    /// The columns that say that so many statements are done, and none is in flight.
    fn done(&self, done: usize) -> String {
        let sum = match done {
            0 => "NULL".to_owned(),
            _ => quote::text(&journal::sum(self.step.section, &self.step.statements[..done])),
        };
        format!("done = {done}, done_hash = {sum}")
    }

    fn total(&self) -> usize {
        self.step.statements.len()
    }

    fn sql(&self, at: usize) -> &str {
        &self.step.section[self.step.statements[at].sql.clone()]
    }

    fn effect(&self, at: usize) -> Effect {
        Effect::of(Dialect::Postgres, self.sql(at))
    }
}
