//! Everything that can go wrong in a run, and the report of what went right before.

use std::fmt;
use std::time::Duration;

use migrate_model::revision::{Direction, FileError, RevisionId};
use migrate_model::{Checksum, GraphError, Position};

use crate::dialect::database_fault;
use crate::registry::SourceError;
use crate::report::Report;

/// Why a run did not do all it was asked, and what it had done by then.
///
/// Its `Debug` output is what `main` prints when it returns the error: code, message and the way
/// out.
pub struct Error {
    kind: Box<ErrorKind>,
    report: Report,
}

impl Error {
    pub(crate) fn with_report(mut self, report: Report) -> Self {
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
            ErrorKind::Failed(failure) => !failure.rolled_back.is_empty(),
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
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The graph, or a name on it.
    #[error(transparent)]
    Graph(#[from] GraphError),
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
    /// A revision that is applied in part.
    #[error("revision {id} is applied only in part")]
    Partial {
        /// The revision.
        id: String,
    },
    /// A revision that can't be taken down.
    #[error("revision {id} can't be taken down: {file} has no `down` section")]
    Irreversible {
        /// The revision.
        id: RevisionId,
        /// Its file.
        file: String,
    },
    /// A statement of a revision failed.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// Another writer held the database until the deadline.
    #[error("another writer kept the database locked for {}", humantime::format_duration(round(*.waited)))]
    LockTimeout {
        /// How long this run waited.
        waited: Duration,
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
    /// Somebody asked the run to stop; the revision that was running is rolled back.
    #[error("interrupted; the revision that was running is rolled back")]
    Interrupted,
    /// A call that can't be carried out.
    #[error("{message}")]
    Usage {
        /// Why not.
        message: String,
        /// The stable code.
        code: &'static str,
    },
}

/// The way out of an error that is the database's.
fn way_out(code: &str) -> Option<String> {
    let way = match code {
        "database.unreachable" => {
            "check the URL: the file must be a database, and its folder exist"
        }
        "database.permission" => "the file, its folder, or the URL's mode allows no writing",
        "database.full" => "make room on the disk, then run it again",
        _ => return None,
    };
    Some(way.to_owned())
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

/// An applied revision whose text was changed since. The texts are there by method only: they
/// don't belong in logs.
#[derive(Clone)]
pub struct EditedRevision {
    /// The revision.
    pub id: RevisionId,
    /// What it does.
    pub message: String,
    /// Its file.
    pub file: String,
    /// When it was applied: RFC 3339, UTC.
    pub applied_at: String,
    /// The checksum of what was applied.
    pub applied: String,
    /// The checksum of what is at hand.
    pub at_hand: Checksum,
    /// Where the first line that differs begins, in the text at hand; `None` where the applied
    /// text was not stored.
    pub first_difference: Option<Position>,
    pub(crate) applied_source: Option<String>,
    pub(crate) source_at_hand: Option<String>,
}

impl EditedRevision {
    /// The text as it was applied, if the history has it.
    pub fn applied_source(&self) -> Option<&str> {
        self.applied_source.as_deref()
    }

    /// The text at hand.
    pub fn source_at_hand(&self) -> Option<&str> {
        self.source_at_hand.as_deref()
    }
}

impl fmt::Debug for EditedRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EditedRevision")
            .field("id", &self.id)
            .field("applied", &self.applied)
            .field("at_hand", &self.at_hand)
            .field("first_difference", &self.first_difference)
            .finish_non_exhaustive()
    }
}

fn edited_text(revisions: &[EditedRevision]) -> String {
    let one = |edited: &EditedRevision| {
        let line = edited.first_difference;
        let line = line.map(|at| format!(", first at line {}", at.line)).unwrap_or_default();
        let EditedRevision { id, message, applied_at, .. } = edited;
        format!("{id} {message} was edited after it was applied here ({applied_at}){line}")
    };
    revisions.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// An applied revision that is not among those at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRevision {
    /// Its id.
    pub id: String,
    /// What it does.
    pub message: String,
    /// When it was applied: RFC 3339, UTC.
    pub applied_at: String,
}

fn unknown_text(revisions: &[UnknownRevision]) -> String {
    let one = |unknown: &UnknownRevision| {
        let UnknownRevision { id, message, applied_at } = unknown;
        format!("{id} {message} is applied here (since {applied_at}) and unknown to this version")
    };
    revisions.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A statement that failed, and where it stands. Its text is not in the `Debug` output.
pub struct Failure {
    /// The revision.
    pub id: RevisionId,
    /// Which way it went.
    pub direction: Direction,
    /// Its file.
    pub file: String,
    /// Where the statement begins in the file; `None` if the failure was in our own bookkeeping
    /// or in the commit.
    pub position: Option<Position>,
    /// The statement.
    pub statement: Option<String>,
    /// The driver's error.
    pub source: sqlx::Error,
    /// The revisions that were rolled back with it; empty if that could not be confirmed.
    pub rolled_back: Vec<RevisionId>,
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
        write!(f, ": {}", message(&self.source))
    }
}

impl ErrorKind {
    /// The stable code, `area.name`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Graph(error) => error.code(),
            Self::File(error) => error.problem.code(),
            Self::Source(_) => "artifact.source",
            Self::Edited(_) => "integrity.edited",
            Self::Unknown(_) => "integrity.unknown",
            Self::Partial { .. } => "integrity.partial",
            Self::Irreversible { .. } => "revision.irreversible",
            Self::Failed(failure) if failure.rolled_back.is_empty() => "revision.undecided",
            Self::Failed(failure) => database_fault(&failure.source).unwrap_or("revision.failed"),
            Self::LockTimeout { .. } => "lock.timeout",
            Self::HistoryVersion { .. } => "history.version",
            Self::Interrupted => "revision.interrupted",
            Self::Database { source, .. } => database_fault(source).unwrap_or("database.error"),
            Self::Usage { code, .. } => code,
        }
    }

    /// The way out, where the message alone doesn't say it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Graph(error) => error.hint(),
            Self::File(error) => error.problem.hint(),
            Self::Source(_) => Some("build the binary anew".to_owned()),
            Self::Edited(_) => Some(
                "put the text back as it was applied and add the change as a new revision"
                    .to_owned(),
            ),
            Self::Unknown(_) => Some("use the version that knows them, or a newer one".to_owned()),
            Self::Irreversible { .. } => {
                Some("write a new revision that changes forward instead".to_owned())
            }
            Self::LockTimeout { .. } => {
                Some("find the other writer, or wait longer: --lock-timeout 5m".to_owned())
            }
            Self::HistoryVersion { .. } => {
                Some("update cargo-migrate and migrate-runtime".to_owned())
            }
            Self::Interrupted => Some("go on: cargo migrate up".to_owned()),
            Self::Failed(failure) => way_out(database_fault(&failure.source)?),
            Self::Database { source, .. } => way_out(database_fault(source)?),
            Self::Partial { .. } | Self::Usage { .. } => None,
        }
    }
}
