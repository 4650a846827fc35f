//! The history tables on MySQL and MariaDB: all their SQL.

use std::time::Duration;

use migrate_model::Dialect;
use sqlx::mysql::MySqlRow;

use super::connect::{Session, text};
use super::error::{is_missing_column, is_missing_table, is_no_database};
use super::lock::no_database;
use super::permission;
use super::quote;
use crate::dialect::LogLine;
use crate::error::ErrorKind;
pub(super) use crate::history::Names;
use crate::history::{
    Action, Columns, Detail, FORMAT, History, NewRow, ROW, STORED_COLUMNS, StoredRevision,
    answer_columns, reading, refuse_newer,
};
use crate::identity::RunIdentity;
use crate::settings::HistoryTables;

/// Rows are written in transactions, and text is compared by its bytes.
const TABLE: &str = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

/// The statements that make the tables, and say which format they have. Each commits by itself:
/// a run that broke off between them leaves some, and the next one makes the rest.
pub(super) fn create_statements(names: &Names) -> [String; 4] {
    let Names { revisions, log, meta } = names;
    [
        format!(
            "CREATE TABLE IF NOT EXISTS {revisions} (\n  \
             seq bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,\n  \
             id varchar(64) NOT NULL UNIQUE,\n  revises longtext NOT NULL,\n  \
             depends_on longtext NOT NULL,\n  labels longtext NOT NULL,\n  \
             message longtext NOT NULL,\n  file longtext NOT NULL,\n  created varchar(64),\n  \
             kind varchar(16) NOT NULL,\n  checksum varchar(80) NOT NULL,\n  source longtext,\n  \
             down_source longtext,\n  down_transaction bigint NOT NULL,\n  \
             state varchar(16) NOT NULL,\n  origin varchar(16) NOT NULL,\n  \
             done bigint NOT NULL,\n  total bigint NOT NULL,\n  done_hash text,\n  \
             run_id varchar(64) NOT NULL,\n  applied_at datetime(6) NOT NULL,\n  \
             applied_by text,\n  host text,\n  duration_ms bigint NOT NULL,\n  \
             tool_version varchar(64) NOT NULL,\n  crate_name text NOT NULL,\n  \
             crate_version text NOT NULL,\n  git_commit varchar(64),\n  git_dirty bigint,\n  \
             registry_digest varchar(80) NOT NULL\n) {TABLE}"
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS {log} (\n  \
             seq bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,\n  run_id varchar(64) NOT NULL,\n  \
             at datetime(6) NOT NULL,\n  `by` text,\n  host text,\n  \
             action varchar(16) NOT NULL,\n  revision varchar(64) NOT NULL,\n  \
             outcome varchar(16) NOT NULL,\n  error_code varchar(64),\n  \
             duration_ms bigint NOT NULL\n) {TABLE}"
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS {meta} (\n  `key` varchar(64) NOT NULL PRIMARY KEY,\n  \
             value text NOT NULL\n) {TABLE}"
        ),
        format!("INSERT IGNORE INTO {meta} (`key`, value) VALUES ('format', '{FORMAT}')"),
    ]
}

/// Makes the tables. A tenant's database that is missing is made with them.
pub(super) async fn create_tables(
    session: &mut Session<'_>,
    names: &Names,
    database: Option<&str>,
) -> Result<(), sqlx::Error> {
    if let Some(database) = database {
        session.run(create_database(database)).await?;
    }
    for statement in create_statements(names) {
        session.run(statement).await?;
    }
    Ok(())
}

/// Makes a tenant's database. It may be there by now.
pub(super) fn create_database(name: &str) -> String {
    format!("CREATE DATABASE IF NOT EXISTS {}", quote::name(name))
}

/// Reads format, version and rows in one query.
pub(crate) async fn read(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    detail: Detail,
) -> Result<History, ErrorKind> {
    match read_once(session, tables, detail).await {
        // Somebody else may have made the tables between our two looks at them.
        Err(ErrorKind::Database { .. }) => match read_once(session, tables, detail).await {
            Err(ErrorKind::Database { doing, source }) => {
                let wanted = permission::History { rights: "SELECT", tables };
                Err(permission::with_grant(session, doing, source, Some(wanted)).await)
            }
            read => read,
        },
        read => read,
    }
}

async fn read_once(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    detail: Detail,
) -> Result<History, ErrorKind> {
    let names = names(session, tables);
    let Names { revisions, log, meta } = &names;
    let columns = answer_columns(detail, "REPLACE(message, _utf8mb4 X'1E', ' ')").map(as_text);
    let sql = format!(
        "SELECT VERSION(), (SELECT value FROM {meta} WHERE `key` = 'format'), \
         (SELECT COALESCE(MAX(seq), 0) FROM {log}), \
         CASE WHEN id IS NOT NULL THEN CONCAT({}) END \
         FROM (SELECT 1 AS one) AS one LEFT JOIN {revisions} ON TRUE",
        columns.join(", _utf8mb4 X'1F', ")
    );
    match session.ask(sql).await {
        Ok(rows) => parse(session, &rows),
        Err(error) if is_missing_table(&error) || is_missing_column(&error) => {
            explain_missing(session, tables, error).await
        }
        Err(error) if is_no_database(&error) => Err(no_database()),
        Err(error) => Err(reading(error)),
    }
}

/// One row at least answers, and one for each revision.
fn parse(session: &mut Session<'_>, rows: &[MySqlRow]) -> Result<History, ErrorKind> {
    let first = rows.first().ok_or_else(|| reading(sqlx::Error::RowNotFound))?;
    session.dialect = server(&text(first, 0).map_err(reading)?.unwrap_or_default());
    refuse_newer(text(first, 1).map_err(reading)?.as_deref())?;
    let version = text(first, 2).map_err(reading)?.and_then(|version| version.parse().ok());
    let mut all = String::new();
    for row in rows {
        all.push_str(&text(row, 3).map_err(reading)?.unwrap_or_default());
        all.push(ROW);
    }
    History::parse(version.unwrap_or_default(), &all)
}

/// Which server a version is of: `10.11.6-MariaDB-1`, `8.4.3`.
fn server(version: &str) -> Dialect {
    match version.to_ascii_lowercase().contains("mariadb") {
        true => Dialect::Mariadb,
        false => Dialect::Mysql,
    }
}

/// Times in the form of the other dialects: RFC 3339, UTC, microseconds.
fn as_text(column: &str) -> String {
    match column {
        "applied_at" => "DATE_FORMAT(applied_at, '%Y-%m-%dT%H:%i:%s.%fZ')".to_owned(),
        other => other.to_owned(),
    }
}

/// In the database that the lock was taken for; before that in the configured one.
fn names(session: &Session<'_>, tables: &HistoryTables) -> Names {
    let locked = session.locked.as_ref().map(|locked| locked.schema.as_str());
    Names::of(tables, locked.or(tables.schema.as_deref()), quote::name)
}

/// No tables is an empty history, and so are some of them without a revision in them: a run broke
/// off while it made them. Tables of a newer format may lack any but the meta table.
async fn explain_missing(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    error: sqlx::Error,
) -> Result<History, ErrorKind> {
    let schema = session.locked.as_ref().map(|locked| locked.schema.clone());
    let schema = schema.or_else(|| tables.schema.clone());
    let schema = schema.map_or_else(|| "DATABASE()".to_owned(), |schema| quote::text(&schema));
    let is_there = [&tables.meta, &tables.revisions].map(|table| {
        format!(
            "EXISTS (SELECT 1 FROM information_schema.tables \
             WHERE table_schema = {schema} AND table_name = {})",
            quote::text(table)
        )
    });
    let Ok(rows) = session.ask(format!("SELECT VERSION(), {}", is_there.join(", "))).await else {
        return Err(reading(error));
    };
    let answer = |index| rows.first().and_then(|row| text(row, index).ok().flatten());
    session.dialect = server(&answer(0).unwrap_or_default());
    let names = names(session, tables);
    if answer(1).as_deref() == Some("1") {
        let sql = format!("SELECT value FROM {} WHERE `key` = 'format'", names.meta);
        let rows = session.ask(sql).await.unwrap_or_default();
        let format = rows.first().and_then(|row| text(row, 0).ok().flatten());
        refuse_newer(format.as_deref())?;
    }
    if answer(2).as_deref() == Some("1") {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", names.revisions);
        if session.ask(sql).await.is_ok_and(|rows| !rows.is_empty()) {
            return Err(reading(error));
        }
    }
    Ok(History::default())
}

pub(crate) async fn read_source(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    id: &str,
) -> Result<Option<String>, ErrorKind> {
    let table = names(session, tables).revisions;
    match session.ask(format!("SELECT source FROM {table} WHERE id = {}", quote::text(id))).await {
        Ok(rows) => match rows.first() {
            Some(row) => text(row, 0).map_err(reading),
            None => Ok(None),
        },
        Err(error) if is_missing_table(&error) => Ok(None),
        Err(error) => Err(reading(error)),
    }
}

pub(crate) async fn read_stored(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    ids: &[&str],
) -> Result<Vec<StoredRevision>, ErrorKind> {
    let ids: Vec<String> = ids.iter().map(|id| quote::text(id)).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE id IN ({}) ORDER BY seq",
        STORED_COLUMNS.join(", "),
        names(session, tables).revisions,
        ids.join(", ")
    );
    let stored = |row: MySqlRow| {
        let mut texts = [const { None }; STORED_COLUMNS.len() - 1];
        for (index, column) in texts.iter_mut().enumerate() {
            *column = text(&row, index).map_err(reading)?;
        }
        let transaction = text(&row, STORED_COLUMNS.len() - 1).map_err(reading)?;
        StoredRevision::parse(texts, i64::from(transaction.as_deref() != Some("0")))
    };
    session.ask(sql).await.map_err(reading)?.into_iter().map(stored).collect()
}

/// An INSERT; `by` and `key` are words of the language.
pub(super) fn insert(table: &str, columns: &Columns) -> String {
    let names: Vec<String> = columns.iter().map(|(name, _)| quote::name(name)).collect();
    let values: Vec<String> = columns.iter().map(|(_, value)| quote::value(value)).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

/// The same, as long as a condition holds.
pub(super) fn insert_if(table: &str, columns: &Columns, condition: &str) -> String {
    let names: Vec<String> = columns.iter().map(|(name, _)| quote::name(name)).collect();
    let values: Vec<String> = columns.iter().map(|(_, value)| quote::value(value)).collect();
    format!(
        "INSERT INTO {table} ({}) SELECT {} FROM DUAL WHERE {condition}",
        names.join(", "),
        values.join(", ")
    )
}

/// What an UPDATE sets.
pub(super) fn assignments(columns: &Columns) -> String {
    let set =
        |(name, value): &(&str, _)| format!("{} = {}", quote::name(name), quote::value(value));
    columns.iter().map(set).collect::<Vec<_>>().join(", ")
}

/// An INSERT into the log.
pub(super) fn log_statement(names: &Names, run: &RunIdentity, line: &LogLine<'_>) -> String {
    insert(&names.log, &line.columns(run))
}

/// Appends a line to the log.
pub(crate) async fn log(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    run: &RunIdentity,
    line: &LogLine<'_>,
) -> Result<(), sqlx::Error> {
    let sql = log_statement(&names(session, tables), run, line);
    session.run(sql).await.map(drop)
}

/// Replaces text and checksum of an applied revision, with a log line, in one transaction. The row
/// must still have the checksum `from`.
pub(crate) async fn accept(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    run: &RunIdentity,
    row: &NewRow<'_>,
    from: &str,
) -> Result<(), ErrorKind> {
    let names = names(session, tables);
    let update = format!(
        "UPDATE {} SET {} WHERE id = {} AND checksum = {}",
        names.revisions,
        assignments(&row.file_columns()),
        quote::text(row.id.as_str()),
        quote::text(from)
    );
    let line = LogLine {
        action: Action::Accept,
        revision: row.id.as_str(),
        outcome: "ok",
        error_code: None,
        duration: Duration::ZERO.into(),
    };
    let accepted = accept_in_transaction(session, update, log_statement(&names, run, &line)).await;
    let Err(source) = accepted else { return Ok(()) };
    if let Err(error) = session.run("ROLLBACK".to_owned()).await {
        tracing::debug!(target: "migrate", %error, "rolling back failed");
    }
    let doing = format!("recording the edit of {}", row.id);
    let wanted = permission::History { rights: permission::WRITE, tables };
    Err(permission::with_grant(session, doing, source, Some(wanted)).await)
}

async fn accept_in_transaction(
    session: &mut Session<'_>,
    update: String,
    log: String,
) -> Result<(), sqlx::Error> {
    session.run("START TRANSACTION".to_owned()).await?;
    if session.run(update).await?.rows_affected() != 1 {
        // Somebody took it down, or accepted another edit, since it was looked at.
        return Err(sqlx::Error::RowNotFound);
    }
    session.run(log + ";\nCOMMIT").await.map(drop)
}
