//! Looking at the lease, waiting for it, and taking it as it was seen.

use sqlx::{AssertSqlSafe, Row};

use super::super::connect::{Hold, Locked, Session};
use super::super::error::{is_missing_table, sqlstate};
use super::super::history::{Names, create_statements, version_of};
use super::super::message::create_schema;
use super::super::permission::{self, Purpose};
use super::super::{lock, quote};
use super::{Ours, in_terms};
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
    let locked = lock::look_around(session, tables, Hold::Lease).await?;
    let tenant = tenant.filter(|_| locked.is_schema_missing);
    let request = Request::of(tables, &locked, run);
    session.locked = Some(locked);
    let taken = request.take(session, tenant, None, patience).await;
    if taken.is_err() {
        session.locked = None;
    }
    taken.map(drop)
}

/// Takes the lease for a step whose statements run outside of a transaction. `false`: the history
/// is not what the plan was made from.
pub(in crate::dialect::postgres) async fn take_for_step(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    run: &RunIdentity,
    expected: Option<i64>,
    patience: &mut Patience<'_>,
) -> Result<bool, ErrorKind> {
    let Some(locked) = session.locked.clone() else { return Err(ErrorKind::LockLost) };
    let request = Request::of(tables, &locked, run);
    request.take(session, None, Some(expected.unwrap_or_default()), patience).await
}

/// Waits until nobody has the lease. One that nobody gave back is ended: its holder, should it
/// live, can't record any more. Whether it was free all along.
pub(crate) async fn wait_until_free(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    run: &RunIdentity,
    patience: &mut Patience<'_>,
) -> Result<bool, ErrorKind> {
    let Some(locked) = session.locked.clone() else { return Err(ErrorKind::LockLost) };
    let request = Request::of(tables, &locked, run);
    patience.begin_anew();
    let mut was_free = true;
    loop {
        let sight = match request.look(session).await {
            Ok(Some(Look { sight, .. })) => sight,
            Ok(None) => return Ok(was_free),
            Err(error) if is_missing_table(&error) => return Ok(was_free),
            Err(error) => return Err(taking(error)),
        };
        let mut holder = sight.obstacle();
        if holder.is_none() {
            if sight.text.is_empty() {
                return Ok(was_free);
            }
            if request.clear(session, &sight).await? {
                return Ok(false);
            }
            holder = sight.last_holder();
        }
        was_free = false;
        patience.wait_for(holder.as_deref()).await?;
    }
}

fn taking(source: sqlx::Error) -> ErrorKind {
    ErrorKind::Database { doing: "taking the lease".to_owned(), source }
}

/// What whoever wants the lease must know.
struct Look {
    sight: Sight,
    /// The history's version.
    version: i64,
    /// Whether somebody has the advisory lock: others may use that instead of the lease.
    is_locked: bool,
}

/// Who wants the lease of which history.
struct Request<'r> {
    tables: &'r HistoryTables,
    names: Names,
    schema: String,
    /// What the statements of this history's runs begin with.
    mark: String,
    /// The key of the advisory lock.
    key: i64,
    hold: Hold,
    run: &'r RunIdentity,
}

impl<'r> Request<'r> {
    fn of(tables: &'r HistoryTables, locked: &Locked, run: &'r RunIdentity) -> Self {
        Self {
            tables,
            names: Names::of(tables, Some(&locked.schema), quote::name),
            schema: locked.schema.clone(),
            mark: mark_of_history(&[&locked.schema, &tables.revisions]),
            key: locked.key,
            hold: locked.hold,
            run,
        }
    }

    /// Takes it. With an `expected` version of the history a lease that was not given back is
    /// ended, and the answer is `false`, as it is where the version is another one: a plan that
    /// was made before must be made anew.
    async fn take(
        &self,
        session: &mut Session<'_>,
        tenant: Option<&str>,
        expected: Option<i64>,
        patience: &mut Patience<'_>,
    ) -> Result<bool, ErrorKind> {
        patience.begin_anew();
        loop {
            let seen = match self.look(session).await {
                Ok(seen) => seen,
                Err(error) if is_missing_table(&error) => {
                    let tenant = tenant.map(create_schema);
                    let tables = tenant.into_iter().chain(create_statements(&self.names));
                    self.make(session, tables.collect(), patience).await?;
                    continue;
                }
                Err(error) => return Err(self.explained(session, error).await),
            };
            let Some(Look { sight, version, is_locked }) = seen else {
                self.make(session, Vec::new(), patience).await?;
                continue;
            };
            let mut holder = sight.obstacle();
            if holder.is_none() && is_locked {
                holder = lock::holder(session, self.key).await;
            } else if holder.is_none() {
                let is_abandoned = !sight.text.is_empty();
                match expected {
                    Some(_) if is_abandoned => {
                        if self.clear(session, &sight).await? {
                            return Ok(false);
                        }
                    }
                    Some(expected) if expected != version => return Ok(false),
                    _ => {
                        if self.attempt(session, &sight, expected).await? {
                            return Ok(true);
                        }
                    }
                }
                holder = sight.last_holder();
            }
            patience.wait_for(holder.as_deref()).await?;
        }
    }

    /// Looks. `None`: the rows of the lease are missing.
    async fn look(&self, session: &mut Session<'_>) -> Result<Option<Look>, sqlx::Error> {
        let value = |key| format!("(SELECT value FROM {} WHERE key = '{key}')", self.names.meta);
        let sql = format!(
            "SELECT {}, {}::bigint, {}, {}, {}, EXISTS (SELECT FROM pg_catalog.pg_stat_activity \
             WHERE datname = pg_catalog.current_database() AND state = 'active' \
             AND pg_catalog.starts_with(query, {})), {}",
            value(LEASE),
            value(EPOCH),
            in_terms(0),
            in_terms(2),
            version_of(&self.names),
            quote::text(&self.mark),
            lock::is_locked(self.key)
        );
        let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(session.connection()).await?;
        let (text, epoch) = (row.try_get(0)?, row.try_get(1)?);
        let (Some(text), Some(epoch)) = (text, epoch) else { return Ok(None) };
        let clock = Clock { now: row.try_get(2)?, latest: row.try_get(3)? };
        let sight = Sight { text, epoch, clock, is_at_work: row.try_get(5)? };
        Ok(Some(Look { sight, version: row.try_get(4)?, is_locked: row.try_get(6)? }))
    }

    /// Makes the tables and the rows of the lease. Of several who make them at once all but one
    /// may fail.
    async fn make(
        &self,
        session: &mut Session<'_>,
        mut statements: Vec<String>,
        patience: &mut Patience<'_>,
    ) -> Result<(), ErrorKind> {
        statements.push(format!(
            "INSERT INTO {} (key, value) VALUES ('{LEASE}', ''), ('{EPOCH}', '0') \
             ON CONFLICT DO NOTHING",
            self.names.meta
        ));
        let sql = AssertSqlSafe(statements.join(";\n"));
        match sqlx::raw_sql(sql).execute(session.connection()).await {
            Ok(_) => Ok(()),
            // unique_violation, duplicate_table, duplicate_object, duplicate_schema,
            // "tuple concurrently updated", deadlock_detected, serialization_failure
            Err(error)
                if matches!(
                    sqlstate(&error),
                    Some("23505" | "42P07" | "42710" | "42P06" | "XX000" | "40P01" | "40001")
                ) =>
            {
                patience.wait().await
            }
            Err(error) => Err(self.explained(session, error).await),
        }
    }

    /// Takes it as it was seen; whether nobody else was quicker.
    async fn attempt(
        &self,
        session: &mut Session<'_>,
        sight: &Sight,
        expected: Option<i64>,
    ) -> Result<bool, ErrorKind> {
        let lease = Ours::new(&self.names.meta, &self.mark, self.run, sight.epoch + 1);
        let value = format!("{} || {}", in_terms(1), quote::text(&lease.token));
        // From before it's sent: when this future is dropped, it may still be got.
        if let Some(locked) = &mut session.locked {
            locked.lease = Some(lease);
        }
        let is_taken = self.change(session, sight, &value, expected).await;
        if !matches!(is_taken, Ok(true))
            && let Some(locked) = &mut session.locked
        {
            locked.lease = None;
        }
        is_taken
    }

    /// Ends a lease that was not given back; whether nobody else was quicker.
    async fn clear(&self, session: &mut Session<'_>, sight: &Sight) -> Result<bool, ErrorKind> {
        self.change(session, sight, "''", None).await
    }

    /// Changes the lease, and the number with it, if both are as they were seen.
    async fn change(
        &self,
        session: &mut Session<'_>,
        sight: &Sight,
        value: &str,
        expected: Option<i64>,
    ) -> Result<bool, ErrorKind> {
        let meta = &self.names.meta;
        let is_expected = expected.map_or_else(String::new, |expected| {
            format!(" AND {} = {expected}", version_of(&self.names))
        });
        let mut sql = vec!["SET TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned()];
        if let (Hold::Message { .. }, Some(_)) = (self.hold, expected) {
            let key = self.key;
            sql.push(format!(
                "SELECT 1 / CASE WHEN pg_catalog.pg_try_advisory_xact_lock({key}) THEN 1 ELSE 0 END"
            ));
        }
        sql.push(format!(
            "WITH seen AS (SELECT FROM {meta} WHERE (key = '{LEASE}' AND value = {}) \
             OR (key = '{EPOCH}' AND value = '{}') FOR UPDATE SKIP LOCKED), \
             changed AS (UPDATE {meta} SET value = CASE key WHEN '{EPOCH}' THEN '{}' \
             ELSE {value} END WHERE key IN ('{LEASE}', '{EPOCH}') \
             AND (SELECT count(*) FROM seen) = 2{is_expected} RETURNING 1) \
             SELECT count(*) AS changed FROM changed",
            quote::text(&sight.text),
            sight.epoch,
            sight.epoch + 1
        ));
        let sql = AssertSqlSafe(sql.join(";\n"));
        match sqlx::raw_sql(sql).fetch_all(session.connection()).await {
            Ok(rows) => {
                let changed = rows.iter().find_map(|row| row.try_get::<i64, _>("changed").ok());
                Ok(changed == Some(2))
            }
            // Somebody else has the advisory lock.
            Err(error) if sqlstate(&error) == Some("22012") => Ok(false),
            Err(error) => Err(self.explained(session, error).await),
        }
    }

    async fn explained(&self, session: &mut Session<'_>, source: sqlx::Error) -> ErrorKind {
        let doing = "taking the lease".to_owned();
        let purpose = Purpose::Write(self.tables);
        let schema = Some(self.schema.as_str());
        permission::with_grant(session.connection(), doing, source, purpose, schema).await
    }
}
