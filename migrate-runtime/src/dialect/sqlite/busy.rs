//! When SQLite is held by somebody else, and how long it waits by itself.

use std::time::Duration;

use sqlx::{AssertSqlSafe, SqliteConnection};

/// `SQLITE_BUSY` and `SQLITE_LOCKED` with all their extended codes.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let code = code.and_then(|code| code.parse::<u32>().ok());
    matches!(code.map(|code| code & 0xFF), Some(5 | 6))
}

/// Makes the connection's own waiting no longer than `rest`. Gives the value to restore, if it
/// had to be changed.
pub(crate) async fn shorten_own_waiting(
    connection: &mut SqliteConnection,
    rest: Duration,
) -> Option<i64> {
    let own = sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut *connection).await.ok()?;
    let rest = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
    if own <= rest {
        return None;
    }
    set_own_waiting(connection, rest).await;
    Some(own)
}

/// Sets the busy timeout, in milliseconds. It is a setting of the connection and can't fail but
/// with the connection itself, which the next statement will tell.
pub(crate) async fn set_own_waiting(connection: &mut SqliteConnection, milliseconds: i64) {
    let sql = format!("PRAGMA busy_timeout = {milliseconds}");
    let _ = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
}
