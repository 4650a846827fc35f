//! A revision file: header, script and checksum of one text. The bytes come from the caller.

use super::error::{FileError, FileProblem};
use super::filename;
use super::graph::Revision;
use super::header::Header;
use crate::checksum::Checksum;
use crate::dialect::Dialect;
use crate::script::Script;
use crate::text::{Position, normalise};

/// The language of a revision file.
///
/// ```
/// use migrate_model::revision::Kind;
///
/// assert_eq!(Kind::of_file("2026-11-23_1975ea83b712_add_x.sql"), Some(Kind::Sql));
/// assert_eq!(Kind::Sql.name(), "sql");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A script with sections for up and down.
    Sql,
    /// A module with `upgrade` and `downgrade`.
    Rust,
}

impl Kind {
    /// The name in JSON and in the history.
    ///
    /// ```
    /// assert_eq!(migrate_model::revision::Kind::Rust.name(), "rust");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Rust => "rust",
        }
    }

    /// The kind of that name.
    ///
    /// ```
    /// use migrate_model::revision::Kind;
    ///
    /// assert_eq!(Kind::from_name("sql"), Some(Kind::Sql));
    /// assert_eq!(Kind::from_name("python"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sql, Self::Rust].into_iter().find(|kind| kind.name() == name)
    }

    /// The kind that a file's name says it has: `.sql` or `.rs`.
    ///
    /// ```
    /// use migrate_model::revision::Kind;
    ///
    /// assert_eq!(Kind::of_file("add_x.rs"), Some(Kind::Rust));
    /// assert_eq!(Kind::of_file("README.md"), None);
    /// ```
    pub fn of_file(name: &str) -> Option<Self> {
        let (stem, ending) = name.rsplit_once('.')?;
        match ending {
            _ if stem.is_empty() => None,
            "sql" => Some(Self::Sql),
            "rs" => Some(Self::Rust),
            _ => None,
        }
    }

    const fn comment_mark(self) -> &'static str {
        match self {
            Self::Sql => "--",
            Self::Rust => "//!",
        }
    }
}

/// A revision file that was read and found good: its header, its sections and its checksum.
///
/// ```
/// use migrate_model::RevisionFile;
///
/// let text = "-- add x\r\n--\r\n-- Revision: a1\r\n-- Revises: base\r\n-- migrate:up\r\n";
/// let file = RevisionFile::parse("add_x.sql", "add_x.sql", text.as_bytes())?;
/// assert_eq!(file.revision.message, "add x");
/// assert!(file.body.is_empty() && file.extra.is_empty());
/// assert!(file.source.ends_with("-- migrate:up\n"));
/// # Ok::<(), migrate_model::revision::FileError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RevisionFile {
    /// What the graph needs to know.
    pub revision: Revision,
    /// The text between the header's message and its keys, without comment marks; often empty.
    pub body: String,
    /// The header's `X-…` keys, the user's own, as (key, value).
    pub extra: Vec<(String, String)>,
    /// The normalised text: without a byte order mark, with LF.
    pub source: String,
}

impl RevisionFile {
    /// Reads a file. `file` is its path as messages should show it; the last part of it is the
    /// name, `name_in_registry` is what the history remembers.
    ///
    /// ```
    /// use migrate_model::RevisionFile;
    ///
    /// let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n\n-- migrate:up\nSELECT 1;\n";
    /// let file = RevisionFile::parse("revisions/add_x.sql", "add_x.sql", text.as_bytes())?;
    /// assert_eq!(file.revision.id.as_str(), "a1");
    ///
    /// let error = RevisionFile::parse("revisions/y.sql", "y.sql", b"SELECT 1;").unwrap_err();
    /// assert_eq!((error.position.line, error.problem.code()), (1, "header.missing"));
    /// # Ok::<(), migrate_model::revision::FileError>(())
    /// ```
    pub fn parse(file: &str, name_in_registry: &str, bytes: &[u8]) -> Result<Self, FileError> {
        Self::read(name_in_registry, bytes).map_err(|(position, problem)| FileError {
            file: file.to_owned(),
            position,
            problem,
        })
    }

    /// Checks that each dialect could run the script: it has its sections, they can be split, and
    /// nothing in them is refused. What only a database can tell is left to it.
    ///
    /// ```
    /// use migrate_model::{Dialect, RevisionFile};
    ///
    /// let text = "-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\nCOMMIT;\n";
    /// let file = RevisionFile::parse("x.sql", "x.sql", text.as_bytes())?;
    /// let error = file.check_for(&[Dialect::Sqlite]).unwrap_err();
    /// assert_eq!(error.problem.code(), "script.transaction_control");
    /// assert_eq!(error.position.line, 6);
    /// # Ok::<(), migrate_model::revision::FileError>(())
    /// ```
    pub fn check_for(&self, dialects: &[Dialect]) -> Result<(), FileError> {
        if self.revision.kind != Kind::Sql {
            return Ok(());
        }
        dialects.iter().try_for_each(|dialect| {
            crate::script::check(&self.source, *dialect).map_err(|error| FileError {
                file: self.revision.file.clone(),
                position: Position::at(&self.source, error.offset),
                problem: FileProblem::Script(error.problem),
            })
        })
    }

    fn read(name: &str, bytes: &[u8]) -> Result<Self, (Position, FileProblem)> {
        let kind = Kind::of_file(name).ok_or((Position::START, FileProblem::UnknownLanguage))?;
        if name.contains(char::is_control) {
            return Err((Position::START, FileProblem::ControlCharacterInName));
        }
        let source = text_of(bytes)?;
        let header = Header::parse(&source, kind.comment_mark())?;
        if let Some(in_name) = filename::other_id(name, &header.id) {
            let at = Position { line: header.lines.revision, column: 1 };
            let in_header = header.id.clone();
            return Err((at, FileProblem::OtherIdInName { in_name, in_header }));
        }
        if kind == Kind::Sql {
            Script::parse(&source).map_err(|error| {
                (Position::at(&source, error.offset), FileProblem::Script(error.problem))
            })?;
        }
        let Header { message, body, id, revises, depends_on, labels, created, extra, lines } =
            header;
        let revision = Revision {
            id,
            revises,
            depends_on,
            labels,
            message,
            created,
            file: name.to_owned(),
            kind,
            checksum: Checksum::of(bytes),
            lines,
        };
        Ok(Self { revision, body, extra, source })
    }
}

/// The normalised text of a file.
fn text_of(bytes: &[u8]) -> Result<String, (Position, FileProblem)> {
    let at = |valid: &[u8]| Position::at(&String::from_utf8_lossy(valid), valid.len());
    let text = std::str::from_utf8(bytes)
        .map_err(|error| (at(&bytes[..error.valid_up_to()]), FileProblem::NotUtf8))?;
    if let Some(nul) = text.find('\0') {
        return Err((at(&bytes[..nul]), FileProblem::Nul));
    }
    let text = normalise(text);
    match conflict(&text) {
        Some(at) => Err((Position::at(&text, at), FileProblem::Conflict)),
        None => Ok(text.into_owned()),
    }
}

/// Where git has left the first half of a conflict.
fn conflict(text: &str) -> Option<usize> {
    const MARK: &str = "<<<<<<< ";
    match text.starts_with(MARK) {
        true => Some(0),
        false => text.find(&format!("\n{MARK}")).map(|at| at + 1),
    }
    .filter(|at| text[*at..].contains("\n>>>>>>> "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "-- add x\n--\n-- Revision: a1b2c3d4e5f6\n-- Revises: base\n\n-- migrate:up\nSELECT 1;\n";

    #[test]
    fn a_bom_and_crlf_change_neither_checksum_nor_source() {
        let plain = RevisionFile::parse("x.sql", "x.sql", TEXT.as_bytes()).unwrap();
        let windows = format!("\u{FEFF}{}", TEXT.replace('\n', "\r\n"));
        let windows = RevisionFile::parse("x.sql", "x.sql", windows.as_bytes()).unwrap();
        assert_eq!(plain.revision, windows.revision);
        assert_eq!(plain.source, windows.source);
    }

    #[track_caller]
    fn fails(name: &str, bytes: &[u8], line: u32, column: u32, code: &str) {
        let error = RevisionFile::parse(name, name, bytes).unwrap_err();
        let at = (error.position.line, error.position.column, error.problem.code());
        assert_eq!(at, (line, column, code), "{error}");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        fails("x.sql", b"-- a\n-- \xFF", 2, 4, "script.not_utf8");
        fails("x.sql", b"-- a\n-- \0", 2, 4, "script.nul");
        fails("x.sql", b"", 1, 1, "header.missing");
        fails("x.txt", b"", 1, 1, "script.unknown_language");
        fails("a\tb.sql", TEXT.as_bytes(), 1, 1, "script.file_name");
    }

    #[test]
    fn the_headers_id_must_not_differ_from_the_names() {
        let name = "2026-11-23_ffffffffffff_add_x.sql";
        fails(name, TEXT.as_bytes(), 3, 1, "header.other_id");
    }
}
