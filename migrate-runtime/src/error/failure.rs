//! A statement that failed, or of which nobody knows whether it took effect, and its place.

use std::fmt;
use std::time::Duration;

use migrate_model::Position;
use migrate_model::revision::{Direction, RevisionId};

use super::message;
use crate::dialect::notes;

/// What stands for the file's name where a revision was taken down from what the database has
/// stored of it, and its file is not at hand.
///
/// ```
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             -- migrate:down\nSELECT y FROM z;\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let newer = Migrator::new(Registry::from_files(vec![file], shop.clone())?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// # newer.run(&pool).await?;
/// # let older = Migrator::new(Registry::from_files(Vec::new(), shop)?.into());
/// let error = older.down(&pool, "base").await.unwrap_err();
/// let place = format!("{}:1:1", migrate_runtime::STORED_DOWN);
/// assert_eq!(error.to_string(), format!("revision a1 failed at {place}: no such table: z"));
/// # Ok(())
/// # }
/// ```
pub const STORED_DOWN: &str = "down section stored in the database";

/// A statement that failed, and where it stands. Its text is not in the `Debug` output.
///
/// ```
/// use migrate_runtime::{ErrorKind, Position};
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             SELEC 1;\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let error = migrator.run(&pool).await.unwrap_err();
/// let ErrorKind::Failed(failure) = error.kind() else { panic!("{error}") };
/// assert_eq!(failure.position, Some(Position { line: 6, column: 1 }));
/// assert_eq!(failure.statement.as_deref(), Some("SELEC 1"));
/// assert_eq!(failure.rolled_back, [failure.id.clone()]);
/// assert_eq!(failure.reason(), "near \"SELEC\": syntax error");
/// # Ok(())
/// # }
/// ```
pub struct Failure {
    /// The revision.
    pub id: RevisionId,
    /// Which way it went.
    pub direction: Direction,
    /// Its file, or [`STORED_DOWN`].
    pub file: String,
    /// Where the statement begins in the file; `None` if the failure was in our own bookkeeping
    /// or in the commit.
    pub position: Option<Position>,
    /// The statement.
    pub statement: Option<String>,
    /// The driver's error.
    pub source: sqlx::Error,
    /// The limit of a statement's time, if the statement was ended because it ran longer.
    pub time_limit: Option<Duration>,
    /// The statement that gives the right that was missing, if that is why it failed, and the
    /// database told which.
    pub grant: Option<String>,
    /// The revisions that were rolled back with it; empty if that could not be confirmed.
    pub rolled_back: Vec<RevisionId>,
    /// What stays of a revision whose statements run outside of a transaction. The statement that
    /// failed has no effect.
    pub part_way: Option<PartWay>,
}

/// How far a revision is whose statements run outside of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartWay {
    /// How many statements are done.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

impl Failure {
    /// Whether nobody knows what is left of the revision.
    pub(super) fn is_uncertain(&self) -> bool {
        self.rolled_back.is_empty() && self.part_way.is_none()
    }

    /// What the server says beyond that, a line each: detail, hint, and where in a function it
    /// happened. None on SQLite.
    pub fn notes(&self) -> Vec<String> {
        notes(&self.source)
    }

    /// Why it failed: what the database said, or that the statement ran too long.
    pub fn reason(&self) -> String {
        match self.time_limit {
            Some(limit) => {
                let limit = humantime::format_duration(limit);
                format!("the statement ran longer than {limit}, the limit of its time")
            }
            None => message(&self.source),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("id", &self.id)
            .field("file", &self.file)
            .field("position", &self.position)
            .field("source", &self.source)
            .field("rolled_back", &self.rolled_back)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revision {} failed", self.id)?;
        if let Some(position) = self.position {
            write!(f, " at {}:{position}", self.file)?;
        }
        write!(f, ": {}", self.reason())
    }
}

/// A statement of which nobody knows whether it took effect: a run broke off while it was running,
/// and it doesn't show in the schema. Its text is not in the `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The revision.
    pub id: RevisionId,
    /// Which way it went.
    pub direction: Direction,
    /// Its file.
    pub file: String,
    /// Where the statement begins in the file, if it's still there.
    pub position: Option<Position>,
    /// The statement.
    pub statement: Option<String>,
    /// Which statement it is, from 1.
    pub number: usize,
    /// How many there are.
    pub total: usize,
}

impl Undecided {
    pub(super) fn ways_out(&self) -> String {
        let id = &self.id;
        format!(
            "look whether it did, then\nit did, go on behind it:    cargo migrate resume {id} --done\n\
             it did not, run it again:   cargo migrate resume {id} --again"
        )
    }
}

impl fmt::Debug for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undecided")
            .field("id", &self.id)
            .field("file", &self.file)
            .field("position", &self.position)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, number, total, .. } = self;
        write!(
            f,
            "a run of {id} broke off in statement {number} of {total}, and nobody knows whether \
             that took effect"
        )
    }
}
