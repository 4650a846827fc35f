//! What kind of effect a statement has that runs outside of a transaction: how to find out
//! afterwards whether it took effect, and whether it may run a second time.

use super::control::{as_slices, words};
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
/// assert_eq!(of("INSERT INTO a VALUES (1)"), Effect::Unknown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It changes the session alone, and is lost with it: `SET`.
    Session,
    /// It changes nothing that matters, and may run again: `VACUUM`.
    Upkeep,
    /// The same, but interrupted it leaves invalid indexes: `REINDEX`.
    Reindexes,
    /// It changes the schema, as a whole or not at all.
    Definition,
    /// `CREATE INDEX CONCURRENTLY`: interrupted, it leaves an invalid index.
    BuildsIndex,
    /// `DROP INDEX CONCURRENTLY`: interrupted, it leaves the index invalid.
    DropsIndex,
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`: interrupted, it is to be finalised.
    Detaches,
    /// It shows in no schema: data, or nobody knows.
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
    /// assert_eq!(Effect::of(Dialect::Sqlite, "CREATE TABLE a (b)"), Effect::Unknown);
    /// ```
    pub fn of(dialect: Dialect, sql: &str) -> Self {
        match dialect {
            Dialect::Postgres => of_postgres(sql),
            Dialect::Sqlite | Dialect::Mysql | Dialect::Mariadb => Self::Unknown,
        }
    }
}

/// What all databases of a server share, so that it shows in no schema of one.
const SHARED: [&str; 7] =
    ["DATABASE", "TABLESPACE", "ROLE", "USER", "GROUP", "SUBSCRIPTION", "SERVER"];

fn of_postgres(sql: &str) -> Effect {
    let all = words(Dialect::Postgres, sql, usize::MAX);
    match as_slices(&all).as_slice() {
        // Not DISCARD: it ends the session's advisory locks.
        ["SET" | "RESET" | "LISTEN" | "UNLISTEN" | "LOAD", ..] => Effect::Session,
        ["REINDEX", ..] => Effect::Reindexes,
        ["VACUUM" | "ANALYZE" | "ANALYSE" | "CHECKPOINT" | "CLUSTER", ..]
        | ["REFRESH", "MATERIALIZED", ..]
        | ["ALTER", "SYSTEM", ..] => Effect::Upkeep,
        ["CREATE", "INDEX", "CONCURRENTLY", ..]
        | ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..] => Effect::BuildsIndex,
        ["DROP", "INDEX", "CONCURRENTLY", ..] => Effect::DropsIndex,
        ["ALTER", "TABLE", .., "CONCURRENTLY"] => Effect::Detaches,
        ["CREATE" | "ALTER" | "DROP", object, ..] if SHARED.contains(object) => Effect::Unknown,
        ["CREATE" | "ALTER" | "DROP" | "COMMENT" | "GRANT" | "REVOKE", ..] => Effect::Definition,
        _ => Effect::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn has(effect: Effect, statements: &[&str]) {
        for sql in statements {
            assert_eq!(Effect::of(Dialect::Postgres, sql), effect, "{sql}");
        }
    }

    #[test]
    fn what_interrupted_leaves_something_behind_is_told_from_what_does_not() {
        has(
            Effect::Definition,
            &["CREATE INDEX i ON a (b)", "drop index i", "/* x */ GRANT a TO b"],
        );
        has(Effect::BuildsIndex, &["CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b)"]);
        has(Effect::DropsIndex, &["DROP INDEX CONCURRENTLY i"]);
        has(Effect::Detaches, &["ALTER TABLE a DETACH PARTITION b CONCURRENTLY"]);
        has(Effect::Reindexes, &["REINDEX TABLE CONCURRENTLY a", "REINDEX SCHEMA a"]);
    }

    #[test]
    fn what_does_not_show_in_the_schema_is_unknown_unless_it_may_run_again() {
        has(Effect::Unknown, &["SELECT f()", "DO $$ $$", "TRUNCATE a", "WITH a AS (SELECT 1) b"]);
        has(Effect::Unknown, &["CREATE DATABASE a", "ALTER ROLE a LOGIN", "DROP SUBSCRIPTION a"]);
        has(Effect::Upkeep, &["VACUUM (FULL) a", "ANALYZE", "ALTER SYSTEM SET a = 1"]);
        has(Effect::Session, &["SET lock_timeout = 0", "RESET ALL"]);
    }
}
