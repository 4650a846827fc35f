//! SQLite's tokens: <https://www.sqlite.org/lang_expr.html> and `tokenize.c`.

use super::{Read, Token, TokenKind, comment, line, one_by_one, quoted, run, unterminated};
use crate::script::error::ScriptError;

/// The tokens of a text.
pub(in crate::script) fn tokens(
    text: &str,
) -> impl Iterator<Item = Result<Token, ScriptError>> + '_ {
    one_by_one(text, read)
}

fn read(rest: &str, first: char) -> Read {
    Ok(match first {
        _ if rest.starts_with("--") => (TokenKind::Blank, line(rest)),
        // SQLite's block comments don't nest.
        _ if rest.starts_with("/*") => {
            (TokenKind::Blank, comment(rest).ok_or_else(|| unterminated("comment"))?)
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
    })
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
