//! Statements that must not stand in a section which runs in a transaction: those that would
//! begin or end one (sqlx's and our own count of transactions would be wrong for good), and those
//! that silently do nothing there.

use super::error::{ScriptError, ScriptProblem};
use super::lexer::{TokenKind, sqlite_token};
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
    for statement in statements {
        let problem = match dialect {
            Dialect::Sqlite => sqlite_problem(text, statement)?,
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb => {
                Some(ScriptProblem::UnsupportedDialect { dialect })
            }
        };
        if let Some(problem) = problem {
            return Err(ScriptError { offset: statement.sql.start, problem });
        }
    }
    Ok(())
}

fn sqlite_problem(text: &str, statement: &Statement) -> Result<Option<ScriptProblem>, ScriptError> {
    let words = first_words(text, statement)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(match words.as_slice() {
        [word @ ("BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE"), ..] => {
            Some(ScriptProblem::TransactionControl { statement: (*word).to_owned() })
        }
        // https://www.sqlite.org/pragma.html#pragma_foreign_keys: "a no-op within a transaction";
        // the name may follow a schema's.
        ["PRAGMA", "FOREIGN_KEYS", ..] | ["PRAGMA", _, ".", "FOREIGN_KEYS"] => {
            let statement = "PRAGMA foreign_keys".to_owned();
            Some(ScriptProblem::NoEffectInTransaction { statement })
        }
        _ => None,
    })
}

/// The first four words and dots of a statement, in capitals and without quotes.
fn first_words(text: &str, statement: &Statement) -> Result<Vec<String>, ScriptError> {
    let mut words = Vec::with_capacity(4);
    let mut at = statement.sql.start;
    while at < statement.sql.end && words.len() < 4 {
        let token = sqlite_token(text, at)?;
        at = token.span.end;
        let word = &text[token.span];
        match token.kind {
            TokenKind::Blank => {}
            TokenKind::Quoted => {
                let quotes = ['\'', '"', '`', '[', ']'];
                words.push(word.trim_matches(quotes).to_ascii_uppercase());
            }
            TokenKind::Word => words.push(word.to_ascii_uppercase()),
            TokenKind::Other if word == "." => words.push(word.to_owned()),
            TokenKind::Semicolon | TokenKind::Other => break,
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::split;

    fn check(text: &str) -> Result<(), (usize, &'static str)> {
        let split = split(Dialect::Sqlite, text).unwrap();
        refuse_in_transaction(Dialect::Sqlite, text, &split.statements)
            .map_err(|error| (error.offset, error.problem.code()))
    }

    #[test]
    fn transaction_control_is_found_at_the_top_level_only() {
        assert_eq!(check("a; /* x */ commit ;"), Err((11, "script.transaction_control")));
        assert_eq!(check("END"), Err((0, "script.transaction_control")));
        assert_eq!(check("x; SAVEPOINT s; y"), Err((3, "script.transaction_control")));
        assert_eq!(check("x;\u{FEFF}COMMIT"), Err((5, "script.transaction_control")));
        assert_eq!(
            check("CREATE TRIGGER t BEGIN SELECT 1; END; INSERT INTO begin VALUES (1)"),
            Ok(())
        );
    }

    #[test]
    fn a_pragma_without_effect_is_found() {
        assert_eq!(check("PRAGMA foreign_keys=off"), Err((0, "script.no_effect")));
        assert_eq!(check("PRAGMA main . \"foreign_keys\" = 0"), Err((0, "script.no_effect")));
        assert_eq!(check("PRAGMA [main].foreign_keys(0)"), Err((0, "script.no_effect")));
        assert_eq!(check("PRAGMA defer_foreign_keys=on"), Ok(()));
    }
}
