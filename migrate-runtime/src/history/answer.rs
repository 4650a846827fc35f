//! The answer to the one query that tells all of a database: a row of three texts, the format, the
//! version and the rows. A thousand rows would be a thousand wake-ups of ours.

use super::journal::Journal;
use super::{AppliedRevision, Detail, FORMAT, History, RowState};
use crate::error::ErrorKind;

/// Between the rows, and between the columns of a row: characters that ASCII has for just this.
pub(crate) const ROW: char = '\x1E';
pub(crate) const COLUMN: char = '\x1F';

/// How many columns are read.
pub(crate) const COLUMNS: usize = 11;

/// The columns of a row, in the order in which they are read. `message` is the dialect's expression
/// for a message without row separators: free text could hold one; being last, it may hold the
/// other.
pub(crate) fn answer_columns(detail: Detail, message: &'static str) -> [&'static str; COLUMNS] {
    let [done, total, done_hash, applied_at, file, message] = match detail {
        Detail::Plan => ["0", "0", "''", "''", "''", "''"],
        // No file's name has control characters.
        Detail::All => ["done", "total", "coalesce(done_hash, '')", "applied_at", "file", message],
    };
    ["seq", "id", "revises", "checksum", "state", done, total, done_hash, applied_at, file, message]
}

/// Tables of a newer format than ours are not read.
pub(crate) fn refuse_newer(format: Option<&str>) -> Result<(), ErrorKind> {
    match format.map(str::parse) {
        Some(Ok(found)) if found > FORMAT => {
            Err(ErrorKind::HistoryVersion { found, known: FORMAT })
        }
        Some(Err(_)) => Err(reading(malformed("the format is no number"))),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// An error of the database while the history was read.
pub(crate) fn reading(source: sqlx::Error) -> ErrorKind {
    ErrorKind::Database { doing: "reading the history".to_owned(), source }
}

fn malformed(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

impl History {
    /// The history of a version and the text of its rows.
    pub(crate) fn parse(version: i64, text: &str) -> Result<Self, ErrorKind> {
        let rows = text.split(ROW).filter(|row| !row.is_empty());
        let rows = rows.map(applied_revision).collect::<Option<Vec<_>>>();
        let mut rows =
            rows.ok_or_else(|| reading(malformed("a row of the history is malformed")))?;
        rows.sort_unstable_by_key(|row| row.seq);
        Ok(Self { rows, version: Some(version) })
    }
}

fn applied_revision(row: &str) -> Option<AppliedRevision> {
    let fields: Vec<&str> = row.splitn(COLUMNS, COLUMN).collect();
    let [seq, id, revises, checksum, state, done, total, done_hash, applied_at, file, message] =
        fields[..]
    else {
        return None;
    };
    Some(AppliedRevision {
        seq: seq.parse().ok()?,
        id: id.to_owned(),
        revises: revises.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        checksum: checksum.to_owned(),
        state: RowState::from_name(state),
        message: message.to_owned(),
        file: file.to_owned(),
        applied_at: applied_at.to_owned(),
        journal: Journal::parse(done, total, done_hash)?,
    })
}
