//! What must be right in a script before it is run, embedded or even written.

use super::control::refuse_in_transaction;
use super::error::{ScriptError, ScriptProblem};
use super::section::{Script, Section, Transaction};
use super::split::{Split, split};
use crate::dialect::Dialect;
use crate::revision::Direction;

/// Checks every section that the dialect would run. Errors stand at a byte of `text`.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::check;
///
/// assert!(check("-- migrate:up\nCREATE TABLE a (b);\n", Dialect::Sqlite).is_ok());
/// let error = check("-- migrate:up\nCOMMIT;\n", Dialect::Sqlite).unwrap_err();
/// assert_eq!((error.offset, error.problem.code()), (14, "script.transaction_control"));
/// ```
pub fn check(text: &str, dialect: Dialect) -> Result<(), ScriptError> {
    let script = Script::parse(text)?;
    for direction in [Direction::Up, Direction::Down] {
        let section = script.section(direction, dialect).map_err(|problem| {
            let last = script.sections().iter().rev().find(|s| s.direction == direction);
            ScriptError { offset: last.map_or(0, |section| section.marker), problem }
        })?;
        if let Some(section) = section {
            statements(text, section, dialect)?;
        }
    }
    Ok(())
}

/// The statements of a section, as places in its body, if it can run. Errors stand at a byte of
/// `text`, the whole file.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::{Script, statements};
///
/// let text = "-- migrate:up\nCREATE TABLE a (b);\nDROP TABLE c;\n";
/// let script = Script::parse(text)?;
/// let section = &script.sections()[0];
/// let split = statements(text, section, Dialect::Sqlite)?;
/// assert_eq!(split.statements.len(), 2);
/// assert_eq!(&text[section.body.clone()][split.statements[1].sql.clone()], "DROP TABLE c");
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
pub fn statements(text: &str, section: &Section, dialect: Dialect) -> Result<Split, ScriptError> {
    if section.transaction == Transaction::Outside {
        let problem = ScriptProblem::TransactionFalse;
        return Err(ScriptError { offset: section.marker, problem });
    }
    let body = &text[section.body.clone()];
    let in_file =
        |error: ScriptError| ScriptError { offset: section.body.start + error.offset, ..error };
    let split = split(dialect, body).map_err(in_file)?;
    refuse_in_transaction(dialect, body, &split.statements).map_err(in_file)?;
    Ok(split)
}
