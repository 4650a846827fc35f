//! MySQL's and MariaDB's statements. A definition commits what is open, so it never runs inside a
//! transaction (<https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html>,
//! <https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/>).

use super::Effect;
use crate::dialect::Dialect;
use crate::script::control::{as_slices, words};

/// What a schema holds, so that it shows there.
const OBJECTS: [&str; 9] =
    ["TABLE", "INDEX", "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "SEQUENCE", "PACKAGE"];

pub(super) fn effect(sql: &str) -> Effect {
    let all = words(Dialect::Mariadb, sql, usize::MAX);
    let all = as_slices(&all);
    match all.as_slice() {
        ["SET", "PASSWORD" | "DEFAULT" | "GLOBAL" | "PERSIST" | "PERSIST_ONLY", ..] => {
            Effect::Unknown
        }
        // MariaDB's SET STATEMENT … FOR runs a statement.
        ["SET", "STATEMENT", ..] => Effect::Unknown,
        ["SET" | "USE" | "PREPARE" | "DEALLOCATE", ..]
        | ["CREATE", "TEMPORARY", ..]
        | ["DROP", "PREPARE", ..] => Effect::Session,
        [
            "ANALYZE" | "OPTIMIZE" | "CHECK" | "REPAIR" | "CHECKSUM" | "FLUSH" | "SHOW" | "EXPLAIN"
            | "DESCRIBE" | "DESC" | "HELP",
            ..,
        ] => Effect::Upkeep,
        ["SELECT", ..] if all.contains(&"OUTFILE") || all.contains(&"DUMPFILE") => Effect::Unknown,
        [
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "WITH" | "SELECT" | "DO" | "VALUES"
            | "TABLE" | "(" | "LOAD",
            ..,
        ] => Effect::Data,
        ["RENAME", "TABLE" | "TABLES", ..] => definition(&all),
        ["CREATE" | "ALTER" | "DROP", rest @ ..] => {
            // Words like OR REPLACE, ONLINE, UNIQUE, DEFINER = a@b stand in front of it.
            let object = rest.iter().find(|word| OBJECTS.contains(word) || is_foreign(word));
            match object {
                Some(object) if OBJECTS.contains(object) => definition(&all),
                _ => Effect::Unknown,
            }
        }
        _ => Effect::Unknown,
    }
}

/// Objects that belong to no schema.
fn is_foreign(word: &str) -> bool {
    let foreign =
        ["DATABASE", "SCHEMA", "USER", "ROLE", "SERVER", "TABLESPACE", "LOGFILE", "INSTANCE"];
    foreign.contains(&word)
}

/// A definition of a table in another database does not show in this one's. What is defined is named
/// in front of columns, and of a query; behind that a point is no sign of it.
fn definition(all: &[&str]) -> Effect {
    let is_behind =
        |word: &&str| matches!(*word, "(" | "AS" | "SELECT" | "WITH" | "TABLE" | "LIKE");
    let name_begins = all.iter().position(|word| matches!(*word, "TABLE" | "TABLES" | "INDEX"));
    let from = name_begins.map_or(0, |at| at + 1);
    let end = all[from..].iter().position(is_behind).map_or(all.len(), |at| from + at);
    let all = &all[..end];
    let is_of_tables = all.iter().take(6).any(|word| matches!(*word, "TABLE" | "TABLES" | "INDEX"));
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let qualifies = |three: &[&str]| three[1] == "." && is_name(&three[0]) && is_name(&three[2]);
    match is_of_tables && all.windows(3).any(qualifies) {
        true => Effect::Unknown,
        false => Effect::Definition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn has(expected: Effect, statements: &[&str]) {
        for sql in statements {
            assert_eq!(effect(sql), expected, "{sql}");
        }
    }

    #[test]
    fn definitions_of_this_database_are_told_from_others() {
        has(
            Effect::Definition,
            &[
                "CREATE TABLE a (b decimal(5, 2) DEFAULT 1.5)",
                "create unique index i on a (b)",
                "ALTER ONLINE TABLE `a` ADD b int",
                "CREATE TABLE a AS SELECT x.b FROM big x WHERE x.c > 0",
                "CREATE TABLE a (INDEX (b)) SELECT x.b FROM x",
                "RENAME TABLE a TO b",
                "CREATE DEFINER = `u`@`%` TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = 1",
                "CREATE OR REPLACE VIEW v AS SELECT a.b FROM a",
                "/*!50003 CREATE PROCEDURE p() SELECT 1 */",
            ],
        );
        has(
            Effect::Unknown,
            &[
                "CREATE TABLE other.a (b int)",
                "CREATE TABLE other.a AS SELECT 1",
                "CREATE INDEX i ON other.a (b)",
                "DROP TABLE a, `other`.`a`",
                "CREATE USER a",
                "GRANT x",
            ],
        );
    }

    #[test]
    fn rows_are_told_from_what_may_be_more() {
        has(Effect::Data, &["INSERT INTO a VALUES (1)", "WITH c AS (SELECT 1) SELECT 1", "DO 1"]);
        has(
            Effect::Unknown,
            &["CALL p()", "EXECUTE s", "TRUNCATE a", "SELECT 1 INTO OUTFILE 'x'", "GRANT a TO b"],
        );
        has(Effect::Session, &["SET NAMES utf8mb4", "USE a", "CREATE TEMPORARY TABLE a (b int)"]);
        has(Effect::Unknown, &["SET GLOBAL a = 1", "SET STATEMENT a = 1 FOR CALL p()"]);
        has(Effect::Upkeep, &["OPTIMIZE TABLE a", "FLUSH TABLES"]);
    }
}
