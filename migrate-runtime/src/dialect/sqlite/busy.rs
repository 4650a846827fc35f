//! How long SQLite waits by itself for others: never longer than we may.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::transaction::send;

/// A connection whose own waiting is no longer than a run may wait; as it was when dropped.
pub(crate) struct ShortWaiting<'c> {
    connection: &'c mut SqliteConnection,
    /// The busy timeout to restore, in milliseconds.
    restore: Option<i64>,
}

impl<'c> ShortWaiting<'c> {
    pub(crate) async fn of(connection: &'c mut SqliteConnection, rest: Duration) -> Self {
        let own = sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut *connection).await.ok();
        let rest = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
        let restore = own.filter(|own| *own > rest);
        if restore.is_some() {
            send(connection, &format!("PRAGMA busy_timeout = {rest}"));
        }
        Self { connection, restore }
    }

    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection
    }
}

impl Drop for ShortWaiting<'_> {
    fn drop(&mut self) {
        if let Some(own) = self.restore {
            send(self.connection, &format!("PRAGMA busy_timeout = {own}"));
        }
    }
}
