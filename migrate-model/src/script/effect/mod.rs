//! What kind of effect a statement has that runs outside of a transaction: how to find out
//! afterwards whether it took effect, and whether it may run a second time. Each dialect has its
//! own list; none knows another.

mod mysql;
mod postgres;
mod sqlite;

use crate::dialect::Dialect;

/// How a statement's effect shows, as far as its first words tell.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::Effect;
///
/// let of = |sql| Effect::of(Dialect::Postgres, sql);
/// assert_eq!(of("CREATE TABLE a (b int)"), Effect::Definition);
/// assert_eq!(of("create unique index concurrently on a (b)"), Effect::BuildsIndex);
/// assert_eq!(of("VACUUM a"), Effect::Upkeep);
/// assert_eq!(of("INSERT INTO a VALUES (1)"), Effect::Data);
/// assert_eq!(of("CALL a()"), Effect::Unknown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It changes the session, and is lost with it: `SET`.
    Session,
    /// It changes nothing that matters, and may run again: `VACUUM`.
    Upkeep,
    /// The same, but interrupted it leaves invalid indexes: `REINDEX`.
    Reindexes,
    /// It changes rows, as a whole or not at all, and could do so inside of a transaction.
    Data,
    /// It changes the schema, as a whole or not at all.
    Definition,
    /// `CREATE INDEX CONCURRENTLY`: interrupted, it leaves an invalid index.
    BuildsIndex,
    /// `DROP INDEX CONCURRENTLY`: interrupted, it leaves the index invalid.
    DropsIndex,
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`: interrupted, it is to be finalised.
    Detaches,
    /// Nobody knows.
    Unknown,
}

impl Effect {
    /// The effect of one statement.
    ///
    /// ```
    /// use migrate_model::Dialect;
    /// use migrate_model::script::Effect;
    ///
    /// assert_eq!(Effect::of(Dialect::Postgres, "SET search_path = a"), Effect::Session);
    /// assert_eq!(Effect::of(Dialect::Sqlite, "PRAGMA foreign_keys = 0"), Effect::Session);
    /// ```
    pub fn of(dialect: Dialect, sql: &str) -> Self {
        match dialect {
            Dialect::Sqlite => sqlite::effect(sql),
            Dialect::Postgres => postgres::effect(sql),
            Dialect::Mysql | Dialect::Mariadb => mysql::effect(sql),
        }
    }
}
