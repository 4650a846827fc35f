//! One statement of a revision, within the limit of its time.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use migrate_model::script::SessionChange;
use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::interrupt::Interrupt;

/// How many faults a message names.
const MOST: usize = 3;

/// Runs the statement. A PRAGMA that looks for faults fails if it finds some: nobody else reads its
/// answer.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    sql: &str,
    interrupt: &Interrupt,
) -> Result<(), sqlx::Error> {
    let _limited = interrupt.limited();
    let query = sqlx::raw_sql(AssertSqlSafe(sql));
    let Some(check) = SessionChange::check(sql) else {
        return query.execute(connection).await.map(drop);
    };
    let rows = query.fetch_all(connection).await?;
    let faults: Vec<String> = rows.iter().filter_map(fault).collect();
    if faults.is_empty() {
        return Ok(());
    }
    let named = faults[..faults.len().min(MOST)].join("; ");
    let more = match faults.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("{check} has found faults: {named}{more}");
    Err(sqlx::Error::Database(Box::new(Faults { message })))
}

/// What a row of the answer tells; `None` if all is well. Rows of `foreign_key_check` have four
/// columns, the others' one: <https://www.sqlite.org/pragma.html#pragma_foreign_key_check>.
fn fault(row: &SqliteRow) -> Option<String> {
    if row.len() == 1 {
        return row.try_get::<String, _>(0).ok().filter(|text| text != "ok");
    }
    let table: String = row.try_get(0).unwrap_or_default();
    let parent: String = row.try_get(2).unwrap_or_default();
    // A table WITHOUT ROWID has none.
    let place = match row.try_get::<Option<i64>, _>(1).ok().flatten() {
        Some(rowid) => format!("row {rowid} of {table}"),
        None => format!("a row of {table}"),
    };
    Some(format!("{place} refers to nothing in {parent}"))
}

/// SQLite's answer, as the error that it means.
#[derive(Debug)]
struct Faults {
    message: String,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Faults {}

impl DatabaseError for Faults {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
