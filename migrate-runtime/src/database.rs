//! Making and dropping a whole database on its server. For tools: an application has one already.

use std::time::Duration;

use crate::connection::{self, WholeDatabase};
use crate::error::Error;
use crate::event::Event;
use crate::settings::Settings;
use crate::wait::Wait;

/// Waits at most that long until the URL's server answers, whether it has the database or not:
/// for a server that is being started. `listener` hears of each try that fails, as
/// [`Event::Wait`].
///
/// # Errors
/// `config.database_url` for a SQLite URL (whose database is a file); `database.*` for what does
/// not pass by itself, and when the time is up.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn created(url: &str) -> Result<(), migrate_runtime::Error> {
/// use migrate_runtime::database;
///
/// database::wait_for_server(url, Duration::from_secs(30), &|_| ()).await?;
/// database::create(url).await?;
/// # Ok(())
/// # }
/// ```
pub async fn wait_for_server(
    url: &str,
    time: Duration,
    listener: &(dyn Fn(&Event<'_>) + Send + Sync),
) -> Result<(), Error> {
    let settings = Settings { wait: time, ..Settings::default() };
    Ok(connection::wait_for_server(url, Wait::new(&settings, listener)).await?)
}

/// Whether the server has the database that the URL names. Nothing is changed.
///
/// # Errors
/// `config.database_url` for a SQLite URL (whose database is a file), `database.*` from the server.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let error = migrate_runtime::database::exists("sqlite:app.db").await.unwrap_err();
/// assert_eq!(error.code(), "config.database_url");
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub async fn exists(url: &str) -> Result<bool, Error> {
    Ok(connection::whole_database(url, WholeDatabase::Look).await?)
}

/// Creates the database that the URL names, empty. `false`: it was there.
///
/// This takes another database of the same server: `postgres`, else `template1`.
///
/// # Errors
/// As for [`exists`].
pub async fn create(url: &str) -> Result<bool, Error> {
    Ok(connection::whole_database(url, WholeDatabase::Create).await?)
}

/// Drops the database that the URL names with all that it holds. `false`: it was not there.
///
/// # Errors
/// As for [`exists`]; `database.in_use` while others are connected to it. They are not thrown out.
pub async fn drop(url: &str) -> Result<bool, Error> {
    Ok(connection::whole_database(url, WholeDatabase::Drop).await?)
}
