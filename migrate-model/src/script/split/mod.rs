//! Splitting a script into statements, each with its place. Only `;` at the end of a statement
//! splits: not in quotes, not in comments, not between the BEGIN and the END of a trigger or a
//! routine. Each dialect has a splitter of its own; none knows another.

#[cfg(test)]
mod laws;
mod mysql;
mod postgres;
mod sqlite;

use std::ops::Range;

use super::error::ScriptError;
use crate::dialect::Dialect;

/// One statement of a script. All places are bytes of the text that was split.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::split;
///
/// let text = "-- one\nSELECT 1;";
/// let statement = &split(Dialect::Sqlite, text)?.statements[0];
/// assert_eq!(&text[statement.whole.clone()], text);
/// assert_eq!(&text[statement.sql.clone()], "SELECT 1");
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// From the end of the statement before to its own `;`: with the comments that lead it.
    pub whole: Range<usize>,
    /// From its first word to its last, without the `;`.
    pub sql: Range<usize>,
}

/// A script in pieces: the statements' `whole` and then `tail` cover it without gaps.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::split;
///
/// let text = "SELECT 1; SELECT 2; -- done";
/// let split = split(Dialect::Sqlite, text)?;
/// assert_eq!((split.statements.len(), &text[split.tail]), (2, " -- done"));
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The statements; a lone `;` is none.
    pub statements: Vec<Statement>,
    /// What follows the last statement: space and comments.
    pub tail: Range<usize>,
}

/// Splits a script of that dialect.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::split;
///
/// let text = "INSERT INTO a VALUES ('x;y'); -- one; only\nDELETE FROM b";
/// let split = split(Dialect::Sqlite, text)?;
/// let sql: Vec<&str> = split.statements.iter().map(|s| &text[s.sql.clone()]).collect();
/// assert_eq!(sql, ["INSERT INTO a VALUES ('x;y')", "DELETE FROM b"]);
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
pub fn split(dialect: Dialect, text: &str) -> Result<Split, ScriptError> {
    match dialect {
        Dialect::Sqlite => sqlite::split(text),
        Dialect::Postgres => postgres::split(text),
        Dialect::Mysql | Dialect::Mariadb => mysql::split(dialect, text),
    }
}

/// What a splitter collects while it walks over the tokens.
#[derive(Default)]
struct Pieces {
    statements: Vec<Statement>,
    /// The end of the statement before.
    start: usize,
    /// The span from the first to the last word so far.
    sql: Option<Range<usize>>,
}

impl Pieces {
    /// A token that belongs to the statement at hand.
    fn extend(&mut self, span: Range<usize>) {
        let start = self.sql.as_ref().map_or(span.start, |sql| sql.start);
        self.sql = Some(start..span.end);
    }

    /// Where the statement at hand began, if it has.
    fn begun_at(&self) -> Option<usize> {
        self.sql.as_ref().map(|sql| sql.start)
    }

    /// The statement at hand ends with its `;`.
    fn finish(&mut self, end: usize) {
        if let Some(sql) = self.sql.take() {
            self.statements.push(Statement { whole: self.start..end, sql });
            self.start = end;
        }
    }

    /// The last statement needs no `;`.
    fn into_split(mut self, end: usize) -> Split {
        self.finish(end);
        Split { statements: self.statements, tail: self.start..end }
    }
}
