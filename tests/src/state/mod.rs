//! All that a database of a server holds, as lines of text: the schema and every row. The history
//! tables are left out.

mod mariadb;
mod postgres;

use crate::place::Dialect;
use crate::server::Database;

/// The state of a database.
#[track_caller]
pub(crate) fn of(database: &Database) -> Vec<String> {
    match database.dialect() {
        Dialect::Mariadb => mariadb::state(database),
        Dialect::Sqlite | Dialect::Postgres => postgres::state(database),
    }
}
