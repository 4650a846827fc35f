//! Everything that can go wrong in a run, and the report of what went right before.

use std::time::Duration;
use std::{fmt, io};

use migrate_model::revision::{Direction, FileError, RevisionId};
use migrate_model::{Checksum, Position, TargetError};

use crate::dialect::{self, database_fault, notes};
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
    /// The lock was not ours any more when a revision was to begin.
    #[error("the lock was lost: another session answers for this connection now")]
    LockLost,
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
    /// Somebody asked the run to stop; the revision that was running is rolled back.
    #[error("interrupted; the revision that was running is rolled back")]
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

/// The way out of an error that is the database's.
fn way_out(error: &sqlx::Error) -> Option<String> {
    if let Some(way) = dialect::way_out(error) {
        return Some(way.to_owned());
    }
    let way = match database_fault(error)? {
        "database.unreachable" => {
            "check the URL: the file must be a database, and its folder exist"
        }
        "database.permission" => "the file, its folder, or the URL's mode allows no writing",
        "database.full" => "make room on the disk, then run it again",
        _ => return None,
    };
    Some(way.to_owned())
}

/// The statement that gives a right is not for who lacks it.
fn who_may(grant: &str) -> String {
    format!("somebody who may has to run: {grant}")
}

const CERTIFICATE: &str = "if the server is yours, name the certificate of the authority that \
     signed the server's: sslrootcert=/path/to/ca.pem in the URL; sslmode=require encrypts without \
     checking";

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
///
/// ```
/// use migrate_runtime::ErrorKind;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let migrator = |text: &str| -> Result<Migrator, Box<dyn std::error::Error>> {
/// #     let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// #     let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// #     Ok(Migrator::new(Registry::from_files(vec![file], shop)?.into()))
/// # };
/// # let text = "-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\nCREATE TABLE x (y);";
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// # migrator(text)?.run(&pool).await?;
/// # let migrator = migrator(&text.replace("(y)", "(y, z)"))?;
/// let error = migrator.run(&pool).await.unwrap_err();
/// let ErrorKind::Edited(edited) = error.kind() else { panic!("{error}") };
/// assert!(edited[0].applied_source().is_some_and(|text| text.contains("x (y)")));
/// assert!(edited[0].source_at_hand().is_some_and(|text| text.contains("x (y, z)")));
///
/// assert_eq!(migrator.verify(&pool).await?[0].code, "integrity.edited");
/// let accepted = migrator.accept(&pool, "a1").await?.expect("it was edited");
/// assert_eq!(accepted.to, edited[0].at_hand);
/// # Ok(())
/// # }
/// ```
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
///
/// ```
/// use migrate_runtime::ErrorKind;
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
/// # let shop = CrateInfo::new("shop-migrations", "0.0.9");
/// # let older = Migrator::new(Registry::from_files(Vec::new(), shop)?.into());
///
/// // the migrator of an older version, which has no such revision
/// let error = older.run(&pool).await.unwrap_err();
/// let ErrorKind::Unknown(unknown) = error.kind() else { panic!("{error}") };
/// assert_eq!((unknown[0].id.as_str(), unknown[0].message.as_str()), ("a1", "add x"));
///
/// // all that is recorded is forgotten, the tables stay
/// older.stamp_anew(&pool, &["base"]).await?;
/// assert!(older.current(&pool).await?.is_empty());
/// # Ok(())
/// # }
/// ```
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
    fn is_uncertain(&self) -> bool {
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
    fn ways_out(&self) -> String {
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

impl ErrorKind {
    /// The stable code, `area.name`.
    ///
    /// ```
    /// assert_eq!(migrate_runtime::ErrorKind::Interrupted.code(), "revision.interrupted");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Self::Target(error) => error.code(),
            Self::File(error) => error.problem.code(),
            Self::Source(SourceError::Changed { .. }) => "project.changed",
            Self::Source(SourceError::Unreadable { .. }) => "project.io",
            Self::Source(SourceError::Absent { .. } | SourceError::Corrupt { .. }) => {
                "artifact.source"
            }
            Self::Edited(_) => "integrity.edited",
            Self::Unknown(_) | Self::NothingStored { .. } => "integrity.unknown",
            Self::Partial(_) => "integrity.partial",
            Self::Undecided(_) => "revision.undecided",
            Self::Irreversible { .. } => "revision.irreversible",
            Self::Failed(failure) if failure.is_uncertain() => "revision.undecided",
            Self::Failed(failure) => database_fault(&failure.source).unwrap_or("revision.failed"),
            Self::LockTimeout { .. } => "lock.timeout",
            Self::LockLost => "lock.lost",
            Self::Unreachable { .. } => "database.unreachable",
            Self::HistoryVersion { .. } => "history.version",
            Self::Interrupted | Self::Stopped { .. } => "revision.interrupted",
            Self::Database { source, .. } => database_fault(source).unwrap_or("database.error"),
            Self::Permission { .. } => "database.permission",
            Self::Usage { code, .. } => code,
        }
    }

    /// The way out, where the message alone doesn't say it.
    ///
    /// ```
    /// let hint = migrate_runtime::ErrorKind::Interrupted.hint();
    /// assert_eq!(hint.as_deref(), Some("go on: cargo migrate up"));
    /// ```
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Target(error) => error.hint(),
            Self::File(error) => error.problem.hint(),
            Self::Source(SourceError::Changed { .. }) => Some("run the command again".to_owned()),
            Self::Source(SourceError::Absent { .. } | SourceError::Corrupt { .. }) => {
                Some("build the binary anew".to_owned())
            }
            Self::Edited(_) => Some(
                "put the text back as it was applied and add the change as a new revision"
                    .to_owned(),
            ),
            Self::Unknown(_) => Some(
                "use the version that knows them, or a newer one; an application can choose \
                 otherwise: Migrator::on_unknown"
                    .to_owned(),
            ),
            Self::Irreversible { .. } => {
                Some("write a new revision that changes forward instead".to_owned())
            }
            Self::NothingStored { .. } => {
                Some("take it down with the version of the code that has its file".to_owned())
            }
            Self::LockTimeout { .. } => {
                Some("find the other writer, or wait longer: --lock-timeout 5m".to_owned())
            }
            // So rustls tells of a certificate that it doesn't trust.
            Self::Unreachable { error } if error.kind() == io::ErrorKind::InvalidData => {
                Some(CERTIFICATE.to_owned())
            }
            Self::Unreachable { .. } => {
                Some("is the server running? check host and port".to_owned())
            }
            Self::LockLost => Some(
                "behind a pooler that changes sessions, connect to the server itself, or to the \
                 pooler in session mode"
                    .to_owned(),
            ),
            Self::HistoryVersion { .. } => {
                Some("update cargo-migrate and migrate-runtime".to_owned())
            }
            Self::Interrupted | Self::Stopped { .. } => Some("go on: cargo migrate up".to_owned()),
            Self::Failed(failure) if failure.time_limit.is_some() => Some(
                "let it run longer: --statement-timeout 10m, or `statement-timeout` in \
                 [package.metadata.migrate]"
                    .to_owned(),
            ),
            Self::Failed(failure) => match &failure.grant {
                Some(grant) => Some(who_may(grant)),
                None => way_out(&failure.source),
            },
            Self::Permission { grant, .. } => Some(who_may(grant)),
            Self::Database { source, .. } => way_out(source),
            Self::Partial(partial) if partial.goes_on => {
                Some(format!("finish it first: cargo migrate resume {}", partial.id))
            }
            Self::Partial(partial) => Some(format!(
                "see how far it is: cargo migrate status\nfinish it or undo it by hand, then \
                 record what holds: cargo migrate stamp --purge, with {} or without",
                partial.id
            )),
            Self::Undecided(undecided) => Some(undecided.ways_out()),
            Self::Usage { code: "config.database_url", .. } => Some(
                "a URL looks like sqlite:app.db, where mode=ro|rw|rwc, cache=private|shared, \
                 immutable=true and vfs=NAME may follow a `?`, or like \
                 postgres://user:password@host:5432/app, where a `@`, `/`, `#` or `?` of the \
                 password is written %40, %2F, %23 or %3F"
                    .to_owned(),
            ),
            Self::Usage { code: "database.protected", .. } => {
                Some("name your application's database in the URL".to_owned())
            }
            Self::Usage { code: "database.in_use", .. } => {
                Some("end what is connected, then run it again".to_owned())
            }
            Self::Source(SourceError::Unreadable { .. }) | Self::Usage { .. } => None,
        }
    }
}
