//! Looking at the lease, waiting for it, and taking it as it was seen.

use super::super::connect::{Session, text};
use super::super::error::{is_lock_timeout, is_missing_table};
use super::super::history::{Names, create_tables};
use super::super::lock::{RECORDS_COMMIT, look_around};
use super::super::{permission, quote};
use super::{Ours, both, in_terms};
use crate::error::ErrorKind;
use crate::history::lease::on_server::{Sight, mark_of_history};
use crate::history::lease::{Clock, EPOCH, LEASE};
use crate::identity::RunIdentity;
use crate::patience::Patience;
use crate::settings::HistoryTables;

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
pub(in crate::dialect::mysql) async fn wait_until_free(
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
        Self { tables, names: Names::of(tables, Some(schema), quote::name), mark }
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
                let lease = Ours::new(&self.names.meta, &self.mark, run, sight.epoch + 1);
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
