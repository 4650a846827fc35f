//! A whole database, which takes another connection than one to it.

use super::foreign_url;
#[cfg(feature = "mysql")]
use crate::dialect::mysql;
#[cfg(feature = "postgres")]
use crate::dialect::postgres;
use crate::error::ErrorKind;
use crate::wait::Wait;

/// What can be done with a database as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WholeDatabase {
    Look,
    Create,
    Drop,
}

/// Does it with the database that a URL names. Whether it was there, or something was done.
pub(crate) async fn whole_database(url: &str, what: WholeDatabase) -> Result<bool, ErrorKind> {
    #[cfg(not(any(feature = "postgres", feature = "mysql")))]
    let _ = what;
    match url.split(':').next().unwrap_or_default() {
        #[cfg(feature = "_sqlite")]
        "sqlite" => Err(no_server()),
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => match what {
            WholeDatabase::Look => postgres::database::exists(url).await,
            WholeDatabase::Create => postgres::database::create(url).await,
            WholeDatabase::Drop => postgres::database::drop(url).await,
        },
        #[cfg(feature = "mysql")]
        "mysql" | "mariadb" => match what {
            WholeDatabase::Look => mysql::database::exists(url).await,
            WholeDatabase::Create => mysql::database::create(url).await,
            WholeDatabase::Drop => mysql::database::drop(url).await,
        },
        _ => Err(foreign_url()),
    }
}

/// Waits until the server of a URL answers.
pub(crate) async fn wait_for_server(url: &str, wait: Wait<'_>) -> Result<(), ErrorKind> {
    #[cfg(not(any(feature = "postgres", feature = "mysql")))]
    let _ = wait;
    match url.split(':').next().unwrap_or_default() {
        #[cfg(feature = "_sqlite")]
        "sqlite" => Err(no_server()),
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => postgres::database::wait_for_server(url, wait).await,
        #[cfg(feature = "mysql")]
        "mysql" | "mariadb" => mysql::database::wait_for_server(url, wait).await,
        _ => Err(foreign_url()),
    }
}

/// A server was asked for where there is none.
#[cfg(feature = "_sqlite")]
fn no_server() -> ErrorKind {
    ErrorKind::Usage {
        message: "a SQLite database is a file: no server makes or drops it".to_owned(),
        code: "config.database_url",
    }
}
