//! What MySQL's and MariaDB's errors mean.
//! Numbers: <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>,
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/>.

use migrate_model::Dialect;
use migrate_model::script::names;
use sqlx::mysql::MySqlDatabaseError;

fn of_server(error: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// The number of an error that the server sent.
pub(super) fn number(error: &sqlx::Error) -> Option<u16> {
    of_server(error).map(MySqlDatabaseError::number)
}

/// Where in its statement an error is, in bytes, as far as the message tells: a syntax error quotes
/// what follows it, others name what they don't find.
pub(super) fn offset(error: &sqlx::Error, sql: &str) -> Option<usize> {
    let error = of_server(error)?;
    match error.number() {
        // ER_PARSE_ERROR, ER_SYNTAX_ERROR
        1064 | 1149 => of_syntax(error.message(), sql),
        // Unknown or doubled columns, tables, keys, databases, routines.
        1049 | 1050 | 1051 | 1054 | 1060 | 1061 | 1068 | 1072 | 1091 | 1146 | 1305 => {
            of_name(error.message(), sql)
        }
        _ => None,
    }
}

/// `… to use near 'FORM a' at line 2`: the quoted text is the rest of the statement, cut short.
fn of_syntax(message: &str, sql: &str) -> Option<usize> {
    let (head, line) = message.rsplit_once(" at line ")?;
    let near = head.split_once(" near '")?.1.strip_suffix('\'')?;
    let line: usize = line.trim().parse().ok()?;
    let above: usize = sql.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    if near.is_empty() {
        return Some(sql.len());
    }
    // The line is the one where the parser stood, which may be a little behind.
    sql.get(above..)?.find(near).map(|at| above + at).or_else(|| sql.find(near))
}

/// `Unknown column 'b' in 'field list'`, `Table 'db.a' doesn't exist`: the first name.
fn of_name(message: &str, sql: &str) -> Option<usize> {
    let quoted = message.split_once('\'')?.1.split_once('\'')?.0;
    let name = quoted.rsplit('.').next()?;
    let is_there = names(Dialect::Mariadb, sql).iter().any(|it| it.eq_ignore_ascii_case(name));
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut places = sql.match_indices(name).map(|(at, _)| at);
    places.find(|at| {
        let (before, after) = (&sql[..*at], &sql[at + name.len()..]);
        is_there && !before.ends_with(is_word) && !after.starts_with(is_word)
    })
}

/// `ER_LOCK_WAIT_TIMEOUT` and `ER_LOCK_DEADLOCK`
pub(super) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1205 | 1213))
}

/// `ER_QUERY_INTERRUPTED`, and the time-outs of statements on MariaDB and MySQL
pub(super) fn is_canceled(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1317 | 1969 | 3024))
}

/// `ER_NO_SUCH_TABLE`, and `ER_BAD_DB_ERROR`
pub(super) fn is_missing_table(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1146 | 1049))
}

/// `ER_BAD_FIELD_ERROR`
pub(super) fn is_missing_column(error: &sqlx::Error) -> bool {
    number(error) == Some(1054)
}

/// `ER_NO_DB_ERROR`
pub(super) fn is_no_database(error: &sqlx::Error) -> bool {
    number(error) == Some(1046)
}

/// The stable code of an error that is the database's fault, not a statement's.
pub(crate) fn database_fault(error: &sqlx::Error) -> Option<&'static str> {
    match number(error)? {
        // Access denied to a database, a table, a column, a routine, for want of a privilege; a
        // server or a transaction that only reads.
        1044 | 1142 | 1143 | 1227 | 1290 | 1370 | 1792 | 1836 => Some("database.permission"),
        // Access denied at all, no such database, too many connections, an unknown plug-in.
        1040 | 1045 | 1049 | 1129 | 1130 | 1203 | 1226 | 1251 | 1524 | 1698 => {
            Some("database.unreachable")
        }
        1205 | 1213 => Some("lock.timeout"),
        // ER_DISK_FULL, ER_RECORD_FILE_FULL
        1021 | 1114 => Some("database.full"),
        // ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED of both, ER_CLIENT_INTERACTION_TIMEOUT
        1053 | 1927 | 3169 | 4031 => Some("database.lost"),
        _ => None,
    }
}

/// What to do about an error that is the database's fault.
pub(crate) fn way_out(error: &sqlx::Error) -> Option<&'static str> {
    Some(match number(error)? {
        1049 => "is the name right? cargo migrate database create makes it",
        1045 | 1251 | 1524 | 1698 => "check user and password, and from where the user may come",
        1044 | 1142 | 1143 | 1227 | 1370 => {
            "somebody who may has to give the right that the server names"
        }
        1290 | 1792 | 1836 => "the server only reads: is this the URL of a replica?",
        1205 | 1213 => {
            "another session holds what the statement needs: end it, or wait longer: \
             --lock-timeout 5m"
        }
        1040 | 1203 | 1226 => "the server has no connection left; end some, or wait: --wait 30s",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_error_quotes_what_follows_it() {
        let message = |near: &str, line| {
            format!(
                "You have an error in your SQL syntax; check the manual that corresponds to your \
                 server version for the right syntax to use near '{near}' at line {line}"
            )
        };
        let sql = "SELECT 'ä' FROM a\n  WHERE FORM x";
        assert_eq!(of_syntax(&message("FORM x", 2), sql), sql.find("FORM"));
        assert_eq!(of_syntax(&message("it's x", 1), "SELECT it's x"), Some(7));
        assert_eq!(of_syntax(&message("", 1), "SELECT"), Some(6));
        assert_eq!(of_syntax("another text", "SELECT"), None);
    }

    #[test]
    fn a_name_that_is_not_found_is_where_it_stands() {
        let sql = "SELECT ab, a FROM c";
        assert_eq!(of_name("Unknown column 'a' in 'field list'", sql), Some(11));
        assert_eq!(of_name("Table 'shop.c' doesn't exist", sql), Some(18));
        assert_eq!(of_name("Table 'shop.d' doesn't exist", sql), None);
    }
}
