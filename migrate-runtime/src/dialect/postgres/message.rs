//! One revision as one message: what stands before its statements, they, and its bookkeeping. The
//! server runs all of a message as one transaction, and after an error nothing of it is left.

use std::ops::Range;

use migrate_model::revision::Direction;

use super::connect::Locked;
use super::history::{Names, create_statements, log_statement};
use super::session_limits::SessionLimits;
use super::{lock, quote};
use crate::dialect::{Batch, LogLine, ReadyStep};
use crate::history::{Action, Value, insert};

/// A message, and where in it the section stands.
pub(super) struct Message {
    pub(super) sql: String,
    /// How many statements come before the section's.
    pub(super) before: usize,
    /// The section within `sql`, in bytes.
    pub(super) section: Range<usize>,
}

/// What a batch begins with, besides its first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preparation {
    Nothing,
    /// The history tables are made.
    Tables,
}

impl Preparation {
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

/// The message of a step.
///
/// The step's number is a setting that ends with the transaction: a script that commits by itself
/// takes it away, and the row is then refused (its id would be NULL).
pub(super) fn of_step(
    batch: &Batch<'_>,
    locked: &Locked,
    step: &ReadyStep<'_>,
    preparation: Preparation,
    limits: SessionLimits,
) -> Message {
    let names = Names::of(batch.tables, Some(&locked.schema));
    let id = step.revision.id.as_str();
    let mut before = vec![
        format!("SELECT 1 / CASE WHEN {} THEN 1 ELSE 0 END", lock::is_ours(locked.key)),
        format!("SET LOCAL migrate.step = {}", quote::text(id)),
    ];
    before.extend(limits.statements(|_| false));
    before.extend(preparation.statements(batch, locked, &names));
    if let Some(tenant) = batch.tenant {
        before.push(search_path_of(tenant));
    }
    if batch.clears_history {
        before.push(format!("DELETE FROM {}", names.revisions));
    }
    let count = before.len();
    let mut sql = before.join(";\n") + ";\n";
    let start = sql.len();
    sql.push_str(step.section);
    let section = start..sql.len();
    // The newline ends a comment in which the section may end.
    sql.push_str("\n;\n");
    for statement in books(batch, &names, step) {
        sql.push_str(&statement);
        sql.push_str(";\n");
    }
    sql.push_str(&left_as_found(locked));
    Message { sql, before: count, section }
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
    [row, log_statement(names, batch.run, &line) + " RETURNING seq"]
}

/// A `pg_dump` preamble empties the `search_path`, and a script may take on another role.
pub(super) fn left_as_found(locked: &Locked) -> String {
    let found = [
        ("search_path", &locked.search_path),
        ("role", &locked.role),
        ("lock_timeout", &locked.lock_timeout),
        ("statement_timeout", &locked.statement_timeout),
    ];
    let set = found.map(|(name, value)| {
        format!("pg_catalog.set_config('{name}', {}, false)", quote::text(value))
    });
    format!("SELECT {}", set.join(", "))
}

/// A message that only forgets all that is recorded: `stamp base --purge`.
pub(super) fn of_clearing(batch: &Batch<'_>, locked: &Locked, preparation: Preparation) -> String {
    let names = Names::of(batch.tables, Some(&locked.schema));
    let line = LogLine {
        action: Action::Stamp,
        revision: "base",
        outcome: "ok",
        error_code: None,
        duration: Value::Elapsed,
    };
    let mut statements = preparation.statements(batch, locked, &names);
    statements.push(format!("DELETE FROM {}", names.revisions));
    statements.push(log_statement(&names, batch.run, &line) + " RETURNING seq");
    statements.join(";\n")
}
