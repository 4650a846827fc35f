//! What a migrator can be pointed at: a pool, a connection, a URL.

use std::borrow::Cow;

#[cfg(feature = "mysql")]
use crate::dialect::mysql;
#[cfg(feature = "postgres")]
use crate::dialect::postgres;
#[cfg(feature = "_sqlite")]
use crate::dialect::sqlite;

/// A database to work on: a `&Pool`, a `&mut` connection (plain or of a pool), or a URL.
///
/// A pool gives one connection for the whole run, so a pool of one is enough. A connection must
/// not be inside a transaction.
///
/// ```
/// use migrate_runtime::IntoDatabase;
/// use migrate_runtime::sqlx::{SqliteConnection, SqlitePool};
///
/// fn takes<'c>(_: impl IntoDatabase<'c>) {}
/// fn all_of_these(pool: &SqlitePool, connection: &mut SqliteConnection) {
///     takes(pool);
///     takes(connection);
///     takes("sqlite:app.db");
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no database that migrations can run on",
    label = "expected a `&SqlitePool`, a `&mut SqliteConnection`, or a URL like \"sqlite:app.db\"",
    note = "a pool is passed by reference: `.run(&pool)`; a connection by mutable reference: `.run(&mut *connection)`"
)]
pub trait IntoDatabase<'c>: Send + sealed::Sealed {
    #[doc(hidden)]
    fn into_database(self) -> Database<'c>;
}

mod sealed {
    pub trait Sealed {}
}

/// Where a connection comes from.
#[doc(hidden)]
pub enum Database<'c> {
    #[cfg(feature = "_sqlite")]
    Sqlite(sqlite::Source<'c>),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Source<'c>),
    #[cfg(feature = "mysql")]
    MySql(mysql::Source<'c>),
    Url(Cow<'c, str>),
}

#[cfg(feature = "_sqlite")]
impl Database<'_> {
    pub(crate) fn is_sqlite(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => false,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => false,
            Self::Url(url) => url.starts_with("sqlite:"),
        }
    }
}

impl sealed::Sealed for String {}
impl<'c> IntoDatabase<'c> for String {
    fn into_database(self) -> Database<'c> {
        Database::Url(Cow::Owned(self))
    }
}

impl sealed::Sealed for &str {}
impl<'c> IntoDatabase<'c> for &'c str {
    fn into_database(self) -> Database<'c> {
        Database::Url(Cow::Borrowed(self))
    }
}

impl sealed::Sealed for &String {}
impl<'c> IntoDatabase<'c> for &'c String {
    fn into_database(self) -> Database<'c> {
        Database::Url(Cow::Borrowed(self))
    }
}

/// What a driver's own types stand for.
macro_rules! driver_types {
    ($feature:literal, $module:ident, $database:ident, $connection:ident) => {
        #[cfg(feature = $feature)]
        mod $module {
            use sqlx::pool::PoolConnection;
            use sqlx::{Pool, $connection, $database};

            use super::{Database, IntoDatabase, sealed};
            use crate::dialect::handle::Source;

            impl sealed::Sealed for &Pool<$database> {}
            impl<'c> IntoDatabase<'c> for &'c Pool<$database> {
                fn into_database(self) -> Database<'c> {
                    Database::$database(Source::Pool(self))
                }
            }

            impl sealed::Sealed for &mut $connection {}
            impl<'c> IntoDatabase<'c> for &'c mut $connection {
                fn into_database(self) -> Database<'c> {
                    Database::$database(Source::Connection(self))
                }
            }

            impl sealed::Sealed for &mut PoolConnection<$database> {}
            impl<'c> IntoDatabase<'c> for &'c mut PoolConnection<$database> {
                fn into_database(self) -> Database<'c> {
                    Database::$database(Source::Connection(&mut **self))
                }
            }
        }
    };
}

driver_types!("_sqlite", for_sqlite, Sqlite, SqliteConnection);
driver_types!("postgres", for_postgres, Postgres, PgConnection);
driver_types!("mysql", for_mysql, MySql, MySqlConnection);
