//! What the tests build on: revisions written as text, databases in a folder of their own, and
//! dumps to compare.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use migrate_runtime::sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, SqlitePool};
use migrate_runtime::sqlx::{query, query_scalar, raw_sql};
use migrate_runtime::{CrateInfo, Error, Migrator, Plan, Registry};

/// Two revisions that make a table each, and take it down again.
pub(crate) const TWO: [(&str, &str); 2] = [
    ("aaaa", "-- migrate:up\nCREATE TABLE a (x);\n-- migrate:down\nDROP TABLE a;\n"),
    ("bbbb", "-- migrate:up\nCREATE TABLE b (x);\n-- migrate:down\nDROP TABLE b;\n"),
];

/// The text of a revision file; `script` begins in line 6.
pub(crate) fn text(id: &str, revises: &str, script: &str) -> String {
    format!("-- revision {id}\n--\n-- Revision: {id}\n-- Revises: {revises}\n\n{script}")
}

/// A migrator of files as they are on disk, each with its id.
pub(crate) fn migrator_of_files(files: &[(&str, Vec<u8>)]) -> Migrator {
    let parse = |(id, bytes): &(&str, Vec<u8>)| {
        let name = format!("revisions/{id}.sql");
        RevisionFile::parse(&name, &name, bytes).unwrap()
    };
    let files = files.iter().map(parse).collect();
    let registry = Registry::from_files(files, CrateInfo::new("tests", "1.2.3")).unwrap();
    Migrator::new(Arc::new(registry))
}

/// A migrator of a linear history, oldest first: ids and scripts.
pub(crate) fn migrator(revisions: &[(&str, &str)]) -> Migrator {
    let mut parent = "base";
    let mut files = Vec::new();
    for (id, script) in revisions {
        files.push((*id, text(id, parent, script).into_bytes()));
        parent = id;
    }
    migrator_of_files(&files)
}

/// A database file in a folder that goes with it.
pub(crate) struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    pub(crate) fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new().filename(self.file()).create_if_missing(true)
    }

    pub(crate) async fn connect(&self) -> SqliteConnection {
        self.options().connect().await.unwrap()
    }

    pub(crate) async fn pool(&self, size: u32) -> SqlitePool {
        let options = SqlitePoolOptions::new().max_connections(size);
        options.connect_with(self.options()).await.unwrap()
    }

    /// All that is in the database, read on a connection of its own.
    pub(crate) async fn dump(&self) -> Vec<String> {
        dump(&mut self.connect().await).await
    }
}

/// The schema and every row of every table, as text.
pub(crate) async fn dump(connection: &mut SqliteConnection) -> Vec<String> {
    let schema = "SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY name";
    let mut dump: Vec<String> = query_scalar(schema).fetch_all(&mut *connection).await.unwrap();
    let columns = "SELECT m.name, group_concat('quote(\"' || c.name || '\")', ' || ''|'' || ') \
                   FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' \
                   GROUP BY m.name ORDER BY m.name";
    let tables: Vec<(String, String)> =
        sqlx::query_as(columns).fetch_all(&mut *connection).await.unwrap();
    for (table, columns) in tables {
        let rows = format!("SELECT '{table}: ' || {columns} FROM \"{table}\" ORDER BY rowid");
        let rows = query_scalar(AssertSqlSafe(rows)).fetch_all(&mut *connection);
        dump.extend::<Vec<String>>(rows.await.unwrap());
    }
    dump
}

/// The values of the first column.
pub(crate) async fn texts(connection: &mut SqliteConnection, sql: &'static str) -> Vec<String> {
    query_scalar(sql).fetch_all(connection).await.unwrap()
}

pub(crate) async fn number(connection: &mut SqliteConnection, sql: &'static str) -> i64 {
    query_scalar(sql).fetch_one(connection).await.unwrap()
}

pub(crate) async fn send(connection: &mut SqliteConnection, sql: &'static str) {
    raw_sql(sql).execute(connection).await.unwrap();
}

/// The tables that are not the history's, sorted.
pub(crate) async fn tables(connection: &mut SqliteConnection) -> Vec<String> {
    let sql = r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_migrate%'
                ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name";
    texts(connection, sql).await
}

/// Fails if the connection is in a transaction, or if sqlx and SQLite don't agree that it is in
/// none: then a new one would be a savepoint, or would fail.
pub(crate) async fn assert_usable(connection: &mut SqliteConnection) {
    use sqlx::Connection;
    send(connection, "CREATE TABLE probe (x)").await;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    query("INSERT INTO probe VALUES (1)").execute(&mut *transaction).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(number(connection, "SELECT count(*) FROM probe").await, 0);
    let mut transaction = connection.begin().await.unwrap();
    query("INSERT INTO probe VALUES (1)").execute(&mut *transaction).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(number(connection, "SELECT count(*) FROM probe").await, 0);
    send(connection, "DROP TABLE probe").await;
    // A plain BEGIN is an error where a transaction is open.
    send(connection, "BEGIN").await;
    send(connection, "ROLLBACK").await;
}

pub(crate) fn planned(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.id.as_str()).collect()
}

/// Everything that an error shows of itself, its sources included.
pub(crate) fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?} {}", error.hint().unwrap_or_default());
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        write!(shown, " {error} {error:?}").unwrap();
        source = error.source();
    }
    shown
}
