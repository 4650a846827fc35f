//! Opening SQLite databases, and holding the connection of whoever has it.

use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool};

use crate::dialect::Access;
use crate::error::ErrorKind;

/// How long SQLite itself waits for a lock on a connection that we opened, before our own loop
/// looks at the deadline and tells that it waits.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// Where a SQLite connection comes from.
#[doc(hidden)]
pub enum Source<'c> {
    Pool(&'c SqlitePool),
    Connection(&'c mut SqliteConnection),
    Url(String),
}

/// A SQLite connection, borrowed or held.
pub(crate) enum Handle<'c> {
    Borrowed(&'c mut SqliteConnection),
    Pooled(PoolConnection<Sqlite>),
    Own(Box<SqliteConnection>),
}

impl Handle<'_> {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Borrowed(connection) => connection,
            Self::Pooled(connection) => connection,
            Self::Own(connection) => connection,
        }
    }

    pub(crate) async fn discard(self) {
        match self {
            Self::Pooled(connection) => {
                if let Err(error) = connection.close().await {
                    tracing::debug!(target: "migrate", %error, "closing the connection failed");
                }
            }
            Self::Borrowed(_) | Self::Own(_) => self.release().await,
        }
    }

    pub(crate) async fn release(self) {
        match self {
            Self::Borrowed(_) | Self::Pooled(_) => {}
            Self::Own(connection) => {
                if let Err(error) = connection.close().await {
                    tracing::debug!(target: "migrate", %error, "closing the connection failed");
                }
            }
        }
    }
}

/// Takes or opens the connection.
pub(crate) async fn open(source: Source<'_>, access: Access) -> Result<Handle<'_>, ErrorKind> {
    match source {
        Source::Connection(connection) => Ok(Handle::Borrowed(connection)),
        Source::Pool(pool) => pool.acquire().await.map(Handle::Pooled).map_err(|source| {
            ErrorKind::Database { doing: "acquiring a connection of the pool".to_owned(), source }
        }),
        Source::Url(url) => {
            // The URL itself is not told: it may hold what is secret.
            let failed =
                |source| ErrorKind::Database { doing: "opening the database".to_owned(), source };
            // sqlx's message would quote the URL.
            let options = options(&url, access).map_err(|_| ErrorKind::Usage {
                message: "the database's URL is none that SQLite understands".to_owned(),
                code: "config.database_url",
            })?;
            let connection = options.connect().await.map_err(failed)?;
            Ok(Handle::Own(Box::new(connection)))
        }
    }
}

fn options(url: &str, access: Access) -> Result<SqliteConnectOptions, sqlx::Error> {
    let options = SqliteConnectOptions::from_str(url)?
        .busy_timeout(BUSY_TIMEOUT)
        // Statements are shown by our own events.
        .disable_statement_logging();
    let has_mode = url
        .split_once('?')
        .is_some_and(|(_, query)| query.split('&').any(|parameter| parameter.starts_with("mode=")));
    match access {
        Access::Create if !has_mode => Ok(options.create_if_missing(true)),
        Access::Create => Ok(options),
        Access::Existing => Ok(options.create_if_missing(false)),
    }
}
