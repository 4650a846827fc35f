//! Opening MySQL and MariaDB databases, and what a run must know of its session.

use std::io;
use std::str::FromStr;

use futures_util::TryStreamExt;
use migrate_model::Dialect;
use sqlx::mysql::{MySqlConnectOptions, MySqlQueryResult, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Either, MySql, MySqlConnection, Row};

use super::cancel::Canceller;
use super::error::number;
use super::found::Found;
use super::lease::{Keeper, Ours};
use super::lock;
use crate::dialect::handle::{self, Handle};
use crate::error::ErrorKind;
use crate::wait::Wait;

/// Where a connection comes from.
pub(crate) type Source<'c> = handle::Source<'c, MySql>;

/// A connection, and what holds as long as it is ours.
pub(crate) struct Session<'c> {
    /// `None` once it is given back.
    handle: Option<Handle<'c, MySql>>,
    /// How to reach the same server again; not known of a borrowed connection.
    options: Option<MySqlConnectOptions>,
    /// Which of the two servers it is, known from the first answer on.
    pub(crate) dialect: Dialect,
    /// What was found when the lock was taken; `Some` as long as it is held.
    pub(super) locked: Option<Locked>,
}

/// What a run with work to do knows of its session.
#[derive(Debug, Clone)]
pub(super) struct Locked {
    /// The name of the lock.
    pub(super) name: String,
    /// The lease, if that is what keeps others out.
    pub(super) lease: Option<Ours>,
    /// The database of the history tables.
    pub(super) schema: String,
    /// It was not there when the lock was taken.
    pub(super) is_schema_missing: bool,
    /// How the session was found, and is left.
    pub(super) found: Found,
    /// The server's number of this connection.
    pub(super) connection: u64,
}

impl Locked {
    /// A condition that holds as long as the lock is ours, or the lease.
    pub(super) fn is_ours(&self) -> String {
        match &self.lease {
            Some(lease) => lease.is_ours(),
            None => lock::is_ours(&self.name),
        }
    }

    /// What begins a transaction. With a lease it's READ COMMITTED, because the lease is renewed
    /// from outside while it runs, and MariaDB's snapshot isolation would take that amiss.
    pub(super) fn begin(&self) -> &'static str {
        match self.lease {
            Some(_) => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\nSTART TRANSACTION",
            None => "START TRANSACTION",
        }
    }

    /// The error of who finds that it's not ours any more.
    pub(super) fn lost(&self) -> ErrorKind {
        match self.lease {
            Some(_) => ErrorKind::LeaseLost,
            None => ErrorKind::LockLost,
        }
    }

    /// The comment that a statement of a revision begins with where the lease is ours.
    pub(super) fn mark(&self) -> &str {
        self.lease.as_ref().map_or("", |lease| &lease.mark)
    }
}

impl Session<'_> {
    /// What renews the lease on another connection, if it is what keeps others out.
    pub(super) fn keeper(&self) -> Option<Keeper> {
        let lease = self.locked.as_ref()?.lease.as_ref()?;
        Some(lease.keeper(self.options.clone()))
    }

    /// Whether the lease must be renewed.
    pub(super) fn is_renewal_due(&mut self) -> bool {
        let lease = self.locked.as_mut().and_then(|locked| locked.lease.as_mut());
        lease.is_some_and(Ours::is_due)
    }

    /// The lease was renewed just now.
    pub(super) fn is_renewed(&mut self) {
        if let Some(lease) = self.locked.as_mut().and_then(|locked| locked.lease.as_mut()) {
            lease.is_renewed();
        }
    }

    pub(super) fn connection(&mut self) -> &mut MySqlConnection {
        let handle = self.handle.as_mut();
        handle.expect("the handle is taken only by methods that consume the session").connection()
    }

    /// The rows of a statement of ours.
    pub(super) async fn ask(&mut self, sql: String) -> Result<Vec<MySqlRow>, sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(self.connection()).await
    }

    /// Runs statements of ours, and tells how many rows all of them changed.
    pub(super) async fn run(&mut self, sql: String) -> Result<MySqlQueryResult, sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(self.connection()).await
    }

    /// The same, with what each statement did; an error comes with those before it.
    pub(super) async fn run_each(
        &mut self,
        statements: &[String],
    ) -> Result<Vec<MySqlQueryResult>, (Vec<MySqlQueryResult>, sqlx::Error)> {
        let sql = AssertSqlSafe(statements.join(";\n"));
        let mut results = Vec::with_capacity(statements.len());
        let mut answers = sqlx::raw_sql(sql).fetch_many(self.connection());
        loop {
            match answers.try_next().await {
                Ok(None) => return Ok(results),
                Ok(Some(Either::Left(result))) => results.push(result),
                Ok(Some(Either::Right(_))) => {}
                Err(error) => return Err((results, error)),
            }
        }
    }

    /// What ends a statement of this session from outside.
    pub(super) fn canceller(&self) -> Canceller {
        let connection = self.locked.as_ref().map(|locked| locked.connection);
        Canceller { options: self.options.clone(), connection: connection.unwrap_or_default() }
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
            let connection = wait.until(|| handle::acquire(pool), passes).await?;
            (Handle::Pooled(connection), Some((*pool.connect_options()).clone()))
        }
        Source::Url(url) => {
            let options = options(&url)?;
            let connection = wait.until(|| connect(options.clone()), passes).await?;
            (Handle::Own(Box::new(connection)), Some(options))
        }
    };
    Ok(Session { handle: Some(handle), options, dialect: Dialect::Mariadb, locked: None })
}

pub(super) async fn connect(options: MySqlConnectOptions) -> Result<MySqlConnection, ErrorKind> {
    handle::in_time(options.connect()).await.map_err(|source| match source {
        sqlx::Error::Io(error) => ErrorKind::Unreachable { error },
        source => ErrorKind::Database { doing: "connecting to the database".to_owned(), source },
    })
}

/// Whether a server that is being started would answer so: not at all, or that it is not ready.
pub(super) fn passes(error: &ErrorKind) -> bool {
    match error {
        // So rustls tells of a certificate that it doesn't trust.
        ErrorKind::Unreachable { error } => error.kind() != io::ErrorKind::InvalidData,
        ErrorKind::Database {
            source: sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut,
            ..
        } => true,
        // ER_CON_COUNT_ERROR, ER_SERVER_SHUTDOWN
        ErrorKind::Database { source, .. } => matches!(number(source), Some(1040 | 1053)),
        _ => false,
    }
}

pub(super) fn options(url: &str) -> Result<MySqlConnectOptions, ErrorKind> {
    // sqlx's message would quote the URL, with its password.
    let options = MySqlConnectOptions::from_str(url).map_err(|_| ErrorKind::Usage {
        message: "the database's URL is none that MySQL and MariaDB understand".to_owned(),
        code: "config.database_url",
    })?;
    // Statements are shown by our own events.
    Ok(options.disable_statement_logging())
}

/// A column as text, whatever its character set and collation say of it.
pub(super) fn text(row: &MySqlRow, index: usize) -> Result<Option<String>, sqlx::Error> {
    row.try_get_unchecked(index)
}
