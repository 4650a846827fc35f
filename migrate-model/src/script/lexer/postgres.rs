//! PostgreSQL's tokens: the rules of the server's `scan.l`
//! (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html>), with
//! `standard_conforming_strings` on, which is the default since 9.1.

use super::{Read, Token, TokenKind, escaped, one_by_one, quoted, run, unterminated};
use crate::script::error::ScriptError;

/// The tokens of a text.
pub(in crate::script) fn tokens(
    text: &str,
) -> impl Iterator<Item = Result<Token, ScriptError>> + '_ {
    one_by_one(text, read)
}

fn read(rest: &str, first: char) -> Read {
    if let Some(prefix) = string_prefix(rest) {
        let length = string(&rest[prefix..], first).ok_or_else(|| unterminated("string"))?;
        return Ok((TokenKind::Quoted, prefix + length));
    }
    Ok(match first {
        _ if rest.starts_with("--") => (TokenKind::Blank, run(rest, |c| !is_newline(c))),
        _ if rest.starts_with("/*") => {
            (TokenKind::Blank, nested_comment(rest).ok_or_else(|| unterminated("comment"))?)
        }
        '"' => {
            let length = quoted(rest, '"').ok_or_else(|| unterminated("quoted name"))?;
            (TokenKind::Quoted, length)
        }
        'U' | 'u' if rest[1..].starts_with("&\"") => {
            let length = quoted(&rest[2..], '"').ok_or_else(|| unterminated("quoted name"))?;
            (TokenKind::Quoted, length + 2)
        }
        '$' => return dollar(rest),
        ';' => (TokenKind::Semicolon, 1),
        c if is_space(c) => (TokenKind::Blank, run(rest, is_space)),
        '0'..='9' => (TokenKind::Word, number(rest)),
        c if begins_name(c) => (TokenKind::Word, run(rest, is_in_name)),
        c if is_operator(c) => (TokenKind::Other, operator(rest)),
        c => (TokenKind::Other, c.len_utf8()),
    })
}

/// The length of what stands before the quote of a string: nothing, or `E`, `B`, `X`, `N`, `U&`.
fn string_prefix(rest: &str) -> Option<usize> {
    match rest.as_bytes() {
        [b'\'', ..] => Some(0),
        [b'E' | b'e' | b'B' | b'b' | b'X' | b'x' | b'N' | b'n', b'\'', ..] => Some(1),
        [b'U' | b'u', b'&', b'\'', ..] => Some(2),
        _ => None,
    }
}

/// A string from its quote on, with what continues it after a line break
/// (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS>): its
/// kind counts for the continuation, too.
fn string(rest: &str, prefix: char) -> Option<usize> {
    let piece = match prefix {
        'E' | 'e' => escaped,
        _ => quoted,
    };
    let mut end = piece(rest, '\'')?;
    while let Some(blank) = continuation(&rest[end..]) {
        end += blank + piece(&rest[end + blank..], '\'')?;
    }
    Some(end)
}

/// The length of the blank between a string and its continuation, if there is one.
fn continuation(rest: &str) -> Option<usize> {
    let mut at = 0;
    let mut broken = false;
    loop {
        let blank = run(&rest[at..], is_space);
        broken |= rest[at..at + blank].contains(is_newline);
        at += blank;
        if rest[at..].starts_with("--") {
            at += run(&rest[at..], |c| !is_newline(c));
        } else {
            return (broken && rest[at..].starts_with('\'')).then_some(at);
        }
    }
}

/// `/* a /* b */ c */`: PostgreSQL's comments nest.
fn nested_comment(rest: &str) -> Option<usize> {
    let mut depth = 1_usize;
    let mut at = 2;
    while depth > 0 {
        at += rest[at..].find(['/', '*'])?;
        let step = &rest[at..];
        if step.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if step.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
    }
    Some(at)
}

/// `$tag$ … $tag$`, a parameter `$1`, or a lone `$`.
fn dollar(rest: &str) -> Read {
    let digits = run(&rest[1..], |c| c.is_ascii_digit());
    if digits > 0 {
        return Ok((TokenKind::Word, 1 + digits));
    }
    let tag = 1 + run(&rest[1..], |c| is_in_name(c) && c != '$');
    if !rest[tag..].starts_with('$') {
        return Ok((TokenKind::Other, 1));
    }
    let tag = &rest[..=tag];
    let end = rest[tag.len()..].find(tag).ok_or_else(|| unterminated("dollar-quoted string"))?;
    Ok((TokenKind::Quoted, end + 2 * tag.len()))
}

/// A number ends where a keyword may begin: up to PostgreSQL 14 `1END` is a number and a keyword.
fn number(rest: &str) -> usize {
    let radix = matches!(rest.as_bytes(), [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..]);
    if radix {
        return 2 + run(&rest[2..], |c| c.is_ascii_alphanumeric() || c == '_');
    }
    let mantissa = run(rest, |c| c.is_ascii_digit() || c == '_' || c == '.');
    let exponent = match rest.as_bytes()[mantissa..] {
        [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..] => 2,
        [b'e' | b'E', b'0'..=b'9', ..] => 1,
        _ => return mantissa,
    };
    let digits = mantissa + exponent;
    digits + run(&rest[digits..], |c| c.is_ascii_digit() || c == '_')
}

/// An operator ends where a comment begins.
fn operator(rest: &str) -> usize {
    let ends = |at: usize| {
        let rest = &rest[at..];
        !rest.starts_with(is_operator) || rest.starts_with("--") || rest.starts_with("/*")
    };
    // Operators are ASCII, so each byte before the end is a character.
    (1..rest.len()).find(|at| ends(*at)).unwrap_or(rest.len())
}

const fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// The vertical tab counts since PostgreSQL 16; before, it is a syntax error.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C')
}

const fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

const fn is_in_name(c: char) -> bool {
    begins_name(c) || c.is_ascii_digit() || c == '$'
}

fn is_operator(c: char) -> bool {
    "~!@#^&|`?+-*/%<>=".contains(c)
}
