//! Making and dropping a whole database on its server. For tools: an application has one already.

use crate::connection::{self, WholeDatabase};
use crate::error::Error;

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
