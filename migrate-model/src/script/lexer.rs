//! The tokens of SQL, as far as finding the ends of statements needs them. One function a
//! dialect; SQLite's follows <https://www.sqlite.org/lang_expr.html> and `tokenize.c`.

use std::ops::Range;

use super::error::{ScriptError, ScriptProblem};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// White space or a comment.
    Blank,
    /// A keyword, an unquoted name or a number.
    Word,
    /// A quoted string or a quoted name.
    Quoted,
    /// `;`
    Semicolon,
    /// Any other character.
    Other,
}

/// A piece of a script. The tokens of a script cover it without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Range<usize>,
}

/// SQLite's next token at `from`, which must be a character boundary before the end of `text`.
pub(crate) fn sqlite_token(text: &str, from: usize) -> Result<Token, ScriptError> {
    let rest = &text[from..];
    let unterminated =
        |what| ScriptError { offset: from, problem: ScriptProblem::Unterminated { what } };
    let first = rest.chars().next().unwrap_or(';');
    let (kind, length) = match first {
        _ if rest.starts_with("--") => {
            (TokenKind::Blank, rest.find('\n').map_or(rest.len(), |at| at + 1))
        }
        _ if rest.starts_with("/*") => {
            // SQLite's block comments don't nest.
            let end = rest[2..].find("*/").ok_or_else(|| unterminated("comment"))?;
            (TokenKind::Blank, end + 4)
        }
        '\'' => (TokenKind::Quoted, quoted(rest, '\'').ok_or_else(|| unterminated("string"))?),
        '"' | '`' => {
            (TokenKind::Quoted, quoted(rest, first).ok_or_else(|| unterminated("quoted name"))?)
        }
        '[' => {
            let end = rest.find(']').ok_or_else(|| unterminated("quoted name"))?;
            (TokenKind::Quoted, end + 1)
        }
        ';' => (TokenKind::Semicolon, 1),
        c if is_space(c) => (TokenKind::Blank, run(rest, is_space)),
        c if is_word(c) => (TokenKind::Word, run(rest, is_word)),
        c => (TokenKind::Other, c.len_utf8()),
    };
    Ok(Token { kind, span: from..from + length })
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

fn run(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}

/// SQLite's white space: `CC_SPACE` and `CC_BOM` of tokenize.c; a byte order mark is space
/// wherever it stands.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0C' | '\r' | '\u{FEFF}')
}

/// Every character from U+0080 on may stand in a name; variables (`@x`, `$x`, `:x`, `?1`) need
/// no care here.
const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || (!c.is_ascii() && c != '\u{FEFF}')
}
