//! What must be right in a script before it is run, embedded or even written.

use super::control::{refuse_in_transaction, refuse_outside_transaction};
use super::error::ScriptError;
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
    let refuse = match section.transaction {
        Transaction::Inside => refuse_in_transaction,
        Transaction::Outside => refuse_outside_transaction,
    };
    let body = &text[section.body.clone()];
    let in_file =
        |error: ScriptError| ScriptError { offset: section.body.start + error.offset, ..error };
    let split = split(dialect, body).map_err(in_file)?;
    refuse(dialect, body, &split.statements).map_err(in_file)?;
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str, dialect: Dialect) -> Result<(), (usize, &'static str)> {
        check(text, dialect).map_err(|error| (error.offset, error.problem.code()))
    }

    #[test]
    fn each_dialect_is_checked_by_its_own_rules() {
        let text = "-- migrate:up\nCREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$;\nCOMMIT;\n";
        assert_eq!(checked(text, Dialect::Postgres), Err((66, "script.transaction_control")));
        let text = "-- migrate:up\nSELECT 'it\\'s';\n";
        assert_eq!(checked(text, Dialect::Mysql), Ok(()));
        assert_eq!(checked(text, Dialect::Sqlite), Err((27, "script.unterminated")));
    }

    #[test]
    fn what_needs_no_transaction_gets_a_section_without_one() {
        let text = "-- migrate:up transaction:false\nVACUUM a;\n";
        let inside = "-- migrate:up\nVACUUM a;\n";
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(checked(text, dialect), Ok(()));
            assert_eq!(checked(inside, dialect), Err((14, "script.needs_no_transaction")));
        }
        let text = "-- migrate:up transaction:false\nSELECT 1;\nBEGIN;\n";
        for dialect in Dialect::ALL {
            assert_eq!(checked(text, dialect), Err((42, "script.transaction_control")));
        }
    }
}
