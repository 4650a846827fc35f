//! One writer: an advisory lock, of the session or of each message, polled. A blocking `pg_advisory_lock` beside a
//! CREATE INDEX CONCURRENTLY ends in "deadlock detected", because that waits for every transaction
//! that could see the old index; a poll between two statements holds nothing up.

use migrate_model::Checksum;
use sqlx::{AssertSqlSafe, Row};

use super::connect::{Hold, Locked, Session};
use super::{permission, quote};
use crate::error::ErrorKind;
use crate::identity::RunIdentity;
use crate::patience::Patience;
use crate::settings::HistoryTables;

/// Takes the lock for the session, waiting for it as long as there's patience.
pub(crate) async fn lock(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    patience: &mut Patience<'_>,
) -> Result<(), ErrorKind> {
    let locked = look_around(session, tables, Hold::Session).await?;
    let sql = format!(
        "SELECT pg_catalog.pg_try_advisory_lock({}), pg_catalog.pg_backend_pid()",
        locked.key
    );
    patience.begin_anew();
    loop {
        // Held from before the question is sent: when this future is dropped, it may still be got.
        session.locked = Some(locked.clone());
        let asked = sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_one(session.connection()).await;
        let answer = asked.and_then(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        match answer.map_err(taking)? {
            (true, pid) => {
                // Behind a pooler it may be another session than the one that was asked before.
                session.locked = Some(Locked { pid, ..locked });
                return Ok(());
            }
            (false, _) => session.locked = None,
        }
        if let Err(error) = patience.wait().await {
            return Err(with_holder(session, locked.key, error).await);
        }
    }
}

/// Lets each message take the lock for itself. Nothing is taken yet.
pub(crate) async fn lock_each_message(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    run: &RunIdentity,
) -> Result<(), ErrorKind> {
    let mark = number(&["cargo-migrate run", &run.run_id]);
    session.locked = Some(look_around(session, tables, Hold::Message { mark }).await?);
    Ok(())
}

/// Waits until nobody has the lock, as long as there's patience. It's looked at, not taken: so
/// those who wait are in nobody's way.
pub(super) async fn wait_for_others(
    session: &mut Session<'_>,
    key: i64,
    patience: &mut Patience<'_>,
) -> Result<(), ErrorKind> {
    let sql = format!("SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE {})", is_of(key));
    loop {
        if let Err(error) = patience.wait().await {
            return Err(with_holder(session, key, error).await);
        }
        let asked = sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_one(session.connection()).await;
        if !asked.and_then(|row| row.try_get::<bool, _>(0)).map_err(taking)? {
            return Ok(());
        }
    }
}

/// The error of a wait that was too long, with who has the lock.
async fn with_holder(session: &mut Session<'_>, key: i64, error: ErrorKind) -> ErrorKind {
    match error {
        ErrorKind::LockTimeout { waited, .. } => {
            ErrorKind::LockTimeout { waited, holder: holder(session, key).await }
        }
        other => other,
    }
}

fn taking(source: sqlx::Error) -> ErrorKind {
    ErrorKind::Database { doing: "taking the lock".to_owned(), source }
}

/// Where the tables are, or would be made; and how the session shall be left.
async fn look_around(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    hold: Hold,
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
    let Some(schema) = text(0)? else {
        let closed = permission::of_search_path(session.connection(), tables).await;
        return Err(closed.unwrap_or_else(|| ErrorKind::Usage {
            message: "the search_path names no schema that exists, so the history has no place"
                .to_owned(),
            code: "config.schema",
        }));
    };
    Ok(Locked {
        key: number(&["cargo-migrate", &schema, &tables.revisions]),
        hold,
        schema,
        is_schema_missing: row.try_get(6).map_err(taking)?,
        search_path: text(1)?.unwrap_or_default(),
        role: text(2)?.unwrap_or_default(),
        pid: row.try_get(3).map_err(taking)?,
        lock_timeout: text(4)?.unwrap_or_default(),
        statement_timeout: text(5)?.unwrap_or_default(),
    })
}

/// The key that stands for a name. Advisory locks are the database's own, so that of a history is
/// its schema's and table's within it.
fn number(name: &[&str]) -> i64 {
    let digest = Checksum::of(name.join("\n").as_bytes()).to_string();
    let digits = digest.trim_start_matches("sha256:").get(..16).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_default().cast_signed()
}

/// Who has the lock, as the server knows it.
async fn holder(session: &mut Session<'_>, key: i64) -> Option<String> {
    let sql = format!(
        "SELECT concat_ws(' ', nullif(a.application_name, ''), 'as', a.usename, 'from', \
         coalesce(host(a.client_addr), 'a socket'), '(pid ' || a.pid || ', since ' || \
         to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ')') \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE {}",
        is_of(key)
    );
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(session.connection()).await;
    row.ok()??.try_get(0).ok()
}

/// A condition on a row `l` of `pg_locks`: it is the advisory lock with this key, and somebody has
/// it. A key of 64 bits stands in two columns, the higher half in `classid`.
pub(super) fn is_of(key: i64) -> String {
    format!(
        "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND (l.classid::bigint << 32 | l.objid::bigint) = {key} AND l.database = \
         (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
    )
}

/// A condition that holds as long as this session has the lock.
pub(super) fn is_ours(key: i64) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_locks l \
         WHERE l.pid = pg_catalog.pg_backend_pid() AND {})",
        is_of(key)
    )
}
