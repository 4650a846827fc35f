//! One revision as one message: what stands before its statements, they, and its bookkeeping. The
//! server runs all of a message as one transaction, and after an error nothing of it is left.

use std::ops::Range;

use migrate_model::revision::Direction;

use super::connect::{Hold, Locked};
use super::history::{Names, create_statements, log_with_version, version_of};
use super::lease::Ours;
use super::session_limits::SessionLimits;
use super::{lease, lock, quote};
use crate::dialect::{Batch, LogLine, ReadyStep};
use crate::history::{Action, Value, insert};

/// A message, and where in it the section stands.
pub(super) struct Message {
    pub(super) sql: String,
    /// How many statements come before the section's.
    pub(super) before: usize,
    /// The section within `sql`, in bytes.
    pub(super) section: Range<usize>,
    /// Which statements are conditions, counted from the message's first.
    pub(super) guards: Vec<(usize, Guard)>,
}

/// A condition that a message begins with: where it does not hold, nothing of the message is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nobody else has the lock, so the transaction has it from now on.
    Free,
    /// The lock is ours, or the lease.
    Ours,
    /// The history is the one that the plan was made from, and nobody else has the lease.
    Version,
}

/// Whether a message is the first of its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    First,
    Later,
}

/// What a batch begins with, besides its first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preparation {
    Nothing,
    /// The history tables are made.
    Tables,
}

impl Preparation {
    pub(super) fn of(batch: &Batch<'_>) -> Self {
        match batch.expected_version {
            None => Self::Tables,
            Some(_) => Self::Nothing,
        }
    }

    pub(super) fn statements(
        self,
        batch: &Batch<'_>,
        locked: &Locked,
        names: &Names,
    ) -> Vec<String> {
        if self == Self::Nothing {
            return Vec::new();
        }
        // To ask for what is there takes the right to make it.
        let tenant = batch.tenant.filter(|_| locked.is_schema_missing);
        tenant.map(create_schema).into_iter().chain(create_statements(names)).collect()
    }
}

/// Makes a tenant's schema. It may be there by now.
pub(super) fn create_schema(tenant: &str) -> String {
    format!("CREATE SCHEMA IF NOT EXISTS {}", quote::name(tenant))
}

/// Lets statements find a tenant's schema alone, up to the end of the transaction.
pub(super) fn search_path_of(tenant: &str) -> String {
    format!("SET LOCAL search_path = {}", quote::name(tenant))
}

/// The same up to the end of the session, for what runs outside of a transaction.
pub(super) fn search_path_of_session(tenant: &str) -> String {
    format!("SET search_path = {}", quote::name(tenant))
}

/// The statements before a section.
#[derive(Default)]
struct Opening {
    statements: Vec<String>,
    guards: Vec<(usize, Guard)>,
}

impl Opening {
    /// Begins a transaction: with the lock, and the history as it is expected to be.
    fn first(batch: &Batch<'_>, locked: &Locked, names: &Names) -> Self {
        let mut opening = Self::default();
        opening.lock(locked);
        let preparation = Preparation::of(batch);
        opening.statements.extend(preparation.statements(batch, locked, names));
        let expected = batch.expected_version.unwrap_or_default();
        let is_expected = format!("{} = {expected}", version_of(names));
        let condition = match &locked.lease {
            Some(_) => is_expected,
            None => format!("{is_expected} AND {}", lease::is_free(names)),
        };
        opening.guard(Guard::Version, &condition);
        opening
    }

    fn lock(&mut self, locked: &Locked) {
        match (&locked.lease, locked.hold) {
            (Some(_), _) => {
                self.statements.push(READ_COMMITTED.to_owned());
                self.is_ours(locked);
            }
            (None, Hold::Session | Hold::Lease) => self.is_ours(locked),
            (None, Hold::Message { mark }) => {
                self.statements.push(READ_COMMITTED.to_owned());
                let take = |key| format!("pg_catalog.pg_try_advisory_xact_lock({key})");
                self.guard(Guard::Free, &format!("{} AND {}", take(locked.key), take(mark)));
            }
        }
    }

    fn is_ours(&mut self, locked: &Locked) {
        self.guards.push((self.statements.len(), Guard::Ours));
        self.statements.push(is_ours(locked));
    }

    /// A division by zero ends the message unless the condition holds.
    fn guard(&mut self, guard: Guard, condition: &str) {
        self.guards.push((self.statements.len(), guard));
        self.statements.push(condition_holds(condition));
    }
}

/// Else what is read behind the lock could be older than the lock.
const READ_COMMITTED: &str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// A query that fails if what keeps others out is not ours any more.
fn is_ours(locked: &Locked) -> String {
    match &locked.lease {
        Some(lease) => lease.guard(),
        None => condition_holds(&lock::is_ours(locked.key)),
    }
}

/// What a message begins with of which nothing is to be done if the lock is not ours any more.
pub(super) fn opening(locked: &Locked) -> Vec<String> {
    let first = locked.lease.as_ref().map(|_| READ_COMMITTED.to_owned());
    first.into_iter().chain([is_ours(locked)]).collect()
}

/// What it ends with.
pub(super) fn ending(locked: &Locked) -> Option<String> {
    locked.lease.as_ref().map(Ours::renewal)
}

/// A query that fails unless the condition holds.
fn condition_holds(condition: &str) -> String {
    format!("SELECT 1 / CASE WHEN {condition} THEN 1 ELSE 0 END")
}

/// The comment that a message begins with where the lease is ours.
pub(super) fn mark(locked: &Locked) -> String {
    locked.lease.as_ref().map(|lease| lease.mark.clone()).unwrap_or_default()
}

/// The message of a step.
///
/// The step's number is a setting that ends with the transaction: a script that commits by itself
/// takes it away, and the row is then refused (its id would be NULL).
pub(super) fn of_step(
    batch: &Batch<'_>,
    locked: &Locked,
    step: &ReadyStep<'_>,
    turn: Turn,
    limits: SessionLimits,
) -> Message {
    let names = Names::of(batch.tables, Some(&locked.schema), quote::name);
    let id = step.revision.id.as_str();
    let mut opening = match turn {
        Turn::First => Opening::first(batch, locked, &names),
        Turn::Later => {
            let mut opening = Opening::default();
            opening.is_ours(locked);
            opening
        }
    };
    let before = &mut opening.statements;
    before.push(remember_settings());
    before.push(format!("SET LOCAL migrate.step = {}", quote::text(id)));
    before.extend(limits.statements(|_| false));
    if let Some(tenant) = batch.tenant {
        before.push(search_path_of(tenant));
    }
    if batch.clears_history && turn == Turn::First {
        before.push(format!("DELETE FROM {}", names.revisions));
    }
    let Opening { statements: before, guards } = opening;
    let count = before.len();
    let mut sql = mark(locked) + &before.join(";\n") + ";\n";
    let start = sql.len();
    sql.push_str(step.section);
    let section = start..sql.len();
    // The newline ends a comment in which the section may end.
    sql.push_str("\n;\n");
    // The books are kept by whoever runs this, whatever role the section has taken on.
    let mut after = vec![is_one_transaction(id), settings_as_remembered()];
    after.extend(books(batch, &names, step));
    after.extend(ending(locked));
    sql.push_str(&after.join(";\n"));
    Message { sql, before: count, section, guards }
}

/// A condition that holds if the section has not ended the transaction by itself. The first
/// statement behind the section, by which it is known.
fn is_one_transaction(id: &str) -> String {
    format!(
        "SELECT 1 / CASE WHEN pg_catalog.current_setting('migrate.step', true) = {} \
         THEN 1 ELSE 0 END",
        quote::text(id)
    )
}

/// The row and the log line.
fn books(batch: &Batch<'_>, names: &Names, step: &ReadyStep<'_>) -> [String; 2] {
    let id = quote::text(step.revision.id.as_str());
    let guarded = format!(
        "(SELECT id FROM (VALUES ({id})) AS step (id) \
         WHERE pg_catalog.current_setting('migrate.step', true) = {id})"
    );
    let row = match step.direction {
        Direction::Up => {
            let columns = step.row.columns(batch, Value::Elapsed);
            let insert = insert(&names.revisions, &columns, quote::value);
            // The id is the first value.
            insert.replacen(&format!("VALUES ({id}"), &format!("VALUES ({guarded}"), 1)
        }
        Direction::Down => format!(
            "WITH gone AS (DELETE FROM {} WHERE id = {guarded} RETURNING 1) \
             SELECT 1 / count(*) FROM gone",
            names.revisions
        ),
    };
    let line = LogLine {
        action: step.action,
        revision: step.revision.id.as_str(),
        outcome: "ok",
        error_code: None,
        duration: Value::Elapsed,
    };
    [row, log_with_version(names, batch.run, &line)]
}

/// What a script may leave changed. A `pg_dump` preamble empties the `search_path`, and a script may
/// take on another role.
const SETTINGS: [&str; 4] = ["search_path", "role", "lock_timeout", "statement_timeout"];

/// Remembers how the session is found, up to the end of the transaction: behind a pooler the next
/// message may have another one.
fn remember_settings() -> String {
    let one = |name| {
        format!(
            "pg_catalog.set_config('migrate.{name}', pg_catalog.current_setting('{name}'), true)"
        )
    };
    format!("SELECT {}", SETTINGS.map(one).join(", "))
}

/// Leaves the session as it was found.
fn settings_as_remembered() -> String {
    let one = |name| {
        format!(
            "pg_catalog.set_config('{name}', pg_catalog.current_setting('migrate.{name}'), false)"
        )
    };
    format!("SELECT {}", SETTINGS.map(one).join(", "))
}

/// The same for what runs outside of a transaction, from what was found when the lock was taken.
pub(super) fn left_as_found(locked: &Locked) -> String {
    let found =
        [&locked.search_path, &locked.role, &locked.lock_timeout, &locked.statement_timeout];
    let set = SETTINGS.iter().zip(found).map(|(name, value)| {
        format!("pg_catalog.set_config('{name}', {}, false)", quote::text(value))
    });
    format!("SELECT {}", set.collect::<Vec<_>>().join(", "))
}

/// A message that only forgets all that is recorded: `stamp base --purge`.
pub(super) fn of_clearing(batch: &Batch<'_>, locked: &Locked) -> Message {
    let names = Names::of(batch.tables, Some(&locked.schema), quote::name);
    let line = LogLine {
        action: Action::Stamp,
        revision: "base",
        outcome: "ok",
        error_code: None,
        duration: Value::Elapsed,
    };
    let Opening { mut statements, guards } = Opening::first(batch, locked, &names);
    statements.push(format!("DELETE FROM {}", names.revisions));
    let before = statements.len();
    statements.push(log_with_version(&names, batch.run, &line));
    Message { sql: mark(locked) + &statements.join(";\n"), before, section: 0..0, guards }
}
