//! Statements one by one on MySQL and MariaDB. Before each the row says that it is in flight, and
//! what the schema was. What changes rows is one transaction with the record that it is done. Where
//! nobody can tell what a statement does (`CALL`), a canary tells whether it has committed by
//! itself: a note in the row, in the same transaction.

use std::time::Duration;

use migrate_model::revision::Direction;
use migrate_model::script::Effect;

use super::apply::{inserted, restore, roll_back, send};
use super::connect::{Locked, Session, text};
use super::error::{is_canceled, is_lock_timeout, offset};
use super::fingerprint::{fingerprint, keeps_to_transactions};
use super::history::{Names, assignments, create_tables, insert_if, log_statement};
use super::quote;
use super::session_limits::session_limits;
use crate::dialect::one_by_one::{self, Course, Fault, OneByOne, Remains};
use crate::dialect::{Batch, LogLine, Outcome, ReadyStep, StepError};
use crate::history::journal::{self, InFlight, Verdict};
use crate::history::{Columns, Value};
use crate::patience::Patience;

/// The canary: it is seen only if something has committed since.
const COMMITTED: &str = "committed";

/// Stands for what the schema was before a statement that failed and yet has changed it.
const IN_PART: &str = "in-part";

/// Runs the step from its beginning, or from where an earlier run has left it.
pub(super) async fn apply(
    session: &mut Session<'_>,
    batch: &Batch<'_>,
    step: &ReadyStep<'_>,
    locked: &Locked,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    let names = Names::of(batch.tables, Some(&locked.schema), quote::name);
    let course = Course { batch, step, dialect: session.dialect };
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
        let Some(tenant) = self.course.batch.tenant else { return Ok(()) };
        let missing = Some(tenant).filter(|_| self.locked.is_schema_missing);
        if let Some(database) = missing {
            self.write(super::history::create_database(database)).await?;
        }
        self.write(format!("USE {}", quote::name(tenant))).await
    }

    async fn open(&mut self, columns: &Columns) -> Result<(), StepError> {
        if self.course.batch.expected_version.is_none() {
            let made = create_tables(self.session, &self.names, None).await;
            made.map_err(|source| self.course.recording(source))?;
        }
        match self.course.step.direction {
            Direction::Up => {
                let (table, is_ours) = (&self.names.revisions, self.locked.is_ours());
                self.change(insert_if(table, columns, &is_ours)).await
            }
            Direction::Down => self.record(columns).await,
        }
    }

    async fn record(&mut self, columns: &Columns) -> Result<(), StepError> {
        let update = self.update(&assignments(columns));
        self.change(update).await
    }

    async fn forget(&mut self) -> Result<(), StepError> {
        self.write(format!("DELETE FROM {} WHERE {}", self.names.revisions, self.our_row())).await
    }

    /// Each has its mark, because an engine may keep to no transaction.
    fn is_recorded_at_once(&self, _at: usize) -> bool {
        false
    }

    async fn mark(&mut self, at: usize, rest: Duration) -> Result<Option<InFlight>, StepError> {
        let before = match self.effect(at) {
            Effect::Definition => self.look(at).await?,
            _ => "-".to_owned(),
        };
        let limits = session_limits(rest, |name| self.is_set(name, at));
        self.write_mark(at, &before, limits).await?;
        let through = journal::sum(self.course.step.section, &self.course.step.statements[..=at]);
        Ok(Some(InFlight { through, fingerprint: before, invalid: Vec::new() }))
    }

    async fn send(&mut self, at: usize, _rest: Duration) -> Result<(), Fault> {
        let sql = self.course.sql(at);
        let is_in_transaction = match self.effect(at) {
            Effect::Data => {
                let begun = self.write(self.locked.begin().to_owned()).await;
                begun.map_err(Fault::Record)?;
                true
            }
            Effect::Unknown => {
                let canary = format!("done_hash = REPLACE(done_hash, ' -', ' {COMMITTED}')");
                // The mark has just been made, and a lease that is asked for here could not be
                // renewed as long as the statement runs.
                let id = quote::text(self.course.id());
                let table = &self.names.revisions;
                let canary = format!("UPDATE {table} SET {canary} WHERE id = {id}");
                let canary = format!("{};\n{canary}", self.locked.begin());
                self.change_ours(canary).await.map_err(Fault::Record)?;
                true
            }
            _ => false,
        };
        if let Err((_, source)) =
            send(self.session, self.locked, sql, self.course.batch.interrupt).await
        {
            let offset = offset(&source, sql)
                .map(|at_sql| self.course.step.statements[at].sql.start + at_sql);
            return Err(Fault::Statement { source, offset });
        }
        if is_in_transaction {
            let done = self.update(&assignments(&self.course.done(at + 1)));
            if let Err(error) = self.change(done).await {
                roll_back(self.session).await;
                return Err(Fault::Record(error));
            }
            // What is not answered is found out by whoever comes next: the row tells.
            let committed = self.session.run("COMMIT".to_owned()).await;
            committed.map_err(|source| Fault::Statement { source, offset: None })?;
        }
        Ok(())
    }

    async fn clean_up(
        &mut self,
        at: usize,
        before: Option<&InFlight>,
    ) -> Result<Remains, StepError> {
        let has_effect = match self.effect(at) {
            Effect::Data => !roll_back(self.session).await,
            Effect::Unknown => !roll_back(self.session).await || self.has_committed().await?,
            // DROP TABLE a, b drops a, where b is missing.
            Effect::Definition => {
                let now = self.look(at).await?;
                let has_changed = before.is_some_and(|before| before.fingerprint != now);
                if has_changed {
                    self.write_mark(at, IN_PART, None).await?;
                }
                has_changed
            }
            _ => false,
        };
        Ok(if has_effect { Remains::Effect } else { Remains::Nothing })
    }

    async fn judge(
        &mut self,
        at: usize,
        in_flight: &InFlight,
        is_again: bool,
    ) -> Result<Verdict, StepError> {
        if is_again {
            return Ok(Verdict::RunAgain);
        }
        let has_committed = in_flight.invalid.iter().any(|note| note == COMMITTED);
        Ok(match self.effect(at) {
            Effect::Unknown if has_committed => Verdict::Undecided,
            Effect::Data | Effect::Unknown => {
                let sql = self.course.sql(at);
                match keeps_to_transactions(self.session, sql).await {
                    Ok(true) => Verdict::RunAgain,
                    Ok(false) => Verdict::Undecided,
                    Err(source) => return Err(self.course.recording(source)),
                }
            }
            _ if in_flight.fingerprint == IN_PART => Verdict::Undecided,
            effect => {
                let is_unchanged = self.look(at).await? == in_flight.fingerprint;
                journal::verdict(effect, is_unchanged, false)
            }
        })
    }

    async fn close(&mut self, columns: &Columns, line: &LogLine<'_>) -> Result<i64, StepError> {
        let row = match self.course.step.direction {
            Direction::Up => self.update(&assignments(columns)),
            Direction::Down => {
                format!("DELETE FROM {} WHERE {}", self.names.revisions, self.our_row())
            }
        };
        if let Err(error) = self.change(format!("START TRANSACTION;\n{row}")).await {
            roll_back(self.session).await;
            return Err(error);
        }
        let log = log_statement(&self.names, self.course.batch.run, line);
        let mut statements = vec![log, "COMMIT".to_owned()];
        statements.extend(self.locked.found.statements());
        match self.session.run_each(&statements).await {
            Ok(results) => Ok(results.first().map(inserted).unwrap_or_default()),
            Err((results, error)) if results.len() > 1 => {
                tracing::debug!(target: "migrate", %error, "the session is not as it was found");
                Ok(inserted(&results[0]))
            }
            Err((_, error)) => Err(self.course.recording(error)),
        }
    }

    async fn restore(&mut self) {
        restore(self.session, self.locked).await;
    }

    fn is_lock_timeout(&self, source: &sqlx::Error) -> bool {
        is_lock_timeout(source)
    }

    fn is_canceled(&self, source: &sqlx::Error) -> bool {
        is_canceled(source)
    }
}

impl Outside<'_, '_, '_> {
    /// Behind a USE definitions are another database's, where nobody looks.
    fn effect(&self, at: usize) -> Effect {
        let has_left = |at| {
            let first = self.course.sql(at).split_whitespace().next().unwrap_or_default();
            first.eq_ignore_ascii_case("USE")
        };
        match self.course.effect(at) {
            Effect::Definition if (0..at).any(has_left) => Effect::Unknown,
            effect => effect,
        }
    }

    /// Writes that a statement is in flight, and what the schema was before it.
    /// `also`: a statement that changes no row.
    async fn write_mark(
        &mut self,
        at: usize,
        before: &str,
        also: Option<String>,
    ) -> Result<(), StepError> {
        let hash = format!("{}{before} -", self.course.in_flight(at));
        let done = Value::Integer(i64::try_from(at).ok());
        let columns = vec![("done", done), ("done_hash", hash.as_str().into())];
        let update = self.update(&assignments(&columns));
        self.change([update].into_iter().chain(also).collect::<Vec<_>>().join(";\n")).await
    }

    /// Something of our own.
    async fn write(&mut self, sql: String) -> Result<(), StepError> {
        let written = self.session.run(sql).await;
        written.map(drop).map_err(|source| self.course.recording(source))
    }

    /// A change of our row, which counts only as long as the lock is ours. It renews the lease, if
    /// that's the lock.
    async fn change(&mut self, sql: String) -> Result<(), StepError> {
        let Some(lease) = &self.locked.lease else { return self.change_ours(sql).await };
        let sql = format!("{sql};\n{}", lease.renewal());
        self.change_rows(sql, 2).await?;
        self.session.is_renewed();
        Ok(())
    }

    /// A change of our row, and of nothing else.
    async fn change_ours(&mut self, sql: String) -> Result<(), StepError> {
        self.change_rows(sql, 1).await
    }

    async fn change_rows(&mut self, sql: String, rows: u64) -> Result<(), StepError> {
        match self.session.run(sql).await {
            Ok(result) if result.rows_affected() == rows => Ok(()),
            Ok(_) => Err(StepError::NotBegun(self.locked.lost())),
            Err(source) => Err(self.course.recording(source)),
        }
    }

    fn update(&self, set: &str) -> String {
        format!("UPDATE {} SET {set} WHERE {}", self.names.revisions, self.our_row())
    }

    fn our_row(&self) -> String {
        let id = quote::text(self.course.id());
        format!("id = {id} AND {}", self.locked.is_ours())
    }

    /// What the schema is, as far as the statement could change it.
    async fn look(&mut self, at: usize) -> Result<String, StepError> {
        let database = self.course.batch.tenant.map(str::to_owned);
        let database = database.or_else(|| self.locked.found.database.clone());
        let database = database.unwrap_or_else(|| self.locked.schema.clone());
        let looked = fingerprint(self.session, &database, self.course.sql(at)).await;
        looked.map_err(|source| self.course.recording(source))
    }

    /// Whether the canary was seen.
    async fn has_committed(&mut self) -> Result<bool, StepError> {
        let id = quote::text(self.course.id());
        let sql = format!("SELECT done_hash FROM {} WHERE id = {id}", self.names.revisions);
        let rows = self.session.ask(sql).await;
        let rows = rows.map_err(|source| self.course.recording(source))?;
        let hash = rows.first().and_then(|row| text(row, 0).ok().flatten()).unwrap_or_default();
        Ok(hash.ends_with(COMMITTED))
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
