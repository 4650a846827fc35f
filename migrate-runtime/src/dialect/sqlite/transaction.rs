//! The transaction that is also the lock: BEGIN IMMEDIATE, and an end on every path.

use std::pin::pin;
use std::task::{Context, Waker};

use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};

/// A write transaction that is rolled back when it is dropped.
///
/// Some errors (a full disk, RAISE(ROLLBACK), ON CONFLICT ROLLBACK) end the transaction inside
/// SQLite. A ROLLBACK would then fail and leave sqlx's count of open transactions wrong for good.
/// A plain BEGIN before it begins a new transaction in just that case, and is a harmless error
/// otherwise
/// (<https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction>).
pub(crate) struct ImmediateTransaction<'c>(Option<Transaction<'c, Sqlite>>);

const OPEN: &str = "it is taken by the calls that end it, and they consume it";

impl<'c> ImmediateTransaction<'c> {
    pub(crate) async fn begin(connection: &'c mut SqliteConnection) -> Result<Self, sqlx::Error> {
        connection.begin_with("BEGIN IMMEDIATE").await.map(|transaction| Self(Some(transaction)))
    }

    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.0.as_mut().expect(OPEN)
    }

    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.0.take().expect(OPEN).commit().await
    }

    /// Rolls back, whatever state the transaction is in, and says whether that is certain.
    pub(crate) async fn roll_back(mut self) -> bool {
        let _ = sqlx::raw_sql("BEGIN").execute(self.connection()).await;
        self.0.take().expect(OPEN).rollback().await.is_ok()
    }
}

impl Drop for ImmediateTransaction<'_> {
    fn drop(&mut self) {
        if let Some(mut transaction) = self.0.take() {
            // The first poll sends the statement; the connection's thread runs it whether or not
            // somebody waits for the answer. sqlx's own rollback comes behind it.
            let begin = sqlx::raw_sql("BEGIN").execute(&mut *transaction);
            let _ = pin!(begin).poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}
