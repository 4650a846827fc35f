//! The history tables on SQLite: all their SQL.

use std::time::Duration;

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row, Sqlite, SqliteConnection};

use super::connect::Handle;
use super::error::is_busy;
use super::lease;
use super::transaction::{ImmediateTransaction, Uncommitted};
use crate::dialect::{Batch, LogLine};
use crate::error::ErrorKind;
use crate::history::lease::{EPOCH, Standing};
use crate::history::{
    Action, COLUMN, COLUMNS, Columns, Detail, FORMAT, History, NewRow, STORED_COLUMNS,
    StoredRevision, Value, answer_columns, insert, reading, refuse_newer,
};
use crate::identity::{RunIdentity, now};
use crate::patience::Patience;
use crate::settings::HistoryTables;

type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// A name as SQL: our tables always live in the main database.
pub(crate) fn table(name: &str) -> String {
    format!("main.\"{}\"", name.replace('"', "\"\""))
}

/// The statements that make the tables, and say which format they have.
pub(crate) fn create_statements(tables: &HistoryTables) -> [String; 4] {
    let HistoryTables { revisions, log, meta, .. } = tables;
    [
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\n  \
             seq INTEGER PRIMARY KEY,\n  id TEXT NOT NULL UNIQUE,\n  revises TEXT NOT NULL,\n  \
             depends_on TEXT NOT NULL,\n  labels TEXT NOT NULL,\n  message TEXT NOT NULL,\n  \
             file TEXT NOT NULL,\n  created TEXT,\n  kind TEXT NOT NULL,\n  \
             checksum TEXT NOT NULL,\n  source TEXT,\n  down_source TEXT,\n  \
             down_transaction INTEGER NOT NULL,\n  state TEXT NOT NULL,\n  \
             origin TEXT NOT NULL,\n  done INTEGER NOT NULL,\n  total INTEGER NOT NULL,\n  \
             done_hash TEXT,\n  run_id TEXT NOT NULL,\n  applied_at TEXT NOT NULL,\n  \
             applied_by TEXT,\n  host TEXT,\n  duration_ms INTEGER NOT NULL,\n  \
             tool_version TEXT NOT NULL,\n  crate_name TEXT NOT NULL,\n  \
             crate_version TEXT NOT NULL,\n  git_commit TEXT,\n  git_dirty INTEGER,\n  \
             registry_digest TEXT NOT NULL\n)",
            table(revisions)
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\n  \
             seq INTEGER PRIMARY KEY,\n  run_id TEXT NOT NULL,\n  at TEXT NOT NULL,\n  by TEXT,\n  \
             host TEXT,\n  action TEXT NOT NULL,\n  revision TEXT NOT NULL,\n  \
             outcome TEXT NOT NULL,\n  error_code TEXT,\n  duration_ms INTEGER NOT NULL\n)",
            table(log)
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\n  key TEXT PRIMARY KEY NOT NULL,\n  value TEXT NOT NULL\n)",
            table(meta)
        ),
        format!("INSERT OR IGNORE INTO {} (key, value) VALUES ('format', '{FORMAT}')", table(meta)),
    ]
}

pub(crate) async fn create_tables(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
) -> Result<(), sqlx::Error> {
    for statement in create_statements(tables) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Format, version and rows.
type Answer = (Option<String>, Option<i64>, Option<String>);

/// Reads format, version and rows in one query that answers with one row. sqlx runs SQLite in a
/// thread of its own, and a thousand rows would be a thousand wake-ups of ours.
pub(crate) async fn read(
    handle: &mut Handle<'_>,
    tables: &HistoryTables,
    detail: Detail,
    patience: &mut Patience<'_>,
) -> Result<History, ErrorKind> {
    patience.begin_anew();
    let mut made_meanwhile = false;
    loop {
        match read_once(handle, tables, detail).await {
            Err(ErrorKind::Database { source, .. }) if is_busy(&source) => {
                patience.wait().await?;
            }
            // Somebody else may have made the tables between our two looks at them.
            Err(ErrorKind::Database { .. }) if !made_meanwhile => made_meanwhile = true,
            read => return read,
        }
    }
}

async fn read_once(
    handle: &mut Handle<'_>,
    tables: &HistoryTables,
    detail: Detail,
) -> Result<History, ErrorKind> {
    let HistoryTables { revisions, meta, .. } = tables;
    let sql = format!(
        "SELECT (SELECT value FROM {meta} WHERE key = 'format'), {version}, \
         (SELECT group_concat(printf('{}', {}), char(30)) FROM {revisions})",
        // One call a row is cheaper than a dozen of `||`, each of which copies what is left of it.
        ["%s"; COLUMNS].join(&COLUMN.to_string()),
        answer_columns(detail, "replace(message, char(30), ' ')").join(", "),
        meta = table(meta),
        version = version_of(tables),
        revisions = table(revisions),
    );
    let query = sqlx::query_as::<_, Answer>(AssertSqlSafe(sql)).persistent(false);
    let connection = handle.connection();
    match query.fetch_one(&mut *connection).await {
        Ok((format, version, rows)) => {
            refuse_newer(format.as_deref())?;
            History::parse(version.unwrap_or_default(), &rows.unwrap_or_default())
        }
        Err(error) => explain_failed_read(connection, tables, error).await,
    }
}

/// No tables is an empty history; tables of a newer format may lack any column but the format.
async fn explain_failed_read(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
    error: sqlx::Error,
) -> Result<History, ErrorKind> {
    let HistoryTables { revisions, log, meta, .. } = tables;
    let sql = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name IN (?, ?, ?)";
    let query = sqlx::query_scalar::<_, String>(sql).bind(revisions).bind(log).bind(meta);
    // Whatever was wrong before is wrong still; the first error tells it best.
    let found = match query.persistent(false).fetch_all(&mut *connection).await {
        Ok(found) => found,
        Err(busy) if is_busy(&busy) => return Err(reading(busy)),
        Err(_) => return Err(reading(error)),
    };
    if found.is_empty() {
        return Ok(History::default());
    }
    if found.contains(meta) {
        let sql = format!("SELECT value FROM {} WHERE key = 'format'", table(meta));
        let format = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql));
        let format = format.persistent(false).fetch_optional(connection).await.unwrap_or_default();
        refuse_newer(format.as_deref())?;
    }
    Err(reading(error))
}

pub(crate) async fn read_source(
    handle: &mut Handle<'_>,
    tables: &HistoryTables,
    id: &str,
) -> Result<Option<String>, ErrorKind> {
    let sql = format!("SELECT source FROM {} WHERE id = ?", table(&tables.revisions));
    let query = sqlx::query_scalar::<_, Option<String>>(AssertSqlSafe(sql)).bind(id.to_owned());
    let connection = handle.connection();
    match query.persistent(false).fetch_optional(&mut *connection).await {
        Ok(source) => Ok(source.flatten()),
        Err(error) => explain_failed_read(connection, tables, error).await.map(|_| None),
    }
}

pub(crate) async fn read_stored(
    handle: &mut Handle<'_>,
    tables: &HistoryTables,
    ids: &[&str],
) -> Result<Vec<StoredRevision>, ErrorKind> {
    let ids: Vec<String> = ids.iter().map(|id| literal(&Value::from(*id))).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE id IN ({}) ORDER BY seq",
        STORED_COLUMNS.join(", "),
        table(&tables.revisions),
        ids.join(", ")
    );
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    let rows = query.fetch_all(handle.connection()).await.map_err(reading)?;
    let stored = |row: SqliteRow| {
        let mut texts = [const { None }; STORED_COLUMNS.len() - 1];
        for (index, text) in texts.iter_mut().enumerate() {
            *text = row.try_get(index).map_err(reading)?;
        }
        StoredRevision::parse(texts, row.try_get("down_transaction").map_err(reading)?)
    };
    rows.into_iter().map(stored).collect()
}

/// The history's version as an expression: the number of the newest log line, and how often the
/// lease has changed hands. Both only grow, so an equal sum means that both are as they were.
pub(crate) fn version_of(HistoryTables { log, meta, .. }: &HistoryTables) -> String {
    format!(
        "((SELECT coalesce(max(seq), 0) FROM {}) \
         + (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM {} WHERE key = '{EPOCH}'))",
        table(log),
        table(meta)
    )
}

/// The history's version, 0 if nothing was ever written.
pub(crate) async fn version(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
) -> Result<i64, sqlx::Error> {
    let sql = format!("SELECT {}", version_of(tables));
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await
}

pub(crate) async fn insert_row(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    row: &NewRow<'_>,
    duration: Duration,
) -> Result<(), sqlx::Error> {
    insert_columns(connection, batch.tables, &row.columns(batch, duration)).await
}

/// Inserts a row of just these columns.
pub(crate) async fn insert_columns(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
    columns: &Columns,
) -> Result<(), sqlx::Error> {
    let sql = insert(&table(&tables.revisions), columns, |_| "?".to_owned());
    bind(sqlx::query(AssertSqlSafe(sql)), columns.clone()).execute(connection).await?;
    Ok(())
}

/// Changes the row of a revision, which must be there.
pub(crate) async fn update_row(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
    id: &str,
    columns: &Columns,
) -> Result<(), sqlx::Error> {
    let sql =
        format!("UPDATE {} SET {} WHERE id = ?", table(&tables.revisions), assignments(columns));
    let query = bind(sqlx::query(AssertSqlSafe(sql)), columns.clone()).bind(id.to_owned());
    let updated = query.execute(connection).await?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

fn assignments(columns: &Columns) -> String {
    let set = columns.iter().map(|(name, _)| format!("{name} = ?"));
    set.collect::<Vec<_>>().join(", ")
}

fn bind(query: Query, columns: Columns) -> Query {
    columns.into_iter().fold(query, |query, (_, value)| match value {
        Value::Text(text) => query.bind(text),
        Value::Integer(number) => query.bind(number),
        Value::Now => query.bind(now()),
        // Each statement is a message of its own here, and durations are measured.
        Value::Elapsed => query.bind(0_i64),
    })
}

/// A value as a literal of a script.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::Text(Some(text)) => format!("'{}'", text.replace('\'', "''")),
        Value::Integer(Some(number)) => number.to_string(),
        Value::Text(None) | Value::Integer(None) => "NULL".to_owned(),
        Value::Elapsed => "0".to_owned(),
        // %f has milliseconds; the history writes microseconds.
        Value::Now => "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')".to_owned(),
    }
}

/// The DELETE that takes a revision out of the history; `id` is a placeholder or a literal.
pub(crate) fn delete(tables: &HistoryTables, id: &str) -> String {
    format!("DELETE FROM {} WHERE id = {id}", table(&tables.revisions))
}

pub(crate) async fn delete_row(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
    id: &str,
) -> Result<(), sqlx::Error> {
    let sql = delete(tables, "?");
    let deleted = sqlx::query(AssertSqlSafe(sql)).bind(id.to_owned()).execute(connection).await?;
    // The history's version is unchanged, so the row was there when the plan was made.
    if deleted.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

/// Forgets every applied revision, known or not, with a log line; gives the history's version.
pub(crate) async fn clear(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
    run: &RunIdentity,
) -> Result<i64, sqlx::Error> {
    let sql = format!("DELETE FROM {}", table(&tables.revisions));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    let line = LogLine {
        action: Action::Stamp,
        revision: "base",
        outcome: "ok",
        error_code: None,
        duration: Duration::ZERO.into(),
    };
    log(connection, tables, run, &line).await
}

/// Appends a line to the log and gives the history's version.
pub(crate) async fn log(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
    run: &RunIdentity,
    line: &LogLine<'_>,
) -> Result<i64, sqlx::Error> {
    let columns = line.columns(run);
    let sql = insert(&table(&tables.log), &columns, |_| "?".to_owned());
    bind(sqlx::query(AssertSqlSafe(sql)), columns).execute(&mut *connection).await?;
    version(connection, tables).await
}

/// Replaces text and checksum of an applied revision, with a log line, in one transaction. The
/// row must still have the checksum `from`.
pub(crate) async fn accept(
    handle: &mut Handle<'_>,
    tables: &HistoryTables,
    run: &RunIdentity,
    row: &NewRow<'_>,
    from: &str,
    patience: &mut Patience<'_>,
) -> Result<(), ErrorKind> {
    let failed =
        |source| ErrorKind::Database { doing: format!("recording the edit of {}", row.id), source };
    patience.begin_anew();
    let mut transaction = loop {
        let mut begun = ImmediateTransaction::begin(handle.connection(), patience).await?;
        let connection = begun.connection();
        match lease::look(connection, tables).await.map_err(failed)?.standing {
            Standing::Free => break begun,
            Standing::Abandoned => {
                lease::clear(connection, tables).await.map_err(failed)?;
                break begun;
            }
            Standing::Held(held) => {
                begun.roll_back(None).await;
                patience.wait_for(Some(&held.holder())).await?;
            }
        }
    };
    replace_text(transaction.connection(), tables, run, row, from).await.map_err(failed)?;
    transaction.commit_patiently(patience).await.map_err(|error| match error {
        Uncommitted::GaveUp(error) => error,
        Uncommitted::Failed { source, .. } => failed(source),
    })
}

async fn replace_text(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
    run: &RunIdentity,
    row: &NewRow<'_>,
    from: &str,
) -> Result<(), sqlx::Error> {
    let columns = row.file_columns();
    let sql = format!(
        "UPDATE {} SET {} WHERE id = ? AND checksum = ?",
        table(&tables.revisions),
        assignments(&columns)
    );
    let query = bind(sqlx::query(AssertSqlSafe(sql)), columns);
    let query = query.bind(row.id.to_string()).bind(from.to_owned());
    if query.execute(&mut *connection).await?.rows_affected() != 1 {
        // Somebody took it down, or accepted another edit, since it was looked at.
        return Err(sqlx::Error::RowNotFound);
    }
    let line = LogLine {
        action: Action::Accept,
        revision: row.id.as_str(),
        outcome: "ok",
        error_code: None,
        duration: Duration::ZERO.into(),
    };
    log(connection, tables, run, &line).await.map(|_| ())
}
