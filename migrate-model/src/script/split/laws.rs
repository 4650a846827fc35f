//! What holds for every text in every dialect, for the tests of the splitters.

use proptest::prelude::*;

use super::{Split, split};
use crate::dialect::Dialect;

/// The statements, in order; a text that can't be split fails the test.
#[track_caller]
pub(super) fn statements(dialect: Dialect, text: &str) -> Vec<&str> {
    let split = split(dialect, text).unwrap();
    cover_of(text, &split).unwrap();
    sql(text, &split)
}

/// Where and with which code the splitter refuses the text.
#[track_caller]
pub(super) fn refused(dialect: Dialect, text: &str) -> (usize, &'static str) {
    let error = split(dialect, text).unwrap_err();
    assert!(error.problem.hint().is_some());
    (error.offset, error.problem.code())
}

/// The pieces cover the text without gaps and lie on boundaries of characters; a fault stands
/// inside the text, too.
pub(super) fn cover(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    match split(dialect, text) {
        Ok(split) => cover_of(text, &split),
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.offset));
            Ok(())
        }
    }
}

/// Statements that are put together are taken apart again.
pub(super) fn join(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    if let Ok(taken_apart) = split(dialect, text) {
        let statements = sql(text, &taken_apart);
        let joined = statements.join("\n;\n") + " -- end";
        let again = split(dialect, &joined);
        prop_assert!(again.is_ok(), "{:?} for {:?}", again, joined);
        prop_assert_eq!(sql(&joined, &again.unwrap()), statements);
    }
    Ok(())
}

fn cover_of(text: &str, split: &Split) -> Result<(), TestCaseError> {
    let mut at = 0;
    for statement in &split.statements {
        prop_assert_eq!(statement.whole.start, at);
        prop_assert!(statement.whole.start <= statement.sql.start);
        prop_assert!(statement.sql.start < statement.sql.end);
        prop_assert!(statement.sql.end <= statement.whole.end);
        for place in [statement.sql.start, statement.sql.end, statement.whole.end] {
            prop_assert!(text.is_char_boundary(place));
        }
        at = statement.whole.end;
    }
    prop_assert_eq!(split.tail.clone(), at..text.len());
    Ok(())
}

fn sql<'a>(text: &'a str, split: &Split) -> Vec<&'a str> {
    split.statements.iter().map(|statement| &text[statement.sql.clone()]).collect()
}
