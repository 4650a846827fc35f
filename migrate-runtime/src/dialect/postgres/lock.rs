//! One writer: an advisory lock of the session, polled. A blocking `pg_advisory_lock` beside a
//! CREATE INDEX CONCURRENTLY ends in "deadlock detected", because that waits for every transaction
//! that could see the old index; a poll between two statements holds nothing up.

use migrate_model::Checksum;
use sqlx::{AssertSqlSafe, Row};

use super::connect::{Locked, Session};
use super::quote;
use crate::error::ErrorKind;
use crate::patience::Patience;
use crate::settings::HistoryTables;

/// Takes the lock, waiting for it as long as there's patience.
pub(crate) async fn lock(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    patience: &mut Patience<'_>,
) -> Result<(), ErrorKind> {
    let mut locked = look_around(session, tables).await?;
    locked.key = key(&locked.schema, tables);
    let sql = format!("SELECT pg_catalog.pg_try_advisory_lock({})", locked.key);
    patience.begin_anew();
    loop {
        // Held from before the question is sent: when this future is dropped, it may still be got.
        session.locked = Some(locked.clone());
        let got = sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_one(session.connection()).await;
        match got.and_then(|row| row.try_get::<bool, _>(0)) {
            Ok(true) => return Ok(()),
            Ok(false) => session.locked = None,
            Err(source) => return Err(taking(source)),
        }
        if let Err(error) = patience.wait().await {
            return Err(match error {
                ErrorKind::LockTimeout { waited, .. } => {
                    let holder = holder(session, locked.key).await;
                    ErrorKind::LockTimeout { waited, holder }
                }
                other => other,
            });
        }
    }
}

/// Gives the lock back. If the server does not confirm it, the session keeps counting as locked,
/// and its connection is closed instead.
pub(crate) async fn unlock(session: &mut Session<'_>) {
    let Some(Locked { key, .. }) = session.locked else { return };
    let sql = format!("SELECT pg_catalog.pg_advisory_unlock({key})");
    let unlocked = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(session.connection()).await;
    if unlocked.and_then(|row| row.try_get::<bool, _>(0)).unwrap_or(false) {
        session.locked = None;
    }
}

fn taking(source: sqlx::Error) -> ErrorKind {
    ErrorKind::Database { doing: "taking the lock".to_owned(), source }
}

/// Where the tables are, or would be made; and how the session shall be left.
async fn look_around(
    session: &mut Session<'_>,
    tables: &HistoryTables,
) -> Result<Locked, ErrorKind> {
    let schema = match &tables.schema {
        Some(schema) => quote::text(schema),
        None => format!(
            "coalesce((SELECT n.nspname FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.oid = pg_catalog.to_regclass({})), pg_catalog.current_schema())",
            quote::text(&quote::name(&tables.revisions))
        ),
    };
    let is_missing = match &tables.schema {
        Some(schema) => {
            let name = quote::text(&quote::name(schema));
            format!("pg_catalog.to_regnamespace({name}) IS NULL")
        }
        None => "false".to_owned(),
    };
    let sql = format!(
        "SELECT {schema}::text, pg_catalog.current_setting('search_path'), \
         pg_catalog.current_setting('role'), pg_catalog.pg_backend_pid(), \
         pg_catalog.current_setting('lock_timeout'), \
         pg_catalog.current_setting('statement_timeout'), {is_missing}"
    );
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(session.connection()).await;
    let row = row.map_err(taking)?;
    let text = |index| row.try_get::<Option<String>, _>(index).map_err(taking);
    let schema = text(0)?.ok_or_else(|| ErrorKind::Usage {
        message: "the search_path names no schema that exists, so the history has no place"
            .to_owned(),
        code: "config.schema",
    })?;
    Ok(Locked {
        key: 0,
        schema,
        is_schema_missing: row.try_get(6).map_err(taking)?,
        search_path: text(1)?.unwrap_or_default(),
        role: text(2)?.unwrap_or_default(),
        pid: row.try_get(3).map_err(taking)?,
        lock_timeout: text(4)?.unwrap_or_default(),
        statement_timeout: text(5)?.unwrap_or_default(),
    })
}

/// Advisory locks are the database's own, so a key is the history's within it.
fn key(schema: &str, tables: &HistoryTables) -> i64 {
    let name = format!("cargo-migrate\n{schema}\n{}", tables.revisions);
    let digest = Checksum::of(name.as_bytes()).to_string();
    let digits = digest.trim_start_matches("sha256:").get(..16).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_default().cast_signed()
}

/// Who has the lock, as the server knows it.
async fn holder(session: &mut Session<'_>, key: i64) -> Option<String> {
    // An advisory lock's key of 64 bits stands in two columns, the higher half in classid.
    let sql = format!(
        "SELECT concat_ws(' ', nullif(a.application_name, ''), 'as', a.usename, 'from', \
         coalesce(host(a.client_addr), 'a socket'), '(pid ' || a.pid || ', since ' || \
         to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ')') \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND (l.classid::bigint << 32 | l.objid::bigint) = {key}"
    );
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(session.connection()).await;
    row.ok()??.try_get(0).ok()
}

/// A condition that holds as long as this session has the lock.
pub(super) fn is_ours(key: i64) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted \
         AND pid = pg_catalog.pg_backend_pid() AND objsubid = 1 \
         AND (classid::bigint << 32 | objid::bigint) = {key})"
    )
}
