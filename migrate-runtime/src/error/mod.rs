//! Everything that can go wrong in a run, and the report of what went right before.

mod applied;
mod failure;
mod hint;

use std::fmt;
use std::time::Duration;

use migrate_model::TargetError;
use migrate_model::revision::{FileError, RevisionId};

pub use self::applied::{EditedRevision, UnknownRevision};
use self::applied::{edited_text, unknown_text};
pub use self::failure::{Failure, PartWay, STORED_DOWN, Undecided};
use crate::dialect::database_fault;
use crate::registry::SourceError;
use crate::report::Report;
use crate::status::PartialRevision;

/// Why a run did not do all it was asked, and what it had done by then.
///
/// Its `Debug` output is what `main` prints when it returns the error: code, message and the way
/// out.
///
/// ```
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let read = |text: &str| migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes());
/// # let a1 = read("-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?;
/// # let b2 = read("-- y\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\nSELECT y FROM z;")?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![a1, b2], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// // the second of two revisions fails
/// let error = migrator.run(&pool).await.unwrap_err();
/// assert_eq!(error.to_string(), "revision b2 failed at a.sql:6:1: no such table: z");
/// assert_eq!(error.code(), error.kind().code());
/// assert_eq!(error.hint(), None);
/// assert_eq!(error.report().ids(), ["a1"]);
/// assert!(error.is_connection_usable());
/// # Ok(())
/// # }
/// ```
pub struct Error {
    kind: Box<ErrorKind>,
    report: Report,
}

impl Error {
    /// The same error, with another report: for those who make several runs one.
    #[must_use]
    pub fn with_report(mut self, report: Report) -> Self {
        self.report = report;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The steps that were done, and stay done.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The stable code, `area.name`.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Whether a connection that was lent to the run is in order: outside of a transaction, and
    /// fit for further use. One that isn't must be closed; one of a pool has been.
    pub fn is_connection_usable(&self) -> bool {
        match &*self.kind {
            ErrorKind::Failed(failure) => !failure.is_uncertain(),
            ErrorKind::Database { source, .. } => database_fault(source) != Some("database.lost"),
            _ => true,
        }
    }

    /// The way out, where the message alone doesn't say it.
    pub fn hint(&self) -> Option<String> {
        self.kind.hint()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.code())?;
        match self.hint() {
            Some(hint) => write!(f, "\nhelp: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.kind, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.kind)
    }
}

impl<T: Into<ErrorKind>> From<T> for Error {
    fn from(kind: T) -> Self {
        Self { kind: Box::new(kind.into()), report: Report::default() }
    }
}

/// What can go wrong.
///
/// ```
/// use migrate_runtime::ErrorKind;
/// # use std::sync::{Arc, atomic::AtomicBool};
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let stop = Arc::new(AtomicBool::new(true)); // what a signal handler would do
/// match migrator.stop_when(stop).run(&pool).await {
///     Ok(report) => panic!("{} revisions applied", report.steps.len()),
///     Err(error) => assert!(matches!(error.kind(), ErrorKind::Interrupted)),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The graph, or a name on it.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A fault in a revision's text, found before anything was sent.
    #[error(transparent)]
    File(#[from] FileError),
    /// A registered text that can't be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Applied revisions whose text is no longer what was applied. Never empty.
    #[error("{}", edited_text(.0))]
    Edited(Vec<EditedRevision>),
    /// Applied revisions that are not among those at hand: the database is newer. Never empty.
    #[error("{}", unknown_text(.0))]
    Unknown(Vec<UnknownRevision>),
    /// A revision that is applied in part, and with which this run can't go on.
    #[error("{0}")]
    Partial(Box<PartialRevision>),
    /// A statement of an earlier run, outside of a transaction, of which nobody knows whether it
    /// took effect.
    #[error("{0}")]
    Undecided(Box<Undecided>),
    /// A revision that can't be taken down.
    #[error("revision {id} can't be taken down: {file} has no `down` section")]
    Irreversible {
        /// The revision.
        id: RevisionId,
        /// Its file.
        file: String,
    },
    /// A revision that can't be taken down, because neither its file nor its `down` section is
    /// there.
    #[error(
        "revision {id} can't be taken down: it has no file here, and the database has stored no \
         `down` section of it"
    )]
    NothingStored {
        /// The revision.
        id: RevisionId,
    },
    /// A statement of a revision failed.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// Another writer held the database until the deadline.
    #[error(
        "another writer kept the database locked for {}{}",
        humantime::format_duration(round(*.waited)),
        .holder.as_ref().map(|holder| format!(": {holder}")).unwrap_or_default()
    )]
    LockTimeout {
        /// How long this run waited.
        waited: Duration,
        /// Who has it, where the database tells.
        holder: Option<String>,
    },
    /// No connection could be made.
    #[error("the database can't be reached: {error}")]
    Unreachable {
        /// What the system said.
        error: std::io::Error,
    },
    /// It was waited for the database, and it did not answer as long as that.
    #[error(
        "the database did not answer within {}: {last}",
        humantime::format_duration(round(*.waited))
    )]
    NoAnswer {
        /// How long this run waited.
        waited: Duration,
        /// What the last try ended with.
        last: Box<ErrorKind>,
    },
    /// The lock was not ours any more when a revision was to begin.
    #[error("the lock was lost: another session answers for this connection now")]
    LockLost,
    /// Another run has taken the lease over, which was not renewed in time. Nothing was done after
    /// that.
    #[error("the lease was lost: another run has taken it over")]
    LeaseLost,
    /// The same, and it could not be given back: the server's process has it as long as it lives.
    #[error(
        "the lock was lost: another session answers for this connection now, and process {process} \
         of the server keeps the lock"
    )]
    LockLeft {
        /// The process, as `pg_stat_activity` has it.
        process: i32,
    },
    /// The history tables were written by a newer version.
    #[error("the history tables have format {found}, this version knows {known}")]
    HistoryVersion {
        /// Their format.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// The database, outside of a revision's own statements.
    #[error("{doing} failed: {}", message(.source))]
    Database {
        /// What was being done.
        doing: String,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// A right is missing, outside of a revision's own statements.
    #[error("{doing} failed: {}", message(.source))]
    Permission {
        /// What was being done.
        doing: String,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
        /// The statement that gives the right, for somebody who may.
        grant: String,
    },
    /// Somebody asked the run to stop; what was running of a revision is rolled back.
    #[error("interrupted; no revision is left half-way")]
    Interrupted,
    /// Somebody asked the run to stop while a revision was running outside of a transaction.
    #[error("interrupted; {} of {} statements of {id} are done", .part_way.done, .part_way.total)]
    Stopped {
        /// The revision.
        id: RevisionId,
        /// How far it is.
        part_way: PartWay,
    },
    /// A call that can't be carried out.
    #[error("{message}")]
    Usage {
        /// Why not.
        message: String,
        /// The stable code.
        code: &'static str,
    },
}

fn round(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// What the database said, without sqlx's own addition (for PostgreSQL that is a line of the
/// server's source code).
pub(crate) fn message(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}
