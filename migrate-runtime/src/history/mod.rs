//! What a database remembers of its revisions, independent of how each database stores it.

mod answer;
mod columns;
pub(crate) mod journal;
pub(crate) mod lease;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod names;
mod stored;

use migrate_model::RevisionId;
use migrate_model::revision::{Direction, Kind};

#[cfg(feature = "mysql")]
pub(crate) use answer::ROW;
#[cfg(feature = "_sqlite")]
pub(crate) use answer::{COLUMN, COLUMNS};
pub(crate) use answer::{answer_columns, reading, refuse_newer};
#[cfg(any(feature = "_sqlite", feature = "postgres"))]
pub(crate) use columns::insert;
pub(crate) use columns::{Columns, Value};
use journal::Journal;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) use names::Names;
pub(crate) use stored::{COLUMNS as STORED_COLUMNS, StoredRevision};

/// The format of the history tables that this version writes.
pub(crate) const FORMAT: i64 = 1;

/// How far a revision is applied.
///
/// ```
/// use migrate_runtime::RowState;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// migrator.run(&pool).await?;
/// assert_eq!(migrator.status(&pool).await?.applied[0].state, RowState::Applied);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// All of it.
    Applied,
    /// Some statements of `up` have run, outside of a transaction.
    UpPartial,
    /// Some statements of `down` have run, outside of a transaction.
    DownPartial,
}

impl RowState {
    /// Which way a run went that left this state; `None` where nothing is left to do.
    pub(crate) const fn unfinished(self) -> Option<Direction> {
        match self {
            Self::Applied => None,
            Self::UpPartial => Some(Direction::Up),
            Self::DownPartial => Some(Direction::Down),
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::UpPartial => "up_partial",
            Self::DownPartial => "down_partial",
        }
    }

    /// The state of that name; anything unknown is not taken for applied.
    pub(crate) fn from_name(name: &str) -> Self {
        [Self::Applied, Self::DownPartial]
            .into_iter()
            .find(|state| state.name() == name)
            .unwrap_or(Self::UpPartial)
    }
}

/// How a row came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The revision ran.
    Run,
    /// The state was recorded without running anything.
    Stamp,
}

impl Origin {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Stamp => "stamp",
        }
    }
}

/// A row of the history: one applied revision.
///
/// ```
/// use migrate_runtime::AppliedRevision;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// migrator.run(&pool).await?;
/// for AppliedRevision { seq, id, applied_at, .. } in migrator.status(&pool).await?.applied {
///     println!("{seq} {id} {applied_at}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedRevision {
    /// The order of application.
    pub seq: i64,
    /// The revision's id.
    pub id: String,
    /// Its parents.
    pub revises: Vec<String>,
    /// The checksum of the file that was applied.
    pub checksum: String,
    /// How far it is applied.
    pub state: RowState,
    /// What it does.
    pub message: String,
    /// Its file.
    pub file: String,
    /// When it was applied: RFC 3339, UTC.
    pub applied_at: String,
    /// How far it is, where it is applied only in part.
    pub(crate) journal: Journal,
}

/// How much of each row is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What a plan needs; message, file and time are left empty.
    Plan,
    /// All that is shown.
    All,
}

/// All that one query tells of a database.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// The rows in the order of application.
    pub(crate) rows: Vec<AppliedRevision>,
    /// The number of the newest log line: whoever changes the history also appends to the log,
    /// so an equal number means an unchanged history. `None`: there are no tables yet.
    pub(crate) version: Option<i64>,
}

impl History {
    pub(crate) fn row(&self, id: &str) -> Option<&AppliedRevision> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The rows that count as applied: all of which nothing is missing yet.
    pub(crate) fn applied(&self) -> impl Iterator<Item = &AppliedRevision> {
        self.rows.iter().filter(|row| row.state != RowState::UpPartial)
    }

    /// The revision that a run has left half-way.
    pub(crate) fn unfinished(&self) -> Option<&AppliedRevision> {
        self.rows.iter().find(|row| row.state != RowState::Applied)
    }
}

/// The columns of a new row that the database does not know by itself.
#[derive(Debug, Clone)]
pub(crate) struct NewRow<'a> {
    pub(crate) id: &'a RevisionId,
    pub(crate) revises: String,
    pub(crate) depends_on: String,
    pub(crate) labels: String,
    pub(crate) message: &'a str,
    pub(crate) file: &'a str,
    pub(crate) created: Option<&'a str>,
    pub(crate) kind: Kind,
    pub(crate) checksum: String,
    pub(crate) source: Option<&'a str>,
    /// The `down` section for this dialect; `None` for an irreversible revision.
    pub(crate) down_source: Option<&'a str>,
    pub(crate) down_transaction: bool,
    pub(crate) origin: Origin,
    /// How many statements its `up` has.
    pub(crate) statements: i64,
}

/// What a log line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Up,
    Down,
    Stamp,
    Accept,
}

impl Action {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Stamp => "stamp",
            Self::Accept => "accept",
        }
    }
}

impl From<Direction> for Action {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Up => Self::Up,
            Direction::Down => Self::Down,
        }
    }
}
