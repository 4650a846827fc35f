//! The transaction that is also the lock: BEGIN IMMEDIATE, and an end on every path.

use std::pin::pin;
use std::task::{Context, Waker};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::error::{is_busy, primary_code};
use crate::error::ErrorKind;
use crate::patience::Patience;

/// A write transaction that is rolled back when it is dropped.
///
/// It is ours, not sqlx's: SQLite ends some transactions by itself (a full disk, RAISE(ROLLBACK),
/// ON CONFLICT ROLLBACK), and sqlx's count of open transactions would then be wrong for good
/// (<https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction>);
/// and a COMMIT that meets a reader must be tried again, where sqlx rolls back.
pub(crate) struct ImmediateTransaction<'c> {
    connection: &'c mut SqliteConnection,
    is_open: bool,
}

/// Why a transaction was not committed.
pub(crate) enum Uncommitted {
    /// Somebody read for too long, or the run shall stop; it is rolled back.
    GaveUp(ErrorKind),
    Failed {
        source: sqlx::Error,
        /// Whether it's certain that nothing is left of it.
        rolled_back: bool,
    },
}

impl<'c> ImmediateTransaction<'c> {
    /// Takes the lock, and waits for it as long as there's patience.
    pub(crate) async fn begin(
        connection: &'c mut SqliteConnection,
        patience: &mut Patience<'_>,
    ) -> Result<Self, ErrorKind> {
        if connection.is_in_transaction() {
            return Err(inside_another());
        }
        // Open from before the BEGIN is sent: when this future is dropped, it may still run.
        let mut transaction = Self { connection, is_open: true };
        loop {
            let begun = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *transaction.connection);
            let Err(source) = begun.await else { return Ok(transaction) };
            transaction.is_open = false;
            if !is_busy(&source) {
                let doing = "beginning a transaction".to_owned();
                return Err(ErrorKind::Database { doing, source });
            }
            patience.wait().await?;
            transaction.is_open = true;
        }
    }

    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection
    }

    /// Commits. After an error the transaction may be open still, and be committed again.
    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("COMMIT").execute(&mut *self.connection).await?;
        self.is_open = false;
        Ok(())
    }

    /// Commits, and waits for readers as long as there's patience.
    pub(crate) async fn commit_patiently(
        mut self,
        patience: &mut Patience<'_>,
    ) -> Result<(), Uncommitted> {
        patience.begin_anew();
        while let Err(source) = self.commit().await {
            if !is_busy(&source) {
                let rolled_back = self.roll_back(Some(&source)).await;
                return Err(Uncommitted::Failed { source, rolled_back });
            }
            // Giving up drops the transaction, which rolls it back.
            patience.wait().await.map_err(Uncommitted::GaveUp)?;
        }
        Ok(())
    }

    /// Rolls back after an error, or without one, and says whether nothing of it is left for
    /// certain.
    pub(crate) async fn roll_back(mut self, error: Option<&sqlx::Error>) -> bool {
        let rolled_back = sqlx::raw_sql("ROLLBACK").execute(&mut *self.connection).await.is_ok();
        self.is_open = false;
        rolled_back || error.is_some_and(can_end_a_transaction)
    }
}

impl Drop for ImmediateTransaction<'_> {
    fn drop(&mut self) {
        if self.is_open {
            send(self.connection, "ROLLBACK");
        }
    }
}

fn inside_another() -> ErrorKind {
    ErrorKind::Usage {
        message: "the connection is inside a transaction; revisions run in their own".to_owned(),
        code: "usage.in_transaction",
    }
}

/// The errors at which SQLite may roll back by itself: NOMEM, INTERRUPT, IOERR, FULL, CONSTRAINT;
/// BUSY where it keeps two writers from waiting for each other.
fn can_end_a_transaction(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(5 | 7 | 9 | 10 | 13 | 19))
}

/// Sends a statement without waiting for its answer: the first poll hands it to the connection's
/// thread, which runs it before anything that is sent later.
pub(crate) fn send(connection: &mut SqliteConnection, sql: &str) {
    let statement = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection);
    let _ = pin!(statement).poll(&mut Context::from_waker(Waker::noop()));
}
