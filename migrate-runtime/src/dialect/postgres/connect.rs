//! Opening PostgreSQL databases, and what a run must know of its session.

use std::io;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection, Postgres};

use crate::dialect::handle::{self, Handle};
use crate::error::ErrorKind;
use crate::wait::Wait;

use super::cancel::{Backend, Canceller};
use super::error::sqlstate;
use super::lease::Ours;
use super::permission::of_connecting;

/// Where a PostgreSQL connection comes from.
pub(crate) type Source<'c> = handle::Source<'c, Postgres>;

/// A connection, and what holds as long as it is ours.
pub(crate) struct Session<'c> {
    /// `None` once it is given back.
    handle: Option<Handle<'c, Postgres>>,
    /// How to reach the same server again; not known of a borrowed connection.
    pub(super) options: Option<PgConnectOptions>,
    /// What was found when the lock was taken; `Some` as long as it is held, or may be taken by a
    /// message that is on its way.
    pub(super) locked: Option<Locked>,
}

/// How other writers are kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// By an advisory lock of the session, for the whole run.
    Session,
    /// By an advisory lock of each message's transaction, which also has a lock with this key, that nobody else has:
    /// so it's found on the server, whichever session runs it.
    Message { mark: i64 },
    /// By the lease alone, for the whole run.
    Lease,
}

/// What a run with work to do knows of its session.
#[derive(Debug, Clone)]
pub(crate) struct Locked {
    /// The key of the advisory lock.
    pub(super) key: i64,
    pub(super) hold: Hold,
    /// The lease, as long as it's ours: then it is what counts.
    pub(super) lease: Option<Ours>,
    /// The schema of the history tables.
    pub(super) schema: String,
    /// It was not there when the lock was taken.
    pub(super) is_schema_missing: bool,
    /// How the session was found, and is left. Where each message has a session of its own, it
    /// looks itself.
    pub(super) search_path: String,
    pub(super) role: String,
    pub(super) lock_timeout: String,
    pub(super) statement_timeout: String,
    /// The server's process for this session.
    pub(super) pid: i32,
}

impl Locked {
    /// The error of who finds that it's not ours any more.
    pub(super) fn lost(&self) -> ErrorKind {
        match self.lease {
            Some(_) => ErrorKind::LeaseLost,
            None => ErrorKind::LockLost,
        }
    }
}

impl Session<'_> {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        let handle = self.handle.as_mut();
        handle.expect("the handle is taken only by methods that consume the session").connection()
    }

    /// What ends a statement of this session from outside.
    pub(super) fn canceller(&self) -> Canceller {
        let backend = self.locked.as_ref().and_then(|locked| match (&locked.lease, locked.hold) {
            (Some(lease), _) => Some(Backend::SentAs(lease.mark.clone())),
            (None, Hold::Session) => Some(Backend::Process(locked.pid)),
            (None, Hold::Message { mark }) => Some(Backend::HolderOf(mark)),
            (None, Hold::Lease) => None,
        });
        Canceller { options: self.options.clone(), backend }
    }

    /// Gives the connection back. One that still holds the lock is closed, which ends the lock.
    pub(crate) async fn release(mut self) {
        let is_locked = self.locked.take().is_some();
        match self.handle.take() {
            Some(handle) if is_locked => handle.discard().await,
            Some(handle) => handle.release().await,
            None => {}
        }
    }

    pub(crate) async fn discard(mut self) {
        self.locked = None;
        if let Some(handle) = self.handle.take() {
            handle.discard().await;
        }
    }
}

/// A run whose future was dropped can't unlock any more: a pooled connection must not go back with
/// the lock, or nobody could run again. A borrowed one keeps it until its owner closes it.
impl Drop for Session<'_> {
    fn drop(&mut self) {
        if self.locked.is_some()
            && let Some(Handle::Pooled(connection)) = &mut self.handle
        {
            connection.close_on_drop();
        }
    }
}

/// Takes or opens the connection.
pub(crate) async fn open<'c>(source: Source<'c>, wait: Wait<'_>) -> Result<Session<'c>, ErrorKind> {
    let (handle, options) = match source {
        Source::Connection(connection) => (Handle::Borrowed(connection), None),
        Source::Pool(pool) => {
            let options = (*pool.connect_options()).clone();
            let connection = wait.until(|| handle::acquire(pool), passes).await;
            let connection = connection.map_err(|error| of_connecting(error, &options))?;
            (Handle::Pooled(connection), Some(options))
        }
        Source::Url(url) => {
            let options = options(&url)?;
            let connection = wait.until(|| connect(options.clone()), passes).await?;
            (Handle::Own(Box::new(connection)), Some(options))
        }
    };
    Ok(Session { handle: Some(handle), options, locked: None })
}

pub(super) async fn connect(options: PgConnectOptions) -> Result<PgConnection, ErrorKind> {
    handle::in_time(options.connect()).await.map_err(|source| match source {
        sqlx::Error::Io(error) => ErrorKind::Unreachable { error },
        source => {
            let doing = "connecting to the database".to_owned();
            of_connecting(ErrorKind::Database { doing, source }, &options)
        }
    })
}

/// Whether a server that is being started would answer so: not at all, or that it is not ready.
pub(super) fn passes(error: &ErrorKind) -> bool {
    match error {
        // So rustls tells of a certificate that it doesn't trust.
        ErrorKind::Unreachable { error } => error.kind() != io::ErrorKind::InvalidData,
        // What ends a connection before it has answered (a proxy whose server is not there yet) is
        // seen as a protocol error, too.
        ErrorKind::Database {
            source: sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut,
            ..
        } => true,
        // cannot_connect_now, too_many_connections
        ErrorKind::Database { source, .. } => matches!(sqlstate(source), Some("57P03" | "53300")),
        _ => false,
    }
}

pub(super) fn options(url: &str) -> Result<PgConnectOptions, ErrorKind> {
    // sqlx's message would quote the URL, with its password.
    let options = PgConnectOptions::from_str(url).map_err(|_| ErrorKind::Usage {
        message: "the database's URL is none that PostgreSQL understands".to_owned(),
        code: "config.database_url",
    })?;
    // Statements are shown by our own events.
    Ok(options.application_name("cargo-migrate").disable_statement_logging())
}
