//! What must be right in a script before it is run, embedded or even written.

use super::control::refuse_in_transaction;
use super::error::{ScriptError, ScriptProblem};
use super::section::{Script, Section, Transaction};
use super::split::{Split, split};
use crate::dialect::Dialect;
use crate::revision::Direction;

/// Checks every section that the dialect would run. Errors stand at a byte of `text`.
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
