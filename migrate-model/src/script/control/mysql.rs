//! MySQL and MariaDB (<https://dev.mysql.com/doc/refman/8.4/en/commit.html>). What commits
//! implicitly, as every DDL does, is allowed: a revision without it is rare there. LOCK TABLES is
//! not, because all other tables can't be written then, the history's among them.

use super::{Objection, as_slices, words};
use crate::dialect::Dialect;

pub(super) fn objection(sql: &str) -> Option<Objection> {
    let first = words(Dialect::Mariadb, sql, 2);
    let statement = match as_slices(&first).as_slice() {
        ["LOCK", "TABLE" | "TABLES"] => {
            return Some(Objection::LocksTables("LOCK TABLES".to_owned()));
        }
        // MariaDB's compound statement is no transaction.
        ["BEGIN", "NOT"] => return None,
        ["START", "TRANSACTION"] => "START TRANSACTION",
        ["SET", ..] if sets_autocommit(sql) => "SET autocommit",
        [word @ ("BEGIN" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "XA"), ..] => word,
        _ => return None,
    };
    Some(Objection::Control(statement.to_owned()))
}

/// `SET a = 1, @@session.autocommit = 0`; but `@autocommit` is a variable of the user's.
fn sets_autocommit(sql: &str) -> bool {
    let words = words(Dialect::Mariadb, sql, usize::MAX);
    let words = as_slices(&words);
    (1..words.len()).any(|at| {
        words[at] == "AUTOCOMMIT"
            && matches!(words.get(at + 1), Some(&("=" | ":")))
            && (words[at - 1] != "@" || at > 1 && words[at - 2] == "@")
    })
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::script::{refuse_in_transaction, refuse_outside_transaction, split};

    #[track_caller]
    fn control(sql: &str) {
        let text = format!("a;\n{sql}");
        for dialect in [Dialect::Mysql, Dialect::Mariadb] {
            let statements = split(dialect, &text).unwrap().statements;
            for refuse in [refuse_in_transaction, refuse_outside_transaction] {
                let error = refuse(dialect, &text, &statements).unwrap_err();
                assert_eq!((error.offset, error.problem.code()), (3, "script.transaction_control"));
            }
        }
    }

    #[track_caller]
    fn fine(sql: &str) {
        let statements = split(Dialect::Mariadb, sql).unwrap().statements;
        assert_eq!(refuse_in_transaction(Dialect::Mariadb, sql, &statements), Ok(()));
    }

    #[test]
    fn transaction_control_is_refused() {
        control("start transaction with consistent snapshot");
        control("BEGIN");
        control("BEGIN WORK;");
        control("/*!40000 COMMIT */");
        control("/*+ x */ ROLLBACK");
        control("SAVEPOINT a");
        control("RELEASE SAVEPOINT a");
        control("XA BEGIN 'a'");
        control("SET autocommit = 0");
        control("SET @a = 1, @@SESSION.`autocommit` := 0");
    }

    #[test]
    fn locked_tables_would_keep_the_history_from_being_written() {
        let text = "SELECT 1; lock tables a WRITE";
        let statements = split(Dialect::Mysql, text).unwrap().statements;
        let error = refuse_in_transaction(Dialect::Mysql, text, &statements).unwrap_err();
        assert_eq!((error.offset, error.problem.code()), (10, "script.locks_tables"));
    }

    #[test]
    fn other_statements_are_not() {
        fine("BEGIN NOT ATOMIC COMMIT; END; CREATE PROCEDURE p() BEGIN COMMIT; END");
        fine("UNLOCK TABLES; SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT; LOCK INSTANCE FOR BACKUP");
        fine("SET @autocommit = 1; SET TRANSACTION READ ONLY; START REPLICA");
    }
}
