//! The stable code of each error, and the way out of it.

use std::io;

use super::ErrorKind;
use crate::dialect::{self, database_fault};
use crate::registry::SourceError;

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

const POOLER: &str = "behind a pooler that changes sessions: `lock = \"transaction\"` in \
     [package.metadata.migrate], or Migrator::lock; or connect to the server itself";

const CERTIFICATE: &str = "if the server is yours, name the certificate of the authority that \
     signed the server's: sslrootcert=/path/to/ca.pem in the URL; sslmode=require encrypts without \
     checking";

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
            Self::LockLost | Self::LockLeft { .. } | Self::LeaseLost => "lock.lost",
            Self::Unreachable { .. } => "database.unreachable",
            Self::NoAnswer { last, .. } => last.code(),
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
            Self::LeaseLost => {
                Some("what is recorded as done stays done; go on: cargo migrate up".to_owned())
            }
            Self::NoAnswer { last, .. } => last.hint(),
            Self::LockLost => Some(POOLER.to_owned()),
            Self::LockLeft { process } => Some(format!(
                "{POOLER}\nuntil that process ends, every run waits for it; to end it, and what a \
                 client of the pooler does with it: SELECT pg_terminate_backend({process});"
            )),
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
            Self::Usage { code: "config.lock", .. } => Some(
                "connect to the server itself, with `lock = \"session\"` in \
                 [package.metadata.migrate]; on MySQL and MariaDB also `lock = \"lease\"`"
                    .to_owned(),
            ),
            Self::Usage { code: "integrity.partial", .. } => Some(
                "put back what is done of it: cargo migrate restore; correct the rest, then: \
                 cargo migrate resume"
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
