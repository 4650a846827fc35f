//! Giving the session's lock back. A pooler may have given our session to somebody else, with the
//! lock on it: then it's looked for, for a moment.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};

use super::connect::{Hold, Locked, Session};
use super::lock::is_of;

/// How long the session is looked for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many sessions of the server are asked at most.
const SESSIONS: usize = 10;

/// Gives the lock back. If the server does not confirm it, the session keeps counting as locked,
/// and its connection is closed instead. If another session of the server still holds the lock,
/// its process.
pub(crate) async fn unlock(session: &mut Session<'_>) -> Option<i32> {
    let &Locked { key, hold, pid, .. } = session.locked.as_ref()?;
    if let Hold::Message { .. } = hold {
        session.locked = None;
        return None;
    }
    let unlocked = unlock_on(session.connection(), key, pid).await;
    let left = match unlocked {
        Ok(Some(true)) => None,
        // The session is gone, or has nothing that could be given back.
        Ok(Some(false)) | Err(_) => return None,
        Ok(None) => elsewhere(session, key, pid).await,
    };
    if left.is_none() {
        session.locked = None;
    }
    left
}

/// `None`: it is another session that answers.
async fn unlock_on(
    connection: &mut PgConnection,
    key: i64,
    pid: i32,
) -> Result<Option<bool>, sqlx::Error> {
    let sql = format!(
        "SELECT pg_catalog.pg_advisory_unlock({key}) WHERE pg_catalog.pg_backend_pid() = {pid}"
    );
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(connection).await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// Looks for the session that has the lock; gives its process if it keeps it.
async fn elsewhere(session: &mut Session<'_>, key: i64, pid: i32) -> Option<i32> {
    if !is_held(session, key, pid).await {
        return None;
    }
    if let Some(options) = session.options.clone() {
        let mut asked = Vec::new();
        let found = ask_others(&options, key, pid, &mut asked);
        if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, found).await {
            tracing::debug!(target: "migrate", %error, "the lock's session could not be found");
        }
        for connection in asked {
            let closed = tokio::time::timeout(PATIENCE, end(connection)).await;
            if let Ok(Err(error)) = closed {
                tracing::debug!(target: "migrate", %error, "closing the connection failed");
            }
        }
    }
    is_held(session, key, pid).await.then_some(pid)
}

/// As long as these transactions are open, a pooler has to answer each from another session.
async fn ask_others(
    options: &PgConnectOptions,
    key: i64,
    pid: i32,
    asked: &mut Vec<PgConnection>,
) -> Result<(), sqlx::Error> {
    for _ in 0..SESSIONS {
        let mut connection = options.connect().await?;
        sqlx::raw_sql("BEGIN").execute(&mut connection).await?;
        // A transaction has no say in what the session holds.
        let unlocked = unlock_on(&mut connection, key, pid).await;
        asked.push(connection);
        if unlocked?.is_some() {
            break;
        }
    }
    Ok(())
}

async fn end(mut connection: PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("ROLLBACK").execute(&mut connection).await?;
    connection.close().await
}

async fn is_held(session: &mut Session<'_>, key: i64, pid: i32) -> bool {
    let sql = format!(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = {pid} AND {})",
        is_of(key)
    );
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(session.connection()).await;
    row.and_then(|row| row.try_get(0)).unwrap_or(false)
}
