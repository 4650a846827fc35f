//! The servers of the tests: a fresh database on PostgreSQL or MariaDB, and a look into it from
//! outside. `cargo xtask test` starts them and names them in the environment.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, Row};

use crate::place::Dialect;
use crate::state;

/// A server that the tests may do everything with.
#[derive(Debug, Clone)]
pub struct Server {
    software: Software,
    /// The URL of a connection that may make databases.
    url: String,
}

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Software {
    Postgres,
    MariaDb,
}

/// The PostgreSQL server, or nothing if there is none. A test that gets nothing returns, and has
/// then been skipped: its name is told at the end of the run.
pub fn postgres() -> Option<Server> {
    Software::Postgres.server()
}

/// The MariaDB server, likewise.
pub fn mariadb() -> Option<Server> {
    Software::MariaDb.server()
}

impl Software {
    fn server(self) -> Option<Server> {
        let (variable, name) = match self {
            Self::Postgres => ("MIGRATE_TEST_POSTGRES", "PostgreSQL"),
            Self::MariaDb => ("MIGRATE_TEST_MARIADB", "MariaDB"),
        };
        let url = std::env::var(variable).ok();
        if url.is_none() {
            skip(name);
        }
        url.map(|url| Server { software: self, url })
    }
}

/// Writes the running test into the file of those that were skipped.
pub(crate) fn skip(server: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    eprintln!("{test} is skipped: no {server} (cargo xtask servers start)");
    if let Some(file) = std::env::var_os("MIGRATE_TEST_SKIPPED") {
        // One write, so that the lines of tests that run side by side stay whole.
        let line = format!("{test} ({server})\n");
        let mut file = OpenOptions::new().append(true).create(true).open(file).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}

impl Server {
    /// A new, empty database of its own name.
    pub fn database(&self) -> Database {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let time = UNIX_EPOCH.elapsed().unwrap().as_micros();
        let name = format!("test_{}_{number}_{time}", std::process::id());
        let (server, _) = self.url.rsplit_once('/').unwrap();
        let database = Database { url: format!("{server}/{name}"), server: self.clone(), name };
        self.run(&format!("CREATE DATABASE {}", database.name)).unwrap();
        database
    }

    /// A server of the same software under another URL.
    #[must_use]
    pub fn elsewhere(&self, url: String) -> Self {
        Self { software: self.software, url }
    }

    /// Whether it answers.
    pub fn answers(&self) -> bool {
        self.run("SELECT 1").is_ok()
    }

    /// Runs statements on the connection that may do everything.
    fn run(&self, sql: &str) -> sqlx::Result<Vec<String>> {
        first_column(self.software, &self.url, sql)
    }
}

/// A database that goes when this is dropped.
#[derive(Debug)]
pub struct Database {
    server: Server,
    name: String,
    url: String,
}

impl Database {
    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    pub(crate) fn dialect(&self) -> Dialect {
        match self.server.software {
            Software::Postgres => Dialect::Postgres,
            Software::MariaDb => Dialect::Mariadb,
        }
    }

    /// Another one on the same server.
    pub(crate) fn another(&self) -> Self {
        self.server.database()
    }

    /// The whole schema (`public`, on PostgreSQL), and every row, as lines of text; the history
    /// tables are left out.
    #[track_caller]
    pub fn state(&self) -> Vec<String> {
        state::of(self)
    }

    /// Runs a script.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.query(sql);
    }

    /// The first column of a query, as the server writes it.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<String> {
        self.query_at(&self.url, sql)
    }

    /// The same on another way to it.
    #[track_caller]
    pub fn query_at(&self, url: &str, sql: &str) -> Vec<String> {
        let rows = first_column(self.server.software, url, sql);
        rows.unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = &self.name;
        let steps = match self.server.software {
            // A test may have left connections behind. DROP DATABASE waits for their end, and ends
            // them itself only from version 13 on; it can't share a message with other statements.
            Software::Postgres => vec![
                format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = '{name}'"
                ),
                format!("DROP DATABASE {name}"),
            ],
            // It waits for transactions that a killed client has left, but not for a day.
            Software::MariaDb => vec![format!("SET lock_wait_timeout = 10; DROP DATABASE {name}")],
        };
        let dropped = steps.iter().try_for_each(|sql| self.server.run(sql).map(drop));
        if let Err(error) = dropped {
            eprintln!("{name} stays: {error}");
        }
    }
}

/// Runs statements and gives the first column of the rows of all of them. They go to the server
/// as text, and all values come back as text.
fn first_column(software: Software, url: &str, sql: &str) -> sqlx::Result<Vec<String>> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let values: Vec<Option<String>> = runtime.block_on(async {
        match software {
            Software::Postgres => {
                let mut connection = PgConnection::connect(url).await?;
                let rows = sql.fetch_all(&mut connection).await?;
                connection.close().await?;
                rows.iter().map(|row| row.try_get_unchecked(0)).collect::<sqlx::Result<_>>()
            }
            Software::MariaDb => {
                let mut connection = MySqlConnection::connect(url).await?;
                let rows = sql.fetch_all(&mut connection).await?;
                connection.close().await?;
                rows.iter().map(|row| row.try_get_unchecked(0)).collect()
            }
        }
    })?;
    Ok(values.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect())
}

/// Runs a statement in a transaction on PostgreSQL and keeps that open for a while.
pub fn hold(url: &str, sql: &str, time: Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await.unwrap();
        tokio::time::sleep(time).await;
        transaction.rollback().await.unwrap();
    });
}

/// Runs a statement in a transaction on MariaDB and keeps that open for a while.
pub fn hold_mysql(url: &str, sql: &str, time: Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = MySqlConnection::connect(url).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await.unwrap();
        tokio::time::sleep(time).await;
        transaction.rollback().await.unwrap();
    });
}
