//! Whether two scripts say the same to the database.

use super::lexer::{TokenKind, sqlite_token};
use super::section::Script;
use crate::dialect::Dialect;

/// Whether two revisions' texts differ at most in comments and in white space: same sections,
/// same tokens in them. `false` also where that can't be told.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::same_statements;
///
/// let old = "-- typo\n-- migrate:up\nSELECT 1;\n";
/// let comment = "-- no typo\n-- migrate:up\nSELECT  1; -- one\n";
/// assert!(same_statements(Dialect::Sqlite, old, comment));
/// let other = "-- typo\n-- migrate:up\nSELECT 2;\n";
/// assert!(!same_statements(Dialect::Sqlite, old, other));
/// ```
pub fn same_statements(dialect: Dialect, a: &str, b: &str) -> bool {
    match (outline(dialect, a), outline(dialect, b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// Each section's marker and tokens.
fn outline(dialect: Dialect, text: &str) -> Option<Vec<(String, Vec<&str>)>> {
    if dialect != Dialect::Sqlite {
        return None;
    }
    let script = Script::parse(text).ok()?;
    let sections = script.sections().iter().map(|section| {
        let names: Vec<&str> = section.dialects.iter().map(|d| Dialect::name(*d)).collect();
        let key = format!("{:?} {:?} {names:?}", section.direction, section.transaction);
        Some((key, tokens(&text[section.body.clone()])?))
    });
    sections.collect()
}

fn tokens(text: &str) -> Option<Vec<&str>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let token = sqlite_token(text, at).ok()?;
        at = token.span.end;
        if token.kind != TokenKind::Blank {
            tokens.push(&text[token.span]);
        }
    }
    Some(tokens)
}
