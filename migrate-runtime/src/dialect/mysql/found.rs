//! How a session was found, and leaving it so: dumps and other scripts set character sets, modes
//! and checks, and may go to another database.

use sqlx::mysql::MySqlRow;

use super::connect::text;
use super::quote;

/// What is asked for and set again.
const VARIABLES: [&str; 13] = [
    "sql_mode",
    "time_zone",
    "character_set_client",
    "character_set_results",
    "collation_connection",
    "foreign_key_checks",
    "unique_checks",
    "sql_notes",
    "autocommit",
    "lock_wait_timeout",
    "innodb_lock_wait_timeout",
    "group_concat_max_len",
    "default_storage_engine",
];

/// The values of a session.
#[derive(Debug, Clone)]
pub(super) struct Found {
    values: Vec<Option<String>>,
    pub(super) database: Option<String>,
}

impl Found {
    /// The expressions to ask for, to be read by [`read`](Self::read).
    pub(super) fn expressions() -> String {
        let variables = VARIABLES.map(|name| format!("@@SESSION.{name}"));
        format!("DATABASE(), {}", variables.join(", "))
    }

    /// Reads them from a row, the first of them at `index`.
    pub(super) fn read(row: &MySqlRow, index: usize) -> Result<Self, sqlx::Error> {
        let database = text(row, index)?;
        let values = (1..=VARIABLES.len()).map(|at| text(row, index + at));
        Ok(Self { values: values.collect::<Result<_, _>>()?, database })
    }

    /// Statements that set them.
    pub(super) fn statements(&self) -> Vec<String> {
        let set = VARIABLES.iter().zip(&self.values).map(|(name, value)| {
            let value = match value {
                Some(number) if number.parse::<u64>().is_ok() => number.clone(),
                Some(text) => quote::text(text),
                None => "NULL".to_owned(),
            };
            format!("SESSION {name} = {value}")
        });
        let set = format!("SET {}", set.collect::<Vec<_>>().join(", "));
        let database = self.database.as_ref();
        [set].into_iter().chain(database.map(|name| format!("USE {}", quote::name(name)))).collect()
    }
}
