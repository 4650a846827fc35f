//! Opening SQLite databases.

use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Sqlite};

use crate::dialect::{Access, handle};
use crate::error::ErrorKind;

/// How long SQLite itself waits for a lock on a connection that we opened, before our own loop
/// looks at the deadline and tells that it waits.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// Where a SQLite connection comes from.
pub(crate) type Source<'c> = handle::Source<'c, Sqlite>;

/// A SQLite connection, borrowed or held.
pub(crate) type Handle<'c> = handle::Handle<'c, Sqlite>;

/// Takes or opens the connection.
pub(crate) async fn open(source: Source<'_>, access: Access) -> Result<Handle<'_>, ErrorKind> {
    Handle::take(source, async |url| {
        // The URL itself is not told: it may hold what is secret, and sqlx's message quotes it.
        let options = options(&url, access).map_err(|_| ErrorKind::Usage {
            message: "the database's URL is none that SQLite understands".to_owned(),
            code: "config.database_url",
        })?;
        options.connect().await.map_err(|source| ErrorKind::Database {
            doing: "opening the database".to_owned(),
            source,
        })
    })
    .await
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
