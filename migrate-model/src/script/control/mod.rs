//! Statements that must not stand in a section: those that would begin or end a transaction
//! (sqlx's and our own count of transactions would be wrong for good), those that silently do
//! nothing in one, and those that refuse to run in one. Each dialect has its own; none knows
//! another.

mod mysql;
mod postgres;
mod sqlite;

use super::error::{ScriptError, ScriptProblem};
use super::lexer::{TokenKind, tokens};
use super::section::Transaction;
use super::split::Statement;
use crate::dialect::Dialect;

/// Refuses the first statement that must not run inside a transaction.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::{refuse_in_transaction, split};
///
/// let text = "SELECT 1;\nROLLBACK;\n";
/// let statements = split(Dialect::Sqlite, text)?.statements;
/// let error = refuse_in_transaction(Dialect::Sqlite, text, &statements).unwrap_err();
/// assert_eq!((error.offset, error.problem.code()), (10, "script.transaction_control"));
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
pub fn refuse_in_transaction(
    dialect: Dialect,
    text: &str,
    statements: &[Statement],
) -> Result<(), ScriptError> {
    refuse(dialect, text, statements, Transaction::Inside)
}

/// Refuses the first statement that must not run in a `transaction:false` section. There each
/// statement is recorded on its own, so a transaction over several of them would be one over our
/// records, too, and a run that broke off in it could not go on where it stopped.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::{refuse_outside_transaction, split};
///
/// let text = "VACUUM a;\nBEGIN;\n";
/// let statements = split(Dialect::Postgres, text)?.statements;
/// let error = refuse_outside_transaction(Dialect::Postgres, text, &statements).unwrap_err();
/// assert_eq!((error.offset, error.problem.code()), (10, "script.transaction_control"));
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
pub fn refuse_outside_transaction(
    dialect: Dialect,
    text: &str,
    statements: &[Statement],
) -> Result<(), ScriptError> {
    refuse(dialect, text, statements, Transaction::Outside)
}

fn refuse(
    dialect: Dialect,
    text: &str,
    statements: &[Statement],
    transaction: Transaction,
) -> Result<(), ScriptError> {
    let objection = match dialect {
        Dialect::Sqlite => sqlite::objection,
        Dialect::Postgres => postgres::objection,
        Dialect::Mysql | Dialect::Mariadb => mysql::objection,
    };
    for statement in statements {
        let sql = &text[statement.sql.clone()];
        let problem = match (objection(sql), transaction) {
            (None, _)
            | (Some(Objection::NoEffect(_) | Objection::NeedsNone(_)), Transaction::Outside) => {
                continue;
            }
            (Some(Objection::Control(statement)), transaction) => {
                ScriptProblem::TransactionControl { statement, transaction }
            }
            (Some(Objection::LocksTables(statement)), _) => {
                ScriptProblem::LocksTables { statement }
            }
            (Some(Objection::NoEffect(statement)), Transaction::Inside) => {
                ScriptProblem::NoEffectInTransaction { statement }
            }
            (Some(Objection::NeedsNone(statement)), Transaction::Inside) => {
                ScriptProblem::NeedsNoTransaction { statement }
            }
        };
        return Err(ScriptError { offset: statement.sql.start, problem });
    }
    Ok(())
}

/// What a statement is to transactions, and what it is called.
#[derive(Debug, PartialEq, Eq)]
enum Objection {
    /// It begins or ends one.
    Control(String),
    /// It does nothing inside of one.
    NoEffect(String),
    /// It fails inside of one.
    NeedsNone(String),
    /// Nothing but the tables that it names can be written behind it.
    LocksTables(String),
}

/// The words of a statement that may be names, as they are written, without quotes.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::names;
///
/// let sql = "ALTER TABLE `Orders` ADD note varchar(9) DEFAULT 'none'";
/// let names = names(Dialect::Mysql, sql);
/// assert!(names.contains(&"Orders".to_owned()) && names.contains(&"note".to_owned()));
/// assert!(!names.contains(&"9".to_owned()));
/// ```
pub fn names(dialect: Dialect, sql: &str) -> Vec<String> {
    let tokens = tokens(dialect, sql).map_while(Result::ok);
    let words = tokens.filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted));
    let texts = words.map(|token| sql[token.span].trim_matches(QUOTES).to_owned());
    texts.filter(|name| name.contains(|c: char| c.is_alphabetic() || c == '_')).collect()
}

const QUOTES: [char; 5] = ['\'', '"', '`', '[', ']'];

/// The first tokens of a statement, in capitals and without quotes. A statement was split before,
/// so it has no faults.
pub(super) fn words(dialect: Dialect, sql: &str, most: usize) -> Vec<String> {
    let tokens = tokens(dialect, sql).map_while(Result::ok);
    let words = tokens.filter_map(|token| match token.kind {
        TokenKind::Blank | TokenKind::Mark => None,
        TokenKind::Quoted => Some(sql[token.span].trim_matches(QUOTES).to_ascii_uppercase()),
        TokenKind::Word | TokenKind::Semicolon | TokenKind::Other => {
            Some(sql[token.span].to_ascii_uppercase())
        }
    });
    words.take(most).collect()
}

/// The same as slices, which can be matched.
pub(super) fn as_slices(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}
