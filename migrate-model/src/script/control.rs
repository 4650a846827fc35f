//! Statements that must not stand in a section which runs in a transaction: those that would
//! begin or end one (sqlx's and our own count of transactions would be wrong for good), and those
//! that silently do nothing there.

use super::error::{ScriptError, ScriptProblem};
use super::lexer::{TokenKind, sqlite_token};
use super::split::Statement;

/// Refuses the first statement that must not run inside a transaction.
pub fn refuse_in_transaction(text: &str, statements: &[Statement]) -> Result<(), ScriptError> {
    for statement in statements {
        let words = first_words(text, statement)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let shown = || text[statement.sql.clone()].lines().next().unwrap_or_default().to_owned();
        let problem = match words.as_slice() {
            ["BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE", ..]
            | ["START", "TRANSACTION", ..] => {
                ScriptProblem::TransactionControl { statement: shown() }
            }
            // https://www.sqlite.org/pragma.html#pragma_foreign_keys: "a no-op within a
            // transaction"
            ["PRAGMA", "FOREIGN_KEYS", ..] => {
                ScriptProblem::NoEffectInTransaction { statement: shown() }
            }
            _ => continue,
        };
        return Err(ScriptError { offset: statement.sql.start, problem });
    }
    Ok(())
}

/// The first two words of a statement, in capitals.
fn first_words(text: &str, statement: &Statement) -> Result<Vec<String>, ScriptError> {
    let mut words = Vec::with_capacity(2);
    let mut at = statement.sql.start;
    while at < statement.sql.end && words.len() < 2 {
        let token = sqlite_token(text, at)?;
        at = token.span.end;
        match token.kind {
            TokenKind::Blank => {}
            TokenKind::Word => words.push(text[token.span].to_ascii_uppercase()),
            TokenKind::Quoted | TokenKind::Semicolon | TokenKind::Other => break,
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::script::split;

    fn check(text: &str) -> Result<(), (usize, &'static str)> {
        let split = split(Dialect::Sqlite, text).unwrap();
        refuse_in_transaction(text, &split.statements)
            .map_err(|error| (error.offset, error.problem.code()))
    }

    #[test]
    fn transaction_control_is_found_at_the_top_level_only() {
        assert_eq!(check("a; /* x */ commit ;"), Err((11, "script.transaction_control")));
        assert_eq!(check("END"), Err((0, "script.transaction_control")));
        assert_eq!(check("x; SAVEPOINT s; y"), Err((3, "script.transaction_control")));
        assert_eq!(
            check("CREATE TRIGGER t BEGIN SELECT 1; END; INSERT INTO begin VALUES (1)"),
            Ok(())
        );
    }

    #[test]
    fn a_pragma_without_effect_is_found() {
        assert_eq!(check("PRAGMA foreign_keys=off"), Err((0, "script.no_effect")));
        assert_eq!(check("PRAGMA defer_foreign_keys=on"), Ok(()));
    }
}
