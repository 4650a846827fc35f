//! What is written to the history tables, as names and values; each dialect has its own SQL for it.

use std::time::Duration;

use super::{NewRow, RowState};
use crate::dialect::{Batch, LogLine};
use crate::identity::RunIdentity;

/// The value of a column, before a dialect binds it or writes it as a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    /// The time at which the row is written.
    Now,
    /// How long the message has been running that writes the row, in milliseconds.
    Elapsed,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Self {
        Self::Integer(Some(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// Columns and their values.
pub(crate) type Columns = Vec<(&'static str, Value)>;

impl NewRow<'_> {
    /// What comes from the revision's file: all that `accept` replaces.
    pub(crate) fn file_columns(&self) -> Columns {
        vec![
            ("revises", self.revises.as_str().into()),
            ("depends_on", self.depends_on.as_str().into()),
            ("labels", self.labels.as_str().into()),
            ("message", self.message.into()),
            ("file", self.file.into()),
            ("created", self.created.into()),
            ("kind", self.kind.name().into()),
            ("checksum", self.checksum.as_str().into()),
            ("source", self.source.into()),
            ("down_source", self.down_source.into()),
            ("down_transaction", i64::from(self.down_transaction).into()),
        ]
    }

    /// All columns of a row that is inserted now, but for `seq`, which the database counts.
    pub(crate) fn columns(&self, batch: &Batch<'_>, duration: impl Into<Value>) -> Columns {
        let Batch { run, crate_info, registry_digest, .. } = batch;
        let git = run.git();
        let mut columns = vec![("id", self.id.as_str().into())];
        columns.extend(self.file_columns());
        columns.extend([
            ("state", RowState::Applied.name().into()),
            ("origin", self.origin.name().into()),
            ("done", self.statements.into()),
            ("total", self.statements.into()),
            ("done_hash", Value::Text(None)),
            ("run_id", run.run_id.as_str().into()),
            ("applied_at", Value::Now),
            ("applied_by", run.by.as_deref().into()),
            ("host", run.host.as_deref().into()),
            ("duration_ms", duration.into()),
            ("tool_version", env!("CARGO_PKG_VERSION").into()),
            ("crate_name", crate_info.name.as_str().into()),
            ("crate_version", crate_info.version.as_str().into()),
            ("git_commit", git.map(|git| git.commit.as_str()).into()),
            ("git_dirty", Value::Integer(git.map(|git| git.dirty.into()))),
            ("registry_digest", registry_digest.to_string().as_str().into()),
        ]);
        columns
    }
}

impl LogLine<'_> {
    /// All columns of the line, but for `seq`, which the database counts.
    pub(crate) fn columns(&self, run: &RunIdentity) -> Columns {
        vec![
            ("run_id", run.run_id.as_str().into()),
            ("at", Value::Now),
            ("by", run.by.as_deref().into()),
            ("host", run.host.as_deref().into()),
            ("action", self.action.name().into()),
            ("revision", self.revision.into()),
            ("outcome", self.outcome.into()),
            ("error_code", self.error_code.into()),
            ("duration_ms", self.duration.clone()),
        ]
    }
}

/// An INSERT whose values are written by `value`: as placeholders, or as literals.
pub(crate) fn insert(table: &str, columns: &Columns, value: impl Fn(&Value) -> String) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = columns.iter().map(|(_, column)| value(column)).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}
