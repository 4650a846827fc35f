//! What a statement of SQLite changes on its connection alone, so that a run can leave that as it
//! was found. Knows first words; what is restored, and how, is the runtime's.

use super::control::{as_slices, words};
use crate::dialect::Dialect;

/// A change that is the connection's own, and is lost with it.
///
/// ```
/// use migrate_model::script::SessionChange;
///
/// let change = SessionChange::of("PRAGMA foreign_keys = OFF");
/// let name = "foreign_keys".to_owned();
/// assert_eq!(change, Some(SessionChange::Setting { schema: None, name }));
/// assert_eq!(SessionChange::of("PRAGMA foreign_keys"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionChange {
    /// A PRAGMA that is given a value. Many of them change the file instead.
    Setting {
        /// The database that it is for, if it says so.
        schema: Option<String>,
        /// Its name, in small letters.
        name: String,
    },
    /// `ATTACH`, and the name that the other database gets.
    Attached(String),
    /// A temporary object.
    Temporary {
        /// `TABLE`, `VIEW` or `TRIGGER`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
}

impl SessionChange {
    /// What one statement of SQLite changes. Names come in small letters: SQLite does not tell
    /// them apart.
    pub fn of(sql: &str) -> Option<Self> {
        let words = words(Dialect::Sqlite, sql, usize::MAX);
        let name = |word: &str| word.to_ascii_lowercase();
        match as_slices(&words).as_slice() {
            ["PRAGMA", setting, "=" | "(", ..] => {
                Some(Self::Setting { schema: None, name: name(setting) })
            }
            ["PRAGMA", schema, ".", setting, "=" | "(", ..] => {
                Some(Self::Setting { schema: Some(name(schema)), name: name(setting) })
            }
            ["ATTACH", .., "AS", schema] => Some(Self::Attached(name(schema))),
            ["CREATE", "TEMP" | "TEMPORARY", kind, rest @ ..] => {
                let kind = ["TABLE", "VIEW", "TRIGGER"].into_iter().find(|it| it == kind)?;
                let rest = rest.strip_prefix(&["IF", "NOT", "EXISTS"]).unwrap_or(rest);
                let rest = rest.strip_prefix(&["TEMP", "."]).unwrap_or(rest);
                rest.first().map(|word| Self::Temporary { kind, name: name(word) })
            }
            _ => None,
        }
    }

    /// The PRAGMA that looks for faults, if the statement is one: its answer is what it's for.
    ///
    /// ```
    /// use migrate_model::script::SessionChange;
    ///
    /// assert_eq!(SessionChange::check("PRAGMA foreign_key_check"), Some("foreign_key_check"));
    /// assert_eq!(SessionChange::check("PRAGMA foreign_keys"), None);
    /// ```
    pub fn check(sql: &str) -> Option<&'static str> {
        let words = words(Dialect::Sqlite, sql, 4);
        let name = match as_slices(&words).as_slice() {
            ["PRAGMA", _, ".", name] | ["PRAGMA", name, ..] => name.to_ascii_lowercase(),
            _ => return None,
        };
        ["foreign_key_check", "integrity_check", "quick_check"].into_iter().find(|it| *it == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_connections_own_is_told() {
        let setting = |schema: Option<&str>, name: &str| {
            let schema = schema.map(str::to_owned);
            Some(SessionChange::Setting { schema, name: name.to_owned() })
        };
        let temporary =
            |kind, name: &str| Some(SessionChange::Temporary { kind, name: name.to_owned() });
        for (sql, expected) in [
            ("pragma Foreign_Keys=off", setting(None, "foreign_keys")),
            ("PRAGMA main.\"synchronous\"(1)", setting(Some("main"), "synchronous")),
            ("PRAGMA foreign_key_check", None),
            ("ATTACH DATABASE 'b c.db' AS \"B\"", Some(SessionChange::Attached("b".to_owned()))),
            ("CREATE TEMP TABLE IF NOT EXISTS t (x)", temporary("TABLE", "t")),
            ("CREATE TEMPORARY VIEW temp.v AS SELECT 1", temporary("VIEW", "v")),
            ("CREATE TABLE temp (x)", None),
        ] {
            assert_eq!(SessionChange::of(sql), expected, "{sql}");
        }
    }

    #[test]
    fn checks_are_told_from_settings() {
        for (sql, expected) in [
            ("PRAGMA main.foreign_key_check", Some("foreign_key_check")),
            ("PRAGMA main.foreign_key_check(orders)", Some("foreign_key_check")),
            ("PRAGMA foreign_key_check(orders)", Some("foreign_key_check")),
            ("PRAGMA quick_check", Some("quick_check")),
            ("PRAGMA user_version = 7", None),
            ("SELECT foreign_key_check", None),
        ] {
            assert_eq!(SessionChange::check(sql), expected, "{sql}");
        }
    }
}
