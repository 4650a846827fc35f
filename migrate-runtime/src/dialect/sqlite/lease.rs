//! The lease on SQLite: taken, looked at, renewed and given back inside of a BEGIN IMMEDIATE. Each
//! time it changes hands its number goes up, and with that the history's version: whoever has
//! planned before plans anew.

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::connect::Handle;
use super::error::is_busy;
use super::history::{literal, table, version_of};
use crate::error::ErrorKind;
use crate::history::lease::{Clock, EPOCH, LEASE, Standing, TERM, UNTIL_LENGTH, token};
use crate::history::{Value, reading};
use crate::identity::RunIdentity;
use crate::patience::Patience;
use crate::settings::HistoryTables;

/// What a writer must know before it writes.
pub(super) struct Look {
    /// The history's version.
    pub(super) version: i64,
    pub(super) standing: Standing,
}

/// Looks, in the transaction that is to write.
pub(super) async fn look(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
) -> Result<Look, sqlx::Error> {
    let sql = format!(
        "SELECT {}, (SELECT value FROM {} WHERE key = '{LEASE}'), {}, {}",
        version_of(tables),
        table(&tables.meta),
        in_terms(0),
        in_terms(2)
    );
    let query = sqlx::query_as::<_, (i64, Option<String>, String, String)>(AssertSqlSafe(sql));
    let (version, text, now, latest) = query.fetch_one(connection).await?;
    Ok(Look { version, standing: Standing::of(text.as_deref(), &Clock { now, latest }) })
}

/// Waits until nobody has the lease; one that nobody gave back is as good as none.
pub(crate) async fn wait_until_free(
    handle: &mut Handle<'_>,
    tables: &HistoryTables,
    patience: &mut Patience<'_>,
) -> Result<(), ErrorKind> {
    patience.begin_anew();
    loop {
        match look(handle.connection(), tables).await {
            Ok(Look { standing: Standing::Held(lease), .. }) => {
                patience.wait_for(Some(&lease.holder())).await?;
            }
            Ok(_) => return Ok(()),
            Err(error) if is_busy(&error) => patience.wait().await?,
            Err(error) => return Err(reading(error)),
        }
    }
}

/// Ends a lease that nobody gave back. Its holder, should it live, can't record any more.
pub(super) async fn clear(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
) -> Result<(), sqlx::Error> {
    next_epoch(connection, tables).await?;
    let sql = format!("UPDATE {} SET value = '' WHERE key = '{LEASE}'", table(&tables.meta));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

/// The lease as this run has it.
pub(super) struct Ours<'t> {
    tables: &'t HistoryTables,
    /// What no other lease has.
    token: String,
}

impl<'t> Ours<'t> {
    /// Takes the lease, which must be free.
    pub(super) async fn take(
        connection: &mut SqliteConnection,
        tables: &'t HistoryTables,
        run: &RunIdentity,
    ) -> Result<Self, sqlx::Error> {
        let token = token(run, next_epoch(connection, tables).await?);
        let sql = format!(
            "INSERT OR REPLACE INTO {} (key, value) VALUES ('{LEASE}', {} || {})",
            table(&tables.meta),
            in_terms(1),
            text(&token)
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
        Ok(Self { tables, token })
    }

    /// Makes it last a term from now; whether it's still ours.
    pub(super) async fn renew(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<bool, sqlx::Error> {
        let sql = format!(
            "UPDATE {} SET value = {} || {} WHERE {}",
            table(&self.tables.meta),
            in_terms(1),
            text(&self.token),
            self.is_ours()
        );
        let renewed = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// The statement that gives it back, if it's still ours; one, because where a run is dropped
    /// there is nobody to commit several.
    pub(super) fn release(&self) -> String {
        let meta = table(&self.tables.meta);
        format!(
            "UPDATE {meta} SET value = CASE key WHEN '{EPOCH}' \
             THEN CAST(value AS INTEGER) + 1 ELSE '' END \
             WHERE key IN ('{EPOCH}', '{LEASE}') AND EXISTS (SELECT 1 FROM {meta} WHERE {})",
            self.is_ours()
        )
    }

    fn is_ours(&self) -> String {
        let behind = UNTIL_LENGTH + 1;
        format!("key = '{LEASE}' AND substr(value, {behind}) = {}", text(&self.token))
    }
}

fn text(text: &str) -> String {
    literal(&Value::from(text))
}

/// The time in so many terms, by SQLite's clock.
fn in_terms(terms: u64) -> String {
    let seconds = terms * TERM.as_secs();
    format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+{seconds} seconds')")
}

async fn next_epoch(
    connection: &mut SqliteConnection,
    tables: &HistoryTables,
) -> Result<i64, sqlx::Error> {
    let sql = format!(
        "INSERT INTO {} (key, value) VALUES ('{EPOCH}', '1') \
         ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1 \
         RETURNING CAST(value AS INTEGER)",
        table(&tables.meta)
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await
}
