//! PostgreSQL's statements (<https://www.postgresql.org/docs/current/sql-commands.html>).

use super::Effect;
use crate::dialect::Dialect;
use crate::script::control::{as_slices, words};

/// What all databases of a server share, so that it shows in no schema of one.
const SHARED: [&str; 7] =
    ["DATABASE", "TABLESPACE", "ROLE", "USER", "GROUP", "SUBSCRIPTION", "SERVER"];

pub(super) fn effect(sql: &str) -> Effect {
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
        // Not SELECT, DO and CALL: what they run may be more than rows.
        ["INSERT" | "UPDATE" | "DELETE" | "MERGE" | "TRUNCATE" | "COPY" | "WITH", ..] => {
            Effect::Data
        }
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
            assert_eq!(super::effect(sql), effect, "{sql}");
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
        has(Effect::Unknown, &["SELECT f()", "DO $$ $$", "CALL f()"]);
        has(Effect::Data, &["INSERT INTO a SELECT 1", "TRUNCATE a", "WITH a AS (SELECT 1) b"]);
        has(Effect::Unknown, &["CREATE DATABASE a", "ALTER ROLE a LOGIN", "DROP SUBSCRIPTION a"]);
        has(Effect::Upkeep, &["VACUUM (FULL) a", "ANALYZE", "ALTER SYSTEM SET a = 1"]);
        has(Effect::Session, &["SET lock_timeout = 0", "RESET ALL"]);
    }
}
