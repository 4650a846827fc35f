//! Whether two scripts say the same to the database.

use super::lexer::{TokenKind, tokens};
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
fn outline(dialect: Dialect, text: &str) -> Option<Vec<(String, Vec<Piece<'_>>)>> {
    let script = Script::parse(text).ok()?;
    let sections = script.sections().iter().map(|section| {
        let names: Vec<&str> = section.dialects.iter().map(|d| Dialect::name(*d)).collect();
        let key = format!("{:?} {:?} {names:?}", section.direction, section.transaction);
        Some((key, pieces(dialect, &text[section.body.clone()])?))
    });
    sections.collect()
}

/// A token, and whether it means another thing if space stands before it: `x'AB'` is not
/// `x 'AB'`, and two operators can be a third.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    text: &'a str,
    is_joined: bool,
}

fn pieces(dialect: Dialect, text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut before = Nature::Separate;
    for token in tokens(dialect, text) {
        let token = token.ok()?;
        let text = &text[token.span];
        let nature = Nature::of(token.kind, text);
        if token.kind != TokenKind::Blank {
            let is_joined = nature == before && nature != Nature::Separate;
            pieces.push(Piece { text, is_joined });
        }
        before = nature;
    }
    Some(pieces)
}

/// Which tokens can be one with their neighbours: those of the same nature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Text,
    Operator,
    Separate,
}

impl Nature {
    fn of(kind: TokenKind, text: &str) -> Self {
        match kind {
            TokenKind::Word | TokenKind::Quoted => Self::Text,
            TokenKind::Other if !"()[],;.".contains(text) => Self::Operator,
            TokenKind::Blank | TokenKind::Semicolon | TokenKind::Mark | TokenKind::Other => {
                Self::Separate
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(dialect: Dialect, a: &str, b: &str) -> bool {
        let section = |sql: &str| format!("-- x\n-- migrate:up\n{sql}\n");
        same_statements(dialect, &section(a), &section(b))
    }

    #[test]
    fn comments_and_space_are_no_difference() {
        for dialect in Dialect::ALL {
            assert!(same(dialect, "SELECT a(1,'x;')=b;", "SELECT a ( 1 , 'x;' ) = b ; -- c"));
            assert!(same(dialect, "SELECT 1;", "/* one */ SELECT\n1;"));
            assert!(!same(dialect, "SELECT ' ';", "SELECT '  ';"));
            assert!(!same(dialect, "SELECT 1; SELECT 2;", "SELECT 1 SELECT 2;"));
        }
    }

    #[test]
    fn space_counts_where_it_makes_another_token() {
        assert!(!same(Dialect::Sqlite, "SELECT x'AB'", "SELECT x 'AB'"));
        assert!(!same(Dialect::Sqlite, "SELECT a < = b", "SELECT a <= b"));
        assert!(!same(Dialect::Postgres, "SELECT E'a'", "SELECT E 'a'"));
        assert!(!same(Dialect::Postgres, "SELECT 1 e1", "SELECT 1e1"));
        assert!(!same(Dialect::Postgres, "SELECT @ -1", "SELECT @-1"));
        assert!(!same(Dialect::Mysql, "SELECT 1 --1", "SELECT 1 - -1"));
    }

    #[test]
    fn each_dialect_has_its_own_comments() {
        assert!(same(Dialect::Mysql, "SELECT 1 # one", "SELECT 1"));
        assert!(!same(Dialect::Mysql, "SELECT 1 /*! + 1 */", "SELECT 1"));
        assert!(!same(Dialect::Mysql, "SELECT /*+ a */ 1", "SELECT /*+ b */ 1"));
        assert!(same(Dialect::Mysql, "SELECT /*M! 2, */ 1", "SELECT 1"));
        assert!(!same(Dialect::Mariadb, "SELECT /*M! 2, */ 1", "SELECT 1"));
        assert!(!same(Dialect::Postgres, "SELECT 1 # 1", "SELECT 1"));
        assert!(same(Dialect::Postgres, "SELECT /* /* */ */ 1", "SELECT 1"));
    }
}
