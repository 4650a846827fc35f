//! The tokens of MySQL and MariaDB: `sql_lex.cc` of the servers
//! (<https://dev.mysql.com/doc/refman/8.4/en/lexical-structure.html>), and `DELIMITER`, which the
//! client `mysql` reads and no server knows. The `sql_mode` is one without `ANSI_QUOTES` and
//! `NO_BACKSLASH_ESCAPES`.

use super::{Read, Token, TokenKind, advance, comment, escaped, line, quoted, run, unterminated};
use crate::dialect::Dialect;
use crate::script::error::{ScriptError, ScriptProblem};

/// What ends a statement as long as nothing else was said.
const SEMICOLON: &str = ";";

/// The client keeps 15 bytes of a delimiter.
const LONGEST_DELIMITER: usize = 15;

/// Walks over a text.
pub(in crate::script) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// How comments begin that hold code for this server.
    code_marks: &'static [&'static str],
    delimiter: &'a str,
    /// Whether a statement has begun since the last delimiter.
    begun: bool,
    /// Where the comment began whose code is being read.
    code: Option<usize>,
}

impl<'a> Lexer<'a> {
    pub(in crate::script) fn new(dialect: Dialect, text: &'a str) -> Self {
        let code_marks: &[&str] = match dialect {
            Dialect::Mariadb => &["/*!", "/*M!"],
            Dialect::Mysql | Dialect::Sqlite | Dialect::Postgres => &["/*!"],
        };
        Self { text, at: 0, code_marks, delimiter: SEMICOLON, begun: false, code: None }
    }

    /// Whether the last token stood in a comment whose code is read.
    pub(in crate::script) fn is_in_code(&self) -> bool {
        self.code.is_some()
    }

    /// Whether the delimiter is one of the script's own.
    pub(in crate::script) fn has_own_delimiter(&self) -> bool {
        self.delimiter != SEMICOLON
    }

    /// A statement has ended elsewhere than at the delimiter.
    pub(in crate::script) fn end_statement(&mut self) {
        self.begun = false;
    }
}

impl Iterator for Lexer<'_> {
    type Item = Result<Token, ScriptError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            let problem = unterminated("comment");
            return self.code.take().map(|offset| Err(ScriptError { offset, problem }));
        };
        let read = self.read(rest, first);
        if read.is_err() {
            self.code = None;
        }
        match read {
            Ok((TokenKind::Semicolon, _)) => self.begun = false,
            Ok((TokenKind::Blank, _)) | Err(_) => {}
            Ok((TokenKind::Word | TokenKind::Quoted | TokenKind::Mark | TokenKind::Other, _)) => {
                self.begun = true;
            }
        }
        Some(advance(self.text, &mut self.at, read))
    }
}

impl<'a> Lexer<'a> {
    fn read(&mut self, rest: &'a str, first: char) -> Read {
        if self.code.is_none() {
            if let Some(directive) = self.directive(rest) {
                return directive;
            }
            // The client looks for the delimiter first, whatever it is.
            if rest.starts_with(self.delimiter) {
                return Ok((TokenKind::Semicolon, self.delimiter.len()));
            }
        } else if rest.starts_with("*/") {
            self.code = None;
            return Ok((TokenKind::Mark, 2));
        }
        if let Some(mark) = self.code_marks.iter().find(|mark| rest.starts_with(**mark)) {
            self.code.get_or_insert(self.at);
            let version = run(&rest[mark.len()..], |c| c.is_ascii_digit());
            return Ok((TokenKind::Mark, mark.len() + version));
        }
        Ok(match first {
            '#' => (TokenKind::Blank, line(rest)),
            '-' if is_dash_comment(rest) => (TokenKind::Blank, line(rest)),
            '/' if rest.starts_with("/*") => {
                let kind = match rest[2..].starts_with('+') {
                    true => TokenKind::Mark,
                    false => TokenKind::Blank,
                };
                (kind, comment(rest).ok_or_else(|| unterminated("comment"))?)
            }
            '\'' | '"' => {
                (TokenKind::Quoted, escaped(rest, first).ok_or_else(|| unterminated("string"))?)
            }
            '`' => {
                (TokenKind::Quoted, quoted(rest, '`').ok_or_else(|| unterminated("quoted name"))?)
            }
            // Each line begins a token: it may be a directive.
            '\n' => (TokenKind::Blank, 1),
            c if is_space(c) => (TokenKind::Blank, run(rest, |c| is_space(c) && c != '\n')),
            c if is_word(c) => (TokenKind::Word, self.word(rest)),
            c => (TokenKind::Other, c.len_utf8()),
        })
    }

    /// A word ends where a delimiter begins, as in `END$$`.
    fn word(&self, rest: &str) -> usize {
        if self.code.is_some() || !self.delimiter.starts_with(is_word) {
            return run(rest, is_word);
        }
        let mut places = rest.char_indices();
        let end = places.find(|(at, c)| !is_word(*c) || rest[*at..].starts_with(self.delimiter));
        end.map_or(rest.len(), |(at, _)| at)
    }

    /// A line `DELIMITER ;;`. It stands between statements; within one, `delimiter` may be a
    /// column, so there it counts only in column 1 and with punctuation behind it. Then it ends
    /// the statement, as it does for the client.
    fn directive(&mut self, rest: &'a str) -> Option<Read> {
        const NAME: &str = "delimiter";
        if self.at > 0 && !self.text[..self.at].ends_with('\n') {
            return None;
        }
        let line = &rest[..line(rest)];
        let trimmed = line.trim_start_matches([' ', '\t']);
        let name = trimmed.get(..NAME.len())?;
        let arguments = &trimmed[NAME.len()..];
        if !name.eq_ignore_ascii_case(NAME) || !arguments.chars().next().is_none_or(is_space) {
            return None;
        }
        let delimiter = arguments.split_ascii_whitespace().next();
        if self.begun {
            let is_punctuation = |text: &str| text.bytes().all(|b| b.is_ascii_punctuation());
            if trimmed.len() < line.len() || !delimiter.is_some_and(is_punctuation) {
                return None;
            }
        }
        let delimiter = delimiter.map(without_quotes);
        let Some(delimiter) = delimiter.filter(|it| is_delimiter(it)) else {
            let command = line.trim().to_owned();
            return Some(Err(ScriptProblem::ClientOnly { command }));
        };
        self.delimiter = delimiter;
        let kind = match self.begun {
            true => TokenKind::Semicolon,
            false => TokenKind::Blank,
        };
        Some(Ok((kind, line.len())))
    }
}

fn is_delimiter(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_DELIMITER && !text.contains('\\')
}

/// The client takes `DELIMITER '//'`, too.
fn without_quotes(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    ['\'', '"', '`'].into_iter().find_map(inner).filter(|it: &&str| !it.is_empty()).unwrap_or(text)
}

/// Two dashes begin a comment only if space, a control character or nothing follows:
/// <https://dev.mysql.com/doc/refman/8.4/en/ansi-diff-comments.html>
fn is_dash_comment(rest: &str) -> bool {
    rest.starts_with("--")
        && rest[2..].chars().next().is_none_or(|c| c == ' ' || c.is_ascii_control())
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C')
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}
