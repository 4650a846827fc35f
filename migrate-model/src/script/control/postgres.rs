//! PostgreSQL. What refuses to run in a transaction are the callers of
//! `PreventInTransactionBlock` in the server, as far as the statement itself shows it; the
//! statements of one message are such a block, too
//! (<https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT>).

use super::{Objection, as_slices, words};
use crate::dialect::Dialect;

pub(super) fn objection(sql: &str) -> Option<Objection> {
    let first = words(Dialect::Postgres, sql, 4);
    let first = as_slices(&first);
    if let Some(control) = control(&first) {
        return Some(Objection::Control(control.to_owned()));
    }
    needs_no_transaction(&first, sql).map(|name| Objection::NeedsNone(name.to_owned()))
}

fn control<'a>(first: &[&'a str]) -> Option<&'a str> {
    match first {
        ["COMMIT" | "ROLLBACK", "PREPARED", ..] => None,
        ["START", "TRANSACTION", ..] => Some("START TRANSACTION"),
        ["PREPARE", "TRANSACTION", ..] => Some("PREPARE TRANSACTION"),
        [
            word @ ("BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE"),
            ..,
        ] => Some(word),
        _ => None,
    }
}

fn needs_no_transaction(first: &[&str], sql: &str) -> Option<&'static str> {
    let has = |words: &[&str]| all(sql).windows(words.len()).any(|window| window == words);
    Some(match first {
        ["COMMIT", "PREPARED", ..] => "COMMIT PREPARED",
        ["ROLLBACK", "PREPARED", ..] => "ROLLBACK PREPARED",
        ["CREATE", "INDEX", "CONCURRENTLY", ..] | ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"] => {
            "CREATE INDEX CONCURRENTLY"
        }
        ["DROP", "INDEX", "CONCURRENTLY", ..] => "DROP INDEX CONCURRENTLY",
        ["REINDEX", ..] => return reindex(sql),
        ["VACUUM", ..] => "VACUUM",
        ["CLUSTER", ..] if clusters_all(sql) => "CLUSTER",
        ["CREATE", "DATABASE", ..] => "CREATE DATABASE",
        ["DROP", "DATABASE", ..] => "DROP DATABASE",
        ["ALTER", "DATABASE", ..] if has(&["SET", "TABLESPACE"]) => {
            "ALTER DATABASE … SET TABLESPACE"
        }
        ["CREATE", "TABLESPACE", ..] => "CREATE TABLESPACE",
        ["DROP", "TABLESPACE", ..] => "DROP TABLESPACE",
        ["ALTER", "SYSTEM", ..] => "ALTER SYSTEM",
        ["DISCARD", "ALL", ..] => "DISCARD ALL",
        ["ALTER", "TABLE", ..] if detaches_concurrently(sql) => {
            "ALTER TABLE … DETACH PARTITION … CONCURRENTLY"
        }
        ["CREATE", "SUBSCRIPTION", ..] if creates_slot(sql) => "CREATE SUBSCRIPTION",
        ["ALTER", "SUBSCRIPTION", ..] if refreshes(sql) => "ALTER SUBSCRIPTION … PUBLICATION",
        _ => return None,
    })
}

/// Of the kinds of REINDEX those that take a table at a time, each in a transaction of its own.
fn reindex(sql: &str) -> Option<&'static str> {
    let words = all(sql);
    let mut words = as_slices(&words).into_iter().skip(1).peekable();
    let mut options = Vec::new();
    if words.next_if_eq(&"(").is_some() {
        options = words.by_ref().take_while(|word| *word != ")").collect();
    }
    let option = options
        .split(|word| *word == ",")
        .find_map(|option| option.split_first().filter(|(name, _)| **name == "CONCURRENTLY"));
    let concurrently = option.is_some_and(|(_, value)| !is_false(value));
    match (words.next(), words.next()) {
        (Some("SCHEMA"), _) => Some("REINDEX SCHEMA"),
        (Some("DATABASE"), _) => Some("REINDEX DATABASE"),
        (Some("SYSTEM"), _) => Some("REINDEX SYSTEM"),
        (_, Some("CONCURRENTLY")) => Some("REINDEX … CONCURRENTLY"),
        _ if concurrently => Some("REINDEX … CONCURRENTLY"),
        _ => None,
    }
}

/// CLUSTER without a table takes all of them, each in a transaction of its own.
fn clusters_all(sql: &str) -> bool {
    let words = all(sql);
    match as_slices(&words).as_slice() {
        ["CLUSTER"] | ["CLUSTER", "VERBOSE"] => true,
        ["CLUSTER", "(", .., last] => *last == ")",
        _ => false,
    }
}

fn detaches_concurrently(sql: &str) -> bool {
    let words = all(sql);
    words.windows(2).any(|pair| pair == ["DETACH", "PARTITION"])
        && words.last().is_some_and(|word| word == "CONCURRENTLY")
}

/// A subscription makes a replication slot at its publisher unless it is told not to.
fn creates_slot(sql: &str) -> bool {
    let words = all(sql);
    !option_is_false(&words, "CREATE_SLOT") && !option_is_false(&words, "CONNECT")
}

/// Another list of publications is read from the publisher unless that is told not to.
fn refreshes(sql: &str) -> bool {
    let words = all(sql);
    let action = words.windows(2).any(|pair| {
        matches!(pair[0].as_str(), "SET" | "ADD" | "DROP" | "REFRESH") && pair[1] == "PUBLICATION"
    });
    action && !option_is_false(&words, "REFRESH")
}

fn option_is_false(words: &[String], name: &str) -> bool {
    let words = as_slices(words);
    words.windows(3).any(|three| three[0] == name && three[1] == "=" && is_false(&three[2..]))
}

/// What `defGetBoolean` in the server takes for false.
fn is_false(value: &[&str]) -> bool {
    matches!(value, ["FALSE" | "OFF" | "0"])
}

fn all(sql: &str) -> Vec<String> {
    words(Dialect::Postgres, sql, usize::MAX)
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::script::{ScriptProblem, refuse_in_transaction, refuse_outside_transaction, split};

    #[track_caller]
    fn control(sql: &str) {
        let text = format!("a;\n{sql}");
        let statements = split(Dialect::Postgres, &text).unwrap().statements;
        let refused = [refuse_in_transaction, refuse_outside_transaction].map(|refuse| {
            let error = refuse(Dialect::Postgres, &text, &statements).unwrap_err();
            (error.offset, error.problem.code())
        });
        assert_eq!(refused, [(3, "script.transaction_control"); 2]);
    }

    #[track_caller]
    fn needs_none(sql: &str, name: &str) {
        let statements = split(Dialect::Postgres, sql).unwrap().statements;
        let error = refuse_in_transaction(Dialect::Postgres, sql, &statements).unwrap_err();
        let statement = name.to_owned();
        assert_eq!(error.problem, ScriptProblem::NeedsNoTransaction { statement });
        assert_eq!(refuse_outside_transaction(Dialect::Postgres, sql, &statements), Ok(()));
    }

    #[track_caller]
    fn fine(sql: &str) {
        let statements = split(Dialect::Postgres, sql).unwrap().statements;
        assert_eq!(refuse_in_transaction(Dialect::Postgres, sql, &statements), Ok(()));
    }

    #[test]
    fn transaction_control_is_refused_everywhere() {
        control("begin /* x */;");
        control("START TRANSACTION READ ONLY");
        control("commit and chain");
        control("END");
        control("ROLLBACK TO SAVEPOINT s");
        control("ABORT");
        control("SAVEPOINT s");
        control("RELEASE s");
        control("PREPARE TRANSACTION 'x'");
        fine("PREPARE transaction_log AS SELECT 1; SET TRANSACTION READ ONLY; SET LOCAL a.b = 1");
        fine("DO $$ BEGIN COMMIT; END $$; CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END");
    }

    #[test]
    fn what_refuses_to_run_in_a_transaction_is_found() {
        needs_none("create index concurrently on a (b)", "CREATE INDEX CONCURRENTLY");
        needs_none("CREATE UNIQUE INDEX CONCURRENTLY i ON a (b)", "CREATE INDEX CONCURRENTLY");
        needs_none("DROP INDEX CONCURRENTLY IF EXISTS i", "DROP INDEX CONCURRENTLY");
        needs_none("REINDEX TABLE CONCURRENTLY a", "REINDEX … CONCURRENTLY");
        needs_none("REINDEX (VERBOSE, CONCURRENTLY) TABLE a", "REINDEX … CONCURRENTLY");
        needs_none("REINDEX (VERBOSE) DATABASE a", "REINDEX DATABASE");
        needs_none("REINDEX SCHEMA a", "REINDEX SCHEMA");
        needs_none("REINDEX SYSTEM a", "REINDEX SYSTEM");
        needs_none("VACUUM (ANALYZE) a", "VACUUM");
        needs_none("CLUSTER", "CLUSTER");
        needs_none("CLUSTER (VERBOSE)", "CLUSTER");
        needs_none("CREATE DATABASE a", "CREATE DATABASE");
        needs_none("DROP DATABASE a", "DROP DATABASE");
        needs_none("ALTER DATABASE a SET TABLESPACE b", "ALTER DATABASE … SET TABLESPACE");
        needs_none("CREATE TABLESPACE a LOCATION '/b'", "CREATE TABLESPACE");
        needs_none("DROP TABLESPACE a", "DROP TABLESPACE");
        needs_none("ALTER SYSTEM SET a = 1", "ALTER SYSTEM");
        needs_none("DISCARD ALL", "DISCARD ALL");
        needs_none("COMMIT PREPARED 'x'", "COMMIT PREPARED");
        needs_none("ROLLBACK PREPARED 'x'", "ROLLBACK PREPARED");
        needs_none(
            "ALTER TABLE a.b DETACH PARTITION a.c CONCURRENTLY",
            "ALTER TABLE … DETACH PARTITION … CONCURRENTLY",
        );
    }

    #[test]
    fn what_runs_in_a_transaction_is_not() {
        fine("CREATE INDEX concurrently_used ON a (b); CREATE INDEX ON a (concurrently)");
        fine("REINDEX TABLE a; REINDEX (CONCURRENTLY off) INDEX b; REINDEX INDEX \"x\"");
        fine("CLUSTER a USING i; CLUSTER VERBOSE a; CLUSTER (VERBOSE) a; ANALYZE a");
        fine("REFRESH MATERIALIZED VIEW CONCURRENTLY a; ALTER TYPE a ADD VALUE 'b'");
        fine("ALTER TABLE a DETACH PARTITION b; ALTER TABLE a DETACH PARTITION b FINALIZE");
        fine("ALTER DATABASE a SET work_mem = 1; DISCARD TEMP; ALTER TABLE a SET TABLESPACE b");
    }

    #[test]
    fn subscriptions_reach_their_publisher_unless_told_otherwise() {
        let subscription = "CREATE SUBSCRIPTION a CONNECTION 'x' PUBLICATION b, c";
        needs_none(subscription, "CREATE SUBSCRIPTION");
        needs_none(&format!("{subscription} WITH (create_slot = true)"), "CREATE SUBSCRIPTION");
        fine(&format!("{subscription} WITH (enabled = false, create_slot = false)"));
        fine(&format!("{subscription} WITH (connect = 'off')"));
        needs_none("ALTER SUBSCRIPTION a SET PUBLICATION b", "ALTER SUBSCRIPTION … PUBLICATION");
        needs_none("ALTER SUBSCRIPTION a REFRESH PUBLICATION", "ALTER SUBSCRIPTION … PUBLICATION");
        fine("ALTER SUBSCRIPTION a ADD PUBLICATION b WITH (refresh = false)");
        fine("ALTER SUBSCRIPTION a DISABLE; DROP SUBSCRIPTION a");
    }
}
