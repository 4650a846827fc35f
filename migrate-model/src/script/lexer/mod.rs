//! The tokens of SQL, as far as finding the ends of statements needs them. Each dialect has a
//! lexer of its own; none knows another.
//!
//! They are written by hand. What is needed of a library is this: tokens with their bytes, that
//! cover any text without gaps; syntax of vendors, extensions and versions to come, passed on
//! unread; and MySQL's `DELIMITER` and `/*!80000 … */`. `sqlparser` (its tokenizer counts lines
//! and columns, and stops at characters that it doesn't know) and `pg_query` (C, and the grammar
//! of one version of one server) are for reading statements; here it's enough to know where they
//! end.

mod mysql;
mod postgres;
mod sqlite;

use std::iter;
use std::ops::Range;

use super::error::{ScriptError, ScriptProblem};
use crate::dialect::Dialect;

pub(super) use mysql::Lexer as MysqlLexer;
pub(super) use postgres::tokens as postgres_tokens;
pub(super) use sqlite::tokens as sqlite_tokens;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// White space, a comment, or what is for a client only.
    Blank,
    /// A keyword, an unquoted name or a number.
    Word,
    /// A quoted string or a quoted name.
    Quoted,
    /// `;`, or what a client has been told to read in its place.
    Semicolon,
    /// What looks like a comment and is read by the server: MySQL's hints, and the marks
    /// `/*!80000` and `*/` around code.
    Mark,
    /// Any other character, or an operator of several.
    Other,
}

/// A piece of a script. The tokens of a script cover it without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Range<usize>,
}

/// The tokens of a text; the first error is the last item.
pub(super) fn tokens(
    dialect: Dialect,
    text: &str,
) -> Box<dyn Iterator<Item = Result<Token, ScriptError>> + '_> {
    match dialect {
        Dialect::Sqlite => Box::new(sqlite_tokens(text)),
        Dialect::Postgres => Box::new(postgres_tokens(text)),
        Dialect::Mysql | Dialect::Mariadb => Box::new(MysqlLexer::new(dialect, text)),
    }
}

/// What a lexer reads at one place: a kind and a length, or a fault.
type Read = Result<(TokenKind, usize), ScriptProblem>;

/// Makes a token of what was read at `at`, and moves on. After an error nothing follows.
fn advance(text: &str, at: &mut usize, read: Read) -> Result<Token, ScriptError> {
    let start = *at;
    match read {
        Ok((kind, length)) => {
            *at = start + length;
            Ok(Token { kind, span: start..*at })
        }
        Err(problem) => {
            *at = text.len();
            Err(ScriptError { offset: start, problem })
        }
    }
}

/// The tokens of a dialect in which none depends on those before it.
fn one_by_one(
    text: &str,
    read: fn(&str, char) -> Read,
) -> impl Iterator<Item = Result<Token, ScriptError>> + '_ {
    let mut at = 0;
    iter::from_fn(move || {
        let rest = &text[at..];
        let first = rest.chars().next()?;
        Some(advance(text, &mut at, read(rest, first)))
    })
}

fn unterminated(what: &'static str) -> ScriptProblem {
    ScriptProblem::Unterminated { what }
}

/// The length of a quoted piece whose quote is written twice inside it; `None` if it never ends.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut from = 1;
    loop {
        let end = from + rest[from..].find(quote)? + 1;
        if !rest[end..].starts_with(quote) {
            return Some(end);
        }
        from = end + 1;
    }
}

/// Like [`quoted`], and a backslash takes the character behind it with it.
fn escaped(rest: &str, quote: char) -> Option<usize> {
    let mut from = 1;
    loop {
        let at = from + rest[from..].find(['\\', quote])?;
        let next = rest[at + 1..].chars().next();
        if rest[at..].starts_with('\\') {
            from = at + 1 + next?.len_utf8();
        } else if next == Some(quote) {
            from = at + 2;
        } else {
            return Some(at + 1);
        }
    }
}

/// The length of a comment that ends at the first `*/`; `None` if there is none.
fn comment(rest: &str) -> Option<usize> {
    rest[2..].find("*/").map(|end| end + 4)
}

/// The length up to the end of the line, with it.
fn line(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |at| at + 1)
}

fn run(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}
