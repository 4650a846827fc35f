//! The lease on MySQL and MariaDB, where `GET_LOCK` can't be had: clusters, and proxies. Each record
//! asks whether it's still ours, and renews it; a statement that takes long is accompanied by
//! renewals on a connection of their own. No row stays locked, because on a cluster the other nodes
//! would not see that.

mod taking;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::connect::Session;
use super::quote;
use crate::history::lease::on_server::{PATIENCE, Renewals, mark_of_run};
use crate::history::lease::{EPOCH, LEASE, TERM, UNTIL_LENGTH, token};
use crate::identity::RunIdentity;

pub(crate) use taking::lock_by_lease;
pub(super) use taking::wait_until_free;

/// The lease as this run has it.
#[derive(Debug, Clone)]
pub(super) struct Ours {
    /// The meta table as SQL.
    meta: String,
    /// What no other lease has.
    token: String,
    /// The comment that each statement of a revision begins with.
    pub(super) mark: String,
    renewals: Renewals,
}

impl Ours {
    /// The lease of a run that comes after so many.
    fn new(meta: &str, mark: &str, run: &RunIdentity, epoch: i64) -> Self {
        let (meta, token) = (meta.to_owned(), token(run, epoch));
        Self { meta, token, mark: mark_of_run(mark, run), renewals: Renewals::from_now() }
    }

    /// A condition that holds as long as the lease is ours. As a part of what writes it keeps the
    /// lease's row as it is to the end of the transaction.
    pub(super) fn is_ours(&self) -> String {
        format!("EXISTS (SELECT 1 FROM {} WHERE {})", self.meta, self.is_our_row())
    }

    /// Makes it last a term from now. It changes one row, unless the lease is lost.
    pub(super) fn renewal(&self) -> String {
        format!(
            "UPDATE {} SET value = CONCAT({}, {}) WHERE {}",
            self.meta,
            in_terms(1),
            quote::text(&self.token),
            self.is_our_row()
        )
    }

    /// Gives it back, if it's still ours.
    fn release(&self) -> String {
        let behind = UNTIL_LENGTH + 1;
        format!(
            "{} SET lease.value = '', epoch.value = CAST(epoch.value AS UNSIGNED) + 1 \
             WHERE SUBSTRING(lease.value, {behind}) = {}",
            both(&self.meta),
            quote::text(&self.token)
        )
    }

    fn is_our_row(&self) -> String {
        let behind = UNTIL_LENGTH + 1;
        format!("`key` = '{LEASE}' AND SUBSTRING(value, {behind}) = {}", quote::text(&self.token))
    }

    /// What renews it while statements run.
    pub(super) fn keeper(&self, options: Option<MySqlConnectOptions>) -> Keeper {
        Keeper { options, renewal: self.renewal() }
    }

    /// Whether it's time to renew it.
    pub(super) fn is_due(&mut self) -> bool {
        self.renewals.is_due()
    }

    /// It was renewed just now.
    pub(super) fn is_renewed(&mut self) {
        self.renewals = Renewals::from_now();
    }
}

/// Renews the lease on a connection of its own. Of a borrowed connection nobody knows how to make
/// another one; then the statement itself is what others see.
pub(super) struct Keeper {
    options: Option<MySqlConnectOptions>,
    renewal: String,
}

impl Keeper {
    pub(super) async fn renew(&self) {
        let Some(options) = &self.options else { return };
        let renewal = AssertSqlSafe(self.renewal.clone());
        let renewed = async {
            let mut connection = options.connect().await?;
            sqlx::raw_sql(renewal).execute(&mut connection).await?;
            connection.close().await
        };
        match tokio::time::timeout(PATIENCE, renewed).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(target: "migrate", %error, "the lease could not be renewed");
            }
            Err(_) => tracing::debug!(target: "migrate", "the lease was not renewed in time"),
        }
    }
}

/// Both rows of the lease in one UPDATE.
fn both(meta: &str) -> String {
    format!(
        "UPDATE {meta} AS lease JOIN {meta} AS epoch \
         ON lease.`key` = '{LEASE}' AND epoch.`key` = '{EPOCH}'"
    )
}

/// The time in so many terms, by the server's clock.
fn in_terms(terms: u64) -> String {
    let seconds = terms * TERM.as_secs();
    format!(
        "CONCAT(LEFT(DATE_FORMAT(UTC_TIMESTAMP(6) + INTERVAL {seconds} SECOND, \
         '%Y-%m-%dT%H:%i:%s.%f'), {}), 'Z')",
        UNTIL_LENGTH - 1
    )
}

/// Gives the lease back. If the server does not confirm it, it runs out.
pub(super) async fn give_back(session: &mut Session<'_>) {
    let lease = session.locked.as_mut().and_then(|locked| locked.lease.take());
    let Some(lease) = lease else { return };
    if let Err(error) = session.run(lease.release()).await {
        tracing::debug!(target: "migrate", %error, "the lease is left to run out");
    }
}
