//! What a row tells of its revision where no file does: enough to take it down.

use migrate_model::revision::{HeaderLines, Kind};
use migrate_model::{Checksum, Revision};

use super::reading;
use crate::error::ErrorKind;

/// The columns that are read, in their order.
pub(crate) const COLUMNS: [&str; 11] = [
    "id",
    "revises",
    "depends_on",
    "labels",
    "message",
    "file",
    "created",
    "kind",
    "checksum",
    "down_source",
    "down_transaction",
];

/// A revision as the history has it.
#[derive(Debug, Clone)]
pub(crate) struct StoredRevision {
    pub(crate) revision: Revision,
    /// The checksum as the row has it.
    pub(crate) checksum: String,
    /// The section that takes it down; `None` if it has none, or it was not stored.
    pub(crate) down_source: Option<String>,
    pub(crate) down_transaction: bool,
}

impl StoredRevision {
    /// From the texts of [`COLUMNS`], the last of which is a number.
    pub(crate) fn parse(
        texts: [Option<String>; 10],
        down_transaction: i64,
    ) -> Result<Self, ErrorKind> {
        let [id, revises, depends_on, labels, message, file, created, kind, checksum, down_source] =
            texts;
        let checksum = checksum.unwrap_or_default();
        let revision = Revision {
            id: names(id.as_deref())?.pop().ok_or_else(malformed)?,
            revises: names(revises.as_deref())?,
            depends_on: names(depends_on.as_deref())?,
            labels: names(labels.as_deref())?,
            message: message.unwrap_or_default(),
            created,
            file: file.unwrap_or_default(),
            kind: kind.as_deref().and_then(Kind::from_name).ok_or_else(malformed)?,
            // Rows are compared by the text; a kind of checksum that is unknown here is none.
            checksum: checksum.parse().unwrap_or_else(|_| Checksum::of(b"")),
            lines: HeaderLines::default(),
        };
        let down_transaction = down_transaction != 0;
        Ok(Self { revision, checksum, down_source, down_transaction })
    }
}

fn names<T: std::str::FromStr>(joined: Option<&str>) -> Result<Vec<T>, ErrorKind> {
    let names = joined.unwrap_or_default().split(',').filter(|name| !name.is_empty());
    names.map(|name| name.parse().map_err(|_| malformed())).collect()
}

fn malformed() -> ErrorKind {
    reading(sqlx::Error::Decode("a row of the history is malformed".into()))
}
