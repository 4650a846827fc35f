//! The invalid indexes that a statement of `transaction:false` leaves when it fails or is killed:
//! which ones they are, and dropping them.

use migrate_model::script::Effect;
use sqlx::Row;

use super::Outside;
use crate::dialect::StepError;
use crate::dialect::one_by_one::Remains;
use crate::dialect::postgres::fingerprint::{fingerprint, own};
use crate::error::ErrorKind;
use crate::history::journal::InFlight;

/// How long, in milliseconds, dropping an invalid index may wait for others.
const CLEANING: u32 = 5000;

/// An index that is invalid now.
pub(super) struct InvalidIndex {
    oid: String,
    /// Its name as SQL.
    name: String,
}

impl Outside<'_, '_, '_> {
    /// Fingerprint of the schema, and what is invalid in it and nobody is building.
    pub(super) async fn look(&mut self) -> Result<(String, Vec<InvalidIndex>), StepError> {
        // A table's TOAST has its indexes in a schema of the server's.
        let place = self.course.batch.tenant.map_or("true".to_owned(), |tenant| own(Some(tenant)));
        let sql = format!(
            "SELECT {}, coalesce((SELECT pg_catalog.string_agg(i.indexrelid || ' ' || \
             pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), \
             chr(10)) FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE NOT i.indisvalid AND {} AND NOT EXISTS (SELECT FROM \
             pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)), '')",
            fingerprint(self.course.batch.tenant),
            place
        );
        let rows = self.write(sql).await?;
        let text = |at| rows.first().and_then(|row| row.try_get::<String, _>(at).ok());
        let invalid = text(1).unwrap_or_default();
        let invalid = invalid.lines().filter_map(|line| line.split_once(' '));
        let invalid =
            invalid.map(|(oid, name)| InvalidIndex { oid: oid.to_owned(), name: name.to_owned() });
        Ok((text(0).unwrap_or_default(), invalid.collect()))
    }

    /// The invalid indexes that the statement has left: for one that makes indexes those that were
    /// not there before, for one that drops them those that it names.
    pub(super) fn leftovers(
        &self,
        at: usize,
        before: &InFlight,
        invalid: Vec<InvalidIndex>,
    ) -> Vec<InvalidIndex> {
        let sql = self.course.sql(at).to_lowercase();
        let is_leftover = |index: &InvalidIndex| match self.course.effect(at) {
            Effect::BuildsIndex | Effect::Reindexes => !before.invalid.contains(&index.oid),
            Effect::DropsIndex => {
                let name = index.name.rsplit('.').next().unwrap_or_default();
                sql.contains(name.trim_matches('"').to_lowercase().as_str())
            }
            Effect::Session
            | Effect::Upkeep
            | Effect::Data
            | Effect::Definition
            | Effect::Detaches
            | Effect::Unknown => false,
        };
        invalid.into_iter().filter(is_leftover).collect()
    }

    /// Cleans up behind a statement that failed. Whoever waited for a transaction that doesn't end
    /// would wait for it once more, so this has its limit; and nobody waits who wants to stop.
    /// What is left then is dropped when the next run finds the mark.
    pub(super) async fn drop_leftovers(
        &mut self,
        at: usize,
        before: &InFlight,
    ) -> Result<Remains, StepError> {
        if !matches!(self.course.effect(at), Effect::BuildsIndex | Effect::Reindexes) {
            return Ok(Remains::Nothing);
        }
        let (_, invalid) = self.look().await?;
        let leftovers = self.leftovers(at, before, invalid);
        if !leftovers.is_empty() && self.course.batch.interrupt.is_stopped() {
            return Ok(Remains::ForLater);
        }
        self.clean(at, &leftovers, CLEANING).await.map(|()| Remains::Nothing)
    }

    /// Drops what a statement has left that makes indexes: it would fail on it, or make another.
    /// `limit`: how long that may wait, in milliseconds; 0 is no limit.
    pub(super) async fn clean(
        &mut self,
        at: usize,
        leftovers: &[InvalidIndex],
        limit: u32,
    ) -> Result<(), StepError> {
        if !matches!(self.course.effect(at), Effect::BuildsIndex | Effect::Reindexes) {
            return Ok(());
        }
        for InvalidIndex { name, .. } in leftovers {
            // The limits of the statement's time are not those of cleaning up behind it.
            let limits = format!("SET lock_timeout = {limit};\nSET statement_timeout = 0");
            let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
            tracing::debug!(target: "migrate", index = name, "dropping an invalid index");
            for sql in [limits, drop] {
                self.ask(sql).await.map_err(|source| {
                    let doing =
                        format!("dropping the invalid index {name}, which was not finished");
                    StepError::NotBegun(ErrorKind::Database { doing, source })
                })?;
            }
        }
        Ok(())
    }
}
