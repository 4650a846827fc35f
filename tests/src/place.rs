//! A database of any dialect, looked at from outside.

use std::fs::File;
use std::path::PathBuf;

use crate::{client, database, server};

/// What the database is. A case asks for it only where the dialects differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
}

/// A database: a file, which may not be there yet, or one of a server's.
#[derive(Debug)]
pub enum Place {
    /// A SQLite file, and what a URL in its workspace calls it.
    File {
        /// Where it is.
        path: PathBuf,
        /// Its URL, as seen from the workspace.
        url: String,
    },
    /// A database of a server.
    Server(server::Database),
}

impl Place {
    /// Its dialect.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::File { .. } => Dialect::Sqlite,
            Self::Server(database) => database.dialect(),
        }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        match self {
            Self::File { url, .. } => url,
            Self::Server(database) => database.url(),
        }
    }

    /// Its URL without the user: what every message that names it ends in.
    pub fn address(&self) -> &str {
        self.url().rsplit('@').next().unwrap_or_default()
    }

    /// Runs a script over a connection of the tests. A file that is missing is made.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        match self {
            Self::File { path, .. } => {
                File::options().create(true).append(true).open(path).unwrap();
                database::execute(path, sql);
            }
            Self::Server(database) => database.execute(sql),
        }
    }

    /// Runs a script as a user would: by the dialect's own client, which must not complain. Where
    /// `sqlite3` or `psql` is missing, over a connection.
    #[track_caller]
    pub fn run_by_client(&self, script: &str) {
        match self {
            Self::File { path, .. } if client::sqlite(path, script) => {}
            Self::File { .. } => self.execute(script),
            Self::Server(database) => match database.dialect() {
                Dialect::Mariadb => client::mariadb(database, script),
                Dialect::Sqlite | Dialect::Postgres => client::postgres(database, script),
            },
        }
    }

    /// The first column of a query, as text.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<String> {
        match self {
            Self::File { path, .. } => database::query(path, sql),
            Self::Server(database) => database.query(sql),
        }
    }

    /// The whole schema, and every row, as lines of text; the history tables are left out. A
    /// database that is not there has none.
    #[track_caller]
    pub fn state(&self) -> Vec<String> {
        match self {
            Self::File { path, .. } if !path.exists() => Vec::new(),
            Self::File { path, .. } => database::state(path),
            Self::Server(database) => database.state(),
        }
    }

    /// The state, and what the history remembers.
    #[track_caller]
    pub fn everything(&self) -> Vec<String> {
        let rows = "SELECT concat_ws('|', seq, id, checksum, source, down_source, state, origin, \
                    applied_at) FROM _migrate_revisions ORDER BY seq";
        [self.state(), self.query(rows), self.log()].concat()
    }

    /// The names of all tables, those of the history included.
    #[track_caller]
    pub fn tables(&self) -> Vec<String> {
        let mut tables = self.query(match self.dialect() {
            Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
            Dialect::Postgres => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            Dialect::Mariadb => {
                "SELECT table_name FROM information_schema.tables \
                 WHERE table_schema = database() AND table_type = 'BASE TABLE'"
            }
        });
        tables.sort();
        tables
    }

    /// Whether nobody has made anything in it: no table, and with SQLite no file.
    #[track_caller]
    pub fn is_untouched(&self) -> bool {
        match self {
            Self::File { path, .. } => !path.exists(),
            Self::Server(_) => self.tables().is_empty(),
        }
    }

    /// The ids of the applied revisions, in their order.
    #[track_caller]
    pub fn applied(&self) -> Vec<String> {
        self.query("SELECT id FROM _migrate_revisions ORDER BY seq")
    }

    /// What the log says: action, revision and outcome, in their order.
    #[track_caller]
    pub fn log(&self) -> Vec<String> {
        let log = "SELECT concat(action, ' ', revision, ' ', outcome) FROM _migrate_log \
                   ORDER BY seq";
        self.query(log)
    }
}
