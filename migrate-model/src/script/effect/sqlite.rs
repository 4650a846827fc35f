//! SQLite's statements (<https://www.sqlite.org/lang.html>). Nearly all can run in a transaction.

use super::Effect;
use crate::dialect::Dialect;
use crate::script::control::{as_slices, words};

pub(super) fn effect(sql: &str) -> Effect {
    let first = words(Dialect::Sqlite, sql, usize::MAX);
    match as_slices(&first).as_slice() {
        ["PRAGMA" | "ATTACH" | "DETACH", ..] | ["CREATE", "TEMP" | "TEMPORARY", ..] => {
            Effect::Session
        }
        // A copy of the database as a file.
        ["VACUUM", .., "INTO", _] => Effect::Unknown,
        ["VACUUM", ..] => Effect::Upkeep,
        ["CREATE" | "ALTER" | "DROP", ..] => Effect::Definition,
        _ => Effect::Data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_run_in_a_transaction_is_told_from_what_can() {
        for (sql, expected) in [
            ("PRAGMA main.foreign_keys = OFF", Effect::Session),
            ("attach 'b.db' AS b", Effect::Session),
            ("VACUUM", Effect::Upkeep),
            ("VACUUM main INTO 'copy.db'", Effect::Unknown),
            ("create table a (b)", Effect::Definition),
            ("CREATE TEMP TABLE a (b)", Effect::Session),
            ("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a", Effect::Data),
            ("REINDEX a", Effect::Data),
        ] {
            assert_eq!(effect(sql), expected, "{sql}");
        }
    }
}
