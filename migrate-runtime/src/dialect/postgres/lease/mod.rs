//! The lease on PostgreSQL: for the whole run where no lock of the server is to be used, and for
//! sections outside of a transaction where each message has the lock for itself. A message that
//! writes keeps the lease's row locked to its end, so nobody can take it over meanwhile; whoever
//! wants it passes over a row that is locked, and comes again.

mod taking;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::connect::Session;
use super::history::Names;
use super::quote;
use crate::history::lease::on_server::{PATIENCE, Renewals, mark_of_run};
use crate::history::lease::{EPOCH, LEASE, TERM, UNTIL_LENGTH, token};
use crate::identity::RunIdentity;

pub(super) use taking::take_for_step;
pub(crate) use taking::{lock_by_lease, wait_until_free};

/// The lease as this run has it.
#[derive(Debug, Clone)]
pub(super) struct Ours {
    /// The meta table as SQL.
    meta: String,
    /// What no other lease has.
    token: String,
    /// The comment that all begins with that is sent under it.
    pub(super) mark: String,
}

impl Ours {
    /// The lease of a run that comes after so many.
    fn new(meta: &str, mark: &str, run: &RunIdentity, epoch: i64) -> Self {
        let (meta, token) = (meta.to_owned(), token(run, epoch));
        Self { meta, token, mark: mark_of_run(mark, run) }
    }

    /// A query that fails if the lease is not ours any more, and keeps it ours to the end of the
    /// transaction.
    pub(super) fn guard(&self) -> String {
        format!(
            "SELECT 1 / count(*) FROM (SELECT FROM {} WHERE {} FOR UPDATE) AS lease",
            self.meta,
            self.is_ours()
        )
    }

    /// Makes it last a term from now.
    pub(super) fn renewal(&self) -> String {
        format!(
            "UPDATE {} SET value = {} || {} WHERE {}",
            self.meta,
            in_terms(1),
            quote::text(&self.token),
            self.is_ours()
        )
    }

    /// Gives it back, if it's still ours.
    pub(super) fn release(&self) -> String {
        format!(
            "UPDATE {meta} SET value = CASE key WHEN '{EPOCH}' THEN (value::bigint + 1)::text \
             ELSE '' END WHERE key IN ('{EPOCH}', '{LEASE}') \
             AND EXISTS (SELECT FROM {meta} WHERE {})",
            self.is_ours(),
            meta = self.meta
        )
    }

    fn is_ours(&self) -> String {
        let behind = UNTIL_LENGTH + 1;
        format!("key = '{LEASE}' AND substr(value, {behind}) = {}", quote::text(&self.token))
    }

    /// What renews it while a statement runs that has no transaction.
    pub(super) fn keeper(&self, options: Option<PgConnectOptions>) -> Keeper {
        Keeper { options, renewal: self.renewal(), renewals: Renewals::from_now() }
    }
}

/// Renews the lease on a connection of its own. Of a borrowed connection nobody knows how to make
/// another one; then the statement itself is what others see.
pub(super) struct Keeper {
    options: Option<PgConnectOptions>,
    renewal: String,
    renewals: Renewals,
}

impl Keeper {
    /// Renews it if it's time.
    pub(super) async fn keep(&mut self) {
        let Some(options) = &self.options else { return };
        if !self.renewals.is_due() {
            return;
        }
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

/// The condition that nobody has the lease, or has left it.
pub(super) fn is_free(names: &Names) -> String {
    format!("NOT EXISTS (SELECT FROM {} WHERE key = '{LEASE}' AND value <> '')", names.meta)
}

/// The time in so many terms, by the server's clock.
fn in_terms(terms: u64) -> String {
    let seconds = terms * TERM.as_secs();
    format!(
        "pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' \
         + interval '{seconds} seconds', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    )
}

/// Gives the lease back. If the server does not confirm it, it runs out.
pub(super) async fn give_back(session: &mut Session<'_>) {
    let lease = session.locked.as_mut().and_then(|locked| locked.lease.take());
    let Some(lease) = lease else { return };
    let sql = AssertSqlSafe(lease.release());
    if let Err(error) = sqlx::raw_sql(sql).execute(session.connection()).await {
        tracing::debug!(target: "migrate", %error, "the lease is left to run out");
    }
}
