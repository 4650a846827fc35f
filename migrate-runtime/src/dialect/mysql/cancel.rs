//! Ending a statement that is running: another connection asks the server for it.

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// Whom to ask, and to end what.
#[derive(Debug, Clone)]
pub(super) struct Canceller {
    /// `None` where the connection is borrowed: nobody knows then how to reach its server.
    pub(super) options: Option<MySqlConnectOptions>,
    /// The server's number of the connection.
    pub(super) connection: u64,
}

impl Canceller {
    /// Asks once. If that can't be, the statement goes on to its end, and the run stops then.
    pub(super) async fn cancel(&self) {
        let Some(options) = &self.options else { return };
        let asked = async {
            let mut connection = options.connect().await?;
            let sql = format!("KILL QUERY {}", self.connection);
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
            connection.close().await
        };
        if let Err(error) = asked.await {
            tracing::debug!(target: "migrate", %error, "the statement could not be ended");
        }
    }
}
