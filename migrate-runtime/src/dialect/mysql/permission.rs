//! A missing right as the statement that gives it. The server's error says which right it is and
//! for what, and from which host the user came; by which name the user is known, is asked.

use super::connect::{Session, text};
use super::error::number;
use super::quote;
use crate::error::{ErrorKind, message};
use crate::settings::HistoryTables;

/// What it takes to write the history.
pub(super) const WRITE: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE";

/// The history tables, and what was wanted with them.
pub(super) struct History<'t> {
    pub(super) rights: &'static str,
    pub(super) tables: &'t HistoryTables,
}

/// The error of a statement outside of revisions, with the right that is missing if it is one.
pub(super) async fn with_grant(
    session: &mut Session<'_>,
    doing: String,
    source: sqlx::Error,
    history: Option<History<'_>>,
) -> ErrorKind {
    match grant(session, &source, history).await {
        Some(grant) => ErrorKind::Permission { doing, source, grant },
        None => ErrorKind::Database { doing, source },
    }
}

/// What would give the right whose absence is the error; `None` if it is another error, or the
/// server does not say enough.
pub(super) async fn grant(
    session: &mut Session<'_>,
    error: &sqlx::Error,
    history: Option<History<'_>>,
) -> Option<String> {
    // Access denied to a database, a table, a column, a routine; a privilege that is missing.
    if !matches!(number(error), Some(1044 | 1142 | 1143 | 1227 | 1370)) {
        return None;
    }
    let rows = session.ask("SELECT CURRENT_USER(), DATABASE()".to_owned()).await.ok()?;
    let row = rows.first()?;
    let account = account(&text(row, 0).ok()??)?;
    let database = text(row, 1).ok()?;
    if let Some(History { rights, tables }) = history {
        // Three tables, and three GRANTs; the database's is one.
        let schema = tables.schema.clone().or(database)?;
        return Some(format!("GRANT {rights} ON {}.* TO {account};", quote::name(&schema)));
    }
    let message = message(error);
    let denied = Denied::read(&message, database.as_deref())?;
    Some(format!("GRANT {} ON {} TO {account};", denied.right, denied.object))
}

/// `user@host` as SQL.
fn account(current: &str) -> Option<String> {
    let (user, host) = current.rsplit_once('@')?;
    Some(format!("{}@{}", quote::text(user), quote::text(host)))
}

/// What an error says that is denied.
#[derive(Debug, PartialEq, Eq)]
struct Denied {
    right: String,
    /// For what, as SQL.
    object: String,
}

impl Denied {
    /// From the server's message, whose parts are nowhere else.
    /// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html#error_er_tableaccess_denied_error>
    fn read(message: &str, database: Option<&str>) -> Option<Self> {
        if let Some(name) = message.strip_prefix("Access denied for user ") {
            let name = name.rsplit_once(" to database ")?.1;
            let object = format!("{}.*", quote::name(unquoted(name)));
            return Some(Self { right: "ALL PRIVILEGES".to_owned(), object });
        }
        if let Some(rest) = message.strip_prefix("Access denied; you need (at least one of) the ") {
            let rights = rest.split_once(" privilege(s)")?.0;
            let right = rights.split(',').next()?.trim().to_owned();
            return Some(Self { right, object: "*.*".to_owned() });
        }
        let (right, rest) = message.split_once(" command denied to user ")?;
        if let Some((_, name)) = rest.rsplit_once(" for routine ") {
            let object = qualified(unquoted(name), database)?;
            return Some(Self {
                right: right.to_ascii_uppercase(),
                object: format!("PROCEDURE {object}"),
            });
        }
        let name = rest.rsplit_once(" for table ")?.1;
        let right = right.to_ascii_uppercase();
        // A table that does not exist yet can't be named by who grants.
        let object = match right.as_str() {
            "CREATE" | "CREATE VIEW" => format!("{}.*", quote::name(database?)),
            _ => qualified(name, database)?,
        };
        Some(Self { right, object })
    }
}

/// `` `a`.`b` `` from MariaDB, `'b'` from MySQL.
fn qualified(name: &str, database: Option<&str>) -> Option<String> {
    match name.split_once("`.`") {
        Some(_) => Some(name.to_owned()),
        None => {
            let plain = unquoted(name);
            match plain.split_once('.') {
                Some((schema, table)) => {
                    Some(format!("{}.{}", quote::name(schema), quote::name(table)))
                }
                None => Some(format!("{}.{}", quote::name(database?), quote::name(plain))),
            }
        }
    }
}

fn unquoted(name: &str) -> &str {
    name.trim_matches(['\'', '`'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_and_its_object_are_in_the_message() {
        for (message, right, object) in [
            (
                "SELECT command denied to user 'u'@'localhost' for table `shop`.`a`",
                "SELECT",
                "`shop`.`a`",
            ),
            ("DROP command denied to user 'u'@'h' for table 'a'", "DROP", "`shop`.`a`"),
            ("CREATE command denied to user 'u'@'h' for table 'a'", "CREATE", "`shop`.*"),
            ("Access denied for user 'u'@'h' to database 'other'", "ALL PRIVILEGES", "`other`.*"),
            (
                "Access denied; you need (at least one of) the SUPER, BINLOG ADMIN privilege(s) \
                 for this operation",
                "SUPER",
                "*.*",
            ),
            (
                "execute command denied to user 'u'@'h' for routine 'shop.p'",
                "EXECUTE",
                "PROCEDURE `shop`.`p`",
            ),
        ] {
            let expected = Denied { right: right.to_owned(), object: object.to_owned() };
            assert_eq!(Denied::read(message, Some("shop")), Some(expected), "{message}");
        }
        assert_eq!(Denied::read("Unknown column 'a'", None), None);
    }
}
