//! A look into a SQLite database from outside.

use std::path::Path;

use migrate_runtime::sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use migrate_runtime::sqlx::{self, AssertSqlSafe, Connection, Row, SqliteConnection};

async fn connect(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Runs a script.
pub fn execute(file: &Path, sql: &str) {
    block_on(async {
        let mut connection = connect(file).await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// The first column of a query, as text.
pub fn query(file: &Path, sql: &str) -> Vec<String> {
    block_on(async {
        let mut connection = connect(file).await;
        rows(&mut connection, sql).await
    })
}

async fn rows(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
    // SQLite makes a text of any value that is asked for as one.
    let text = |row: &SqliteRow| row.try_get_unchecked::<Option<String>, _>(0).unwrap();
    rows.iter().map(|row| text(row).unwrap_or_else(|| "NULL".to_owned())).collect()
}

/// The schema, and every row of every table, as lines of text; the history tables are left out.
/// Values are written by SQLite's `quote()`, so types and NULLs count, too.
pub fn state(file: &Path) -> Vec<String> {
    block_on(async {
        let mut connection = connect(file).await;
        let not_ours = "name NOT LIKE '\\_migrate%' ESCAPE '\\' \
                        AND tbl_name NOT LIKE '\\_migrate%' ESCAPE '\\'";
        let mut lines = rows(
            &mut connection,
            &format!(
                "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || quote(sql) AS x \
             FROM sqlite_master WHERE {not_ours} ORDER BY type, name"
            ),
        )
        .await;
        let tables = rows(&mut connection, &format!(
            "SELECT name AS x FROM sqlite_master WHERE type IN ('table', 'view') AND {not_ours} \
             ORDER BY name"
        ))
        .await;
        for table in tables {
            let name = table.replace('\'', "''");
            let columns = rows(
                &mut connection,
                &format!(
                    "SELECT 'quote(\"' || replace(name, '\"', '\"\"') || '\")' AS x \
                 FROM pragma_table_xinfo('{name}')"
                ),
            )
            .await;
            let row = columns.join(" || ',' || ");
            let from = table.replace('"', "\"\"");
            let values =
                rows(&mut connection, &format!("SELECT {row} AS x FROM \"{from}\" ORDER BY 1"))
                    .await;
            lines.extend(values.into_iter().map(|values| format!("{table}: {values}")));
        }
        lines
    })
}
