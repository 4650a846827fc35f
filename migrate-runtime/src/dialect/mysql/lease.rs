//! The lease on MySQL and MariaDB, where `GET_LOCK` can't be had: clusters, and proxies. Each record
//! asks whether it's still ours, and renews it; a statement that takes long is accompanied by
//! renewals on a connection of their own. No row stays locked, because on a cluster the other nodes
//! would not see that.

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::connect::{Session, text};
use super::error::{is_lock_timeout, is_missing_table};
use super::history::{Names, create_tables};
use super::lock::{RECORDS_COMMIT, look_around};
use super::permission;
use super::quote;
use crate::error::ErrorKind;
use crate::history::lease::on_server::{PATIENCE, Renewals, Sight, mark_of_history, mark_of_run};
use crate::history::lease::{Clock, EPOCH, LEASE, TERM, UNTIL_LENGTH, token};
use crate::identity::RunIdentity;
use crate::patience::Patience;
use crate::settings::HistoryTables;

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

/// Takes the lease for the run, waiting for it as long as there's patience. The history tables are
/// made first, if they are missing, because it's kept in one of them.
pub(crate) async fn lock_by_lease(
    session: &mut Session<'_>,
    (tables, tenant): (&HistoryTables, Option<&str>),
    run: &RunIdentity,
    patience: &mut Patience<'_>,
) -> Result<(), ErrorKind> {
    let locked = look_around(session, tables).await?;
    let database = tenant.filter(|_| locked.is_schema_missing);
    let request = Request::of(tables, &locked.schema);
    session.locked = Some(locked);
    let taken = request.take(session, database, run, patience).await;
    if taken.is_err() {
        session.locked = None;
    }
    taken
}

/// Waits until nobody has the lease, where another lock is used. One that nobody gave back is
/// ended: its holder, should it live, can't record any more.
pub(super) async fn wait_until_free(
    session: &mut Session<'_>,
    (tables, schema): (&HistoryTables, &str),
    patience: &mut Patience<'_>,
) -> Result<(), ErrorKind> {
    let request = Request::of(tables, schema);
    loop {
        let sight = match request.look(session).await {
            Ok(Some(sight)) => sight,
            Ok(None) => return Ok(()),
            Err(error) if is_missing_table(&error) => return Ok(()),
            Err(error) => return Err(request.explained(session, error).await),
        };
        let mut holder = sight.obstacle();
        if holder.is_none() {
            if sight.text.is_empty() || request.change(session, &sight, "''").await? {
                return Ok(());
            }
            holder = sight.last_holder();
        }
        patience.wait_for(holder.as_deref()).await?;
    }
}

/// Gives the lease back. If the server does not confirm it, it runs out.
pub(super) async fn give_back(session: &mut Session<'_>) {
    let lease = session.locked.as_mut().and_then(|locked| locked.lease.take());
    let Some(lease) = lease else { return };
    if let Err(error) = session.run(lease.release()).await {
        tracing::debug!(target: "migrate", %error, "the lease is left to run out");
    }
}

fn taking(source: sqlx::Error) -> ErrorKind {
    ErrorKind::Database { doing: "taking the lease".to_owned(), source }
}

/// Who wants the lease of which history.
struct Request<'r> {
    tables: &'r HistoryTables,
    names: Names,
    /// What the statements of this history's runs begin with.
    mark: String,
}

impl<'r> Request<'r> {
    fn of(tables: &'r HistoryTables, schema: &str) -> Self {
        let mark = mark_of_history(&[schema, &tables.revisions]);
        Self { tables, names: Names::of(tables, Some(schema)), mark }
    }

    async fn take(
        &self,
        session: &mut Session<'_>,
        database: Option<&str>,
        run: &RunIdentity,
        patience: &mut Patience<'_>,
    ) -> Result<(), ErrorKind> {
        session.run(RECORDS_COMMIT.to_owned()).await.map_err(taking)?;
        patience.begin_anew();
        loop {
            let seen = match self.look(session).await {
                Ok(seen) => seen,
                Err(error) if is_missing_table(&error) => {
                    let made = create_tables(session, &self.names, database).await;
                    self.go_on(session, made, patience).await?;
                    continue;
                }
                Err(error) => return Err(self.explained(session, error).await),
            };
            let Some(sight) = seen else {
                let made = session.run(self.rows()).await.map(drop);
                self.go_on(session, made, patience).await?;
                continue;
            };
            let mut holder = sight.obstacle();
            if holder.is_none() {
                let lease = Ours {
                    meta: self.names.meta.clone(),
                    token: token(run, sight.epoch + 1),
                    mark: mark_of_run(&self.mark, run),
                    renewals: Renewals::from_now(),
                };
                let value = format!("CONCAT({}, {})", in_terms(1), quote::text(&lease.token));
                // From before it's sent: when this future is dropped, it may still be got.
                if let Some(locked) = &mut session.locked {
                    locked.lease = Some(lease);
                }
                if self.change(session, &sight, &value).await? {
                    return Ok(());
                }
                if let Some(locked) = &mut session.locked {
                    locked.lease = None;
                }
                holder = sight.last_holder();
            }
            patience.wait_for(holder.as_deref()).await?;
        }
    }

    /// `None`: the rows of the lease are missing.
    async fn look(&self, session: &mut Session<'_>) -> Result<Option<Sight>, sqlx::Error> {
        let value = |key| format!("(SELECT value FROM {} WHERE `key` = '{key}')", self.names.meta);
        let sql = format!(
            "SELECT {}, {}, {}, {}, EXISTS (SELECT 1 FROM information_schema.processlist \
             WHERE LEFT(info, {}) = {})",
            value(LEASE),
            value(EPOCH),
            in_terms(0),
            in_terms(2),
            self.mark.len(),
            quote::text(&self.mark)
        );
        let rows = session.ask(sql).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        let (text_of_lease, epoch) = (text(row, 0)?, text(row, 1)?);
        let (Some(lease), Some(epoch)) = (text_of_lease, epoch) else { return Ok(None) };
        let epoch = epoch.parse().map_err(|_| {
            sqlx::Error::Decode("the number of the lease in the meta table is malformed".into())
        })?;
        let time = |index| text(row, index).map(Option::unwrap_or_default);
        let clock = Clock { now: time(2)?, latest: time(3)? };
        let is_at_work = text(row, 4)?.as_deref() == Some("1");
        Ok(Some(Sight { text: lease, epoch, clock, is_at_work }))
    }

    fn rows(&self) -> String {
        format!(
            "INSERT IGNORE INTO {} (`key`, value) VALUES ('{LEASE}', ''), ('{EPOCH}', '0')",
            self.names.meta
        )
    }

    /// Of several who make the tables or the rows at once, one may be in another's way.
    async fn go_on(
        &self,
        session: &mut Session<'_>,
        made: Result<(), sqlx::Error>,
        patience: &mut Patience<'_>,
    ) -> Result<(), ErrorKind> {
        match made {
            Ok(()) => Ok(()),
            Err(error) if is_lock_timeout(&error) => patience.wait().await,
            Err(error) => Err(self.explained(session, error).await),
        }
    }

    /// Changes the lease, and the number with it, if both are as they were seen.
    async fn change(
        &self,
        session: &mut Session<'_>,
        sight: &Sight,
        value: &str,
    ) -> Result<bool, ErrorKind> {
        let sql = format!(
            "{} SET lease.value = {value}, epoch.value = '{}' \
             WHERE lease.value = {} AND epoch.value = '{}'",
            both(&self.names.meta),
            sight.epoch + 1,
            quote::text(&sight.text),
            sight.epoch
        );
        match session.run(sql).await {
            Ok(result) => Ok(result.rows_affected() > 0),
            // Somebody else is at it.
            Err(error) if is_lock_timeout(&error) => Ok(false),
            Err(error) => Err(self.explained(session, error).await),
        }
    }

    async fn explained(&self, session: &mut Session<'_>, source: sqlx::Error) -> ErrorKind {
        let doing = "taking the lease".to_owned();
        let wanted = permission::History { rights: permission::WRITE, tables: self.tables };
        permission::with_grant(session, doing, source, Some(wanted)).await
    }
}
