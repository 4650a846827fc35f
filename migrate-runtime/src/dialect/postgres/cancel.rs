//! Ending a statement that is running: another connection asks the server for it.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use super::lock::is_of;

/// How long the other connection may take: a pooler may have none to give before the statement
/// ends by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// The server's process that runs the statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Backend {
    Process(i32),
    /// Whichever holds the advisory lock with this key.
    HolderOf(i64),
}

/// Whom to ask, and to end what.
#[derive(Debug, Clone)]
pub(super) struct Canceller {
    /// `None` where the connection is borrowed: nobody knows then how to reach its server.
    pub(super) options: Option<PgConnectOptions>,
    /// `None`: there is nothing that runs for long.
    pub(super) backend: Option<Backend>,
}

impl Canceller {
    /// Asks, and says whether there is anything left to ask for. If it can't be asked, the
    /// statement goes on to its end, and the run stops then.
    pub(super) async fn cancel(&self) -> bool {
        let (Some(options), Some(backend)) = (&self.options, self.backend) else { return true };
        let asked = async {
            let mut connection = options.connect().await?;
            let sql = match backend {
                Backend::Process(pid) => format!("SELECT pg_catalog.pg_cancel_backend({pid})"),
                Backend::HolderOf(key) => format!(
                    "SELECT pg_catalog.pg_cancel_backend(l.pid) FROM pg_catalog.pg_locks l \
                     WHERE {}",
                    is_of(key)
                ),
            };
            let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(&mut connection).await?;
            connection.close().await?;
            // The message may still be on its way.
            row.map_or(Ok(false), |row| row.try_get::<bool, _>(0))
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(is_cancelled)) => is_cancelled,
            Ok(Err(error)) => {
                tracing::debug!(target: "migrate", %error, "the statement could not be cancelled");
                true
            }
            Err(_) => false,
        }
    }
}
