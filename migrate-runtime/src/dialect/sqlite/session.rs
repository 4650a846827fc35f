//! The connection as it was found: what a section without a transaction changes on it alone is put
//! back, so that its next user finds it as before.

use migrate_model::script::SessionChange;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

/// The PRAGMAs that are the connection's own. The others change the file (`journal_mode`,
/// `user_version`), or can't be asked for (`case_sensitive_like`); `defer_foreign_keys` ends with
/// each transaction by itself. <https://www.sqlite.org/pragma.html>
const OWN: [&str; 24] = [
    "analysis_limit",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "cell_size_check",
    "checkpoint_fullfsync",
    "foreign_keys",
    "fullfsync",
    "ignore_check_constraints",
    "journal_size_limit",
    "legacy_alter_table",
    "locking_mode",
    "mmap_size",
    "query_only",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "synchronous",
    "temp_store",
    "trusted_schema",
    "wal_autocheckpoint",
    "writable_schema",
];

/// The statements that put back what a section changes.
#[derive(Debug, Default)]
pub(super) struct Found {
    statements: Vec<String>,
}

impl Found {
    /// Looks at what the statements are going to change, before the first of them runs.
    pub(super) async fn before(
        statements: impl Iterator<Item = &str>,
        connection: &mut SqliteConnection,
    ) -> Result<Self, sqlx::Error> {
        let mut found = Self::default();
        for change in statements.filter_map(SessionChange::of) {
            let statement = match change {
                SessionChange::Setting { schema, name } => {
                    if !OWN.contains(&name.as_str()) {
                        continue;
                    }
                    let schema = schema.map(|schema| quoted(&schema) + ".").unwrap_or_default();
                    let value = setting(connection, &format!("PRAGMA {schema}{name}")).await?;
                    value.map(|value| format!("PRAGMA {schema}{name} = {value}"))
                }
                SessionChange::Attached(schema) => {
                    let sql = "SELECT name FROM pragma_database_list";
                    let is_new = !names(connection, sql).await?.contains(&schema);
                    is_new.then(|| format!("DETACH {}", quoted(&schema)))
                }
                SessionChange::Temporary { kind, name } => {
                    let sql = "SELECT name FROM sqlite_temp_master";
                    let is_new = !names(connection, sql).await?.contains(&name);
                    is_new.then(|| format!("DROP {kind} IF EXISTS temp.{}", quoted(&name)))
                }
            };
            // A setting that was set twice was found once.
            found.statements.extend(statement.filter(|it| !found.statements.contains(it)));
        }
        Ok(found)
    }

    /// The next of the statements, each once. What was made last may need what was made before.
    pub(super) fn next(&mut self) -> Option<String> {
        self.statements.pop()
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `None` where the schema is one that the section attaches itself.
async fn setting(
    connection: &mut SqliteConnection,
    sql: &str,
) -> Result<Option<String>, sqlx::Error> {
    let Ok(row) = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(connection).await else {
        return Ok(None);
    };
    let Some(row) = row else { return Ok(None) };
    match row.try_get::<i64, _>(0) {
        Ok(number) => Ok(Some(number.to_string())),
        Err(_) => row.try_get(0).map(Some),
    }
}

/// Names in small letters.
async fn names(
    connection: &mut SqliteConnection,
    sql: &'static str,
) -> Result<Vec<String>, sqlx::Error> {
    let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(connection).await?;
    Ok(names.into_iter().map(|name| name.to_ascii_lowercase()).collect())
}
