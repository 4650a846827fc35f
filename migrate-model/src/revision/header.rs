//! The header of a revision file: its first comment block. Line 1 is the message, the last
//! paragraph holds the keys (like the trailers of a git commit), any text stands between.
//! Knows comment lines; knows nothing of SQL or Rust.

use super::error::FileProblem;
use super::id::{Label, RevisionId};
use crate::nearest::nearest;
use crate::text::{Position, clamp};

/// What the header of a revision file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// What the revision does, in one line.
    pub(crate) message: String,
    /// The text between the message and the keys, without comment marks; often empty.
    pub(crate) body: String,
    /// `Revision:`
    pub(crate) id: RevisionId,
    /// `Revises:`, empty for a root.
    pub(crate) revises: Vec<RevisionId>,
    /// `Depends-On:`, ids or labels.
    pub(crate) depends_on: Vec<RevisionId>,
    /// `Labels:`
    pub(crate) labels: Vec<Label>,
    /// `Created:`, an RFC 3339 time in UTC.
    pub(crate) created: Option<String>,
    /// `X-…` keys, the user's own, as (key, value).
    pub(crate) extra: Vec<(String, String)>,
    /// Where the keys stand.
    pub(crate) lines: HeaderLines,
}

/// The lines, counted from 1, on which a header's keys stand; 0 where a key is absent or the
/// file isn't at hand.
///
/// ```
/// use migrate_model::RevisionFile;
///
/// let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
/// let lines = RevisionFile::parse("x.sql", "x.sql", text.as_bytes())?.revision.lines;
/// assert_eq!((lines.revision, lines.revises, lines.labels), (3, 4, 0));
/// # Ok::<(), migrate_model::revision::FileError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeaderLines {
    /// The line of `Revision:`.
    pub revision: u32,
    /// The line of `Revises:`.
    pub revises: u32,
    /// The line of `Depends-On:`.
    pub depends_on: u32,
    /// The line of `Labels:`.
    pub labels: u32,
}

const KEYS: [&str; 5] = ["Revision", "Revises", "Depends-On", "Labels", "Created"];

type Fault = (Position, FileProblem);

impl Header {
    /// Reads the header of a file whose comment lines begin with `mark` (`--` or `//!`).
    pub(crate) fn parse(text: &str, mark: &str) -> Result<Self, Fault> {
        let lines: Vec<Line<'_>> = comment_block(text, mark);
        let Some((first, rest)) = lines.split_first() else {
            return Err((Position::START, FileProblem::NoHeader { mark: mark.to_owned() }));
        };
        if first.text.is_empty() {
            return Err((first.position(0), FileProblem::NoMessage));
        }
        let last = rest.iter().rposition(|line| !line.text.is_empty());
        let rest = &rest[..last.map_or(0, |at| at + 1)];
        let Some(blank) = rest.iter().rposition(|line| line.text.is_empty()) else {
            let at = rest.last().unwrap_or(first);
            return Err((at.position(0), FileProblem::NoKeys { mark: mark.to_owned() }));
        };
        let (body, keys) = (&rest[..blank], &rest[blank + 1..]);
        let body = body.iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
        Keys::read(keys)?.into_header(first.text.to_owned(), body.trim().to_owned())
    }
}

/// One line of the header, without its comment mark.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: u32,
    /// Characters before `text`.
    indent: u32,
    text: &'a str,
}

impl Line<'_> {
    /// The place of a byte offset within the line's text.
    fn position(&self, offset: usize) -> Position {
        let before = self.text[..offset].chars().count();
        Position { line: self.number, column: self.indent + clamp(before) + 1 }
    }
}

fn comment_block<'a>(text: &'a str, mark: &str) -> Vec<Line<'a>> {
    let strip = |(at, line): (usize, &'a str)| {
        let after = line.strip_prefix(mark)?;
        if mark == "--" && line.starts_with(crate::script::MARKER) {
            return None;
        }
        let text = after.strip_prefix(' ').unwrap_or(after);
        let indent = line.len() - text.len();
        Some(Line { number: clamp(at + 1), indent: clamp(indent), text: text.trim_end() })
    };
    text.lines().enumerate().map_while(strip).collect()
}

/// The keys as read, before it's known whether all that must be there are.
#[derive(Default)]
struct Keys {
    id: Option<RevisionId>,
    revises: Option<Vec<RevisionId>>,
    depends_on: Option<Vec<RevisionId>>,
    labels: Option<Vec<Label>>,
    created: Option<String>,
    extra: Vec<(String, String)>,
    lines: HeaderLines,
    last: Option<Position>,
}

impl Keys {
    fn read(lines: &[Line<'_>]) -> Result<Self, Fault> {
        let mut keys = Self::default();
        for line in lines {
            keys.last = Some(line.position(0));
            keys.read_line(line)?;
        }
        Ok(keys)
    }

    fn read_line(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let Some((key, value)) = line.text.split_once(':') else {
            return Err((line.position(0), FileProblem::NoKey { line: line.text.to_owned() }));
        };
        let offset = key.len() + 1 + (value.len() - value.trim_start().len());
        let value = Value { line, key, text: value.trim(), offset };
        let at = line.position(0);
        match key {
            "Revision" => {
                self.lines.revision = line.number;
                set(&mut self.id, value.one()?, key, at)
            }
            "Revises" => {
                self.lines.revises = line.number;
                let parents = if value.text == "base" { Vec::new() } else { value.list()? };
                set(&mut self.revises, parents, key, at)
            }
            "Depends-On" => {
                self.lines.depends_on = line.number;
                set(&mut self.depends_on, value.list()?, key, at)
            }
            "Labels" => {
                self.lines.labels = line.number;
                set(&mut self.labels, value.list()?, key, at)
            }
            "Created" => set(&mut self.created, value.time()?, key, at),
            _ if key.starts_with("X-") && key.len() > 2 => {
                self.extra.push((key.to_owned(), value.text.to_owned()));
                Ok(())
            }
            _ => {
                let nearest = nearest(key, KEYS).map(str::to_owned);
                Err((at, FileProblem::UnknownKey { key: key.to_owned(), nearest }))
            }
        }
    }

    fn into_header(self, message: String, body: String) -> Result<Header, Fault> {
        let at = self.last.unwrap_or(Position::START);
        let missing = |key: &'static str| (at, FileProblem::MissingKey { key });
        let id = self.id.ok_or_else(|| missing("Revision"))?;
        let revises = self.revises.ok_or_else(|| missing("Revises"))?;
        if revises.contains(&id) {
            let at = Position { line: self.lines.revises, column: 1 };
            return Err((at, FileProblem::RevisesItself { id }));
        }
        if self.depends_on.as_ref().is_some_and(|needs| needs.contains(&id)) {
            let at = Position { line: self.lines.depends_on, column: 1 };
            return Err((at, FileProblem::DependsOnItself { id }));
        }
        Ok(Header {
            message,
            body,
            id,
            revises,
            depends_on: self.depends_on.unwrap_or_default(),
            labels: self.labels.unwrap_or_default(),
            created: self.created,
            extra: self.extra,
            lines: self.lines,
        })
    }
}

fn set<T>(slot: &mut Option<T>, value: T, key: &str, at: Position) -> Result<(), Fault> {
    match slot {
        Some(_) => Err((at, FileProblem::DuplicateKey { key: key.to_owned() })),
        None => {
            *slot = Some(value);
            Ok(())
        }
    }
}

/// The value of one key.
struct Value<'a> {
    line: &'a Line<'a>,
    key: &'a str,
    text: &'a str,
    /// Where it begins in the line's text, in bytes.
    offset: usize,
}

impl Value<'_> {
    fn fault(&self, part: &str, offset: usize, reason: String) -> Fault {
        let problem =
            FileProblem::BadValue { key: self.key.to_owned(), value: part.to_owned(), reason };
        (self.line.position((self.offset + offset).min(self.line.text.len())), problem)
    }

    fn one<T: std::str::FromStr<Err = super::IdError>>(&self) -> Result<T, Fault> {
        self.text
            .parse()
            .map_err(|error: super::IdError| self.fault(self.text, 0, error.to_string()))
    }

    fn list<T>(&self) -> Result<Vec<T>, Fault>
    where
        T: std::str::FromStr<Err = super::IdError> + PartialEq,
    {
        let mut list = Vec::new();
        let mut offset = 0;
        for part in self.text.split(',') {
            let at = offset + (part.len() - part.trim_start().len());
            offset += part.len() + 1;
            let part = part.trim();
            let item = part
                .parse()
                .map_err(|error: super::IdError| self.fault(part, at, error.to_string()))?;
            if list.contains(&item) {
                return Err(self.fault(part, at, "it stands here twice".to_owned()));
            }
            list.push(item);
        }
        Ok(list)
    }

    fn time(&self) -> Result<String, Fault> {
        match humantime::parse_rfc3339(self.text) {
            Ok(_) => Ok(self.text.to_owned()),
            Err(_) => {
                Err(self.fault(self.text, 0, "a time looks like 2026-11-23T10:12:13Z".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-- add projects table\n--\n-- Why: a customer owns them.\n--\n\
        -- Revision: 1975ea83b712\n-- Revises: 27c6a30d7c24, b\n-- Depends-On: other\n\
        -- Labels: shop\n-- Created: 2026-11-23T10:12:13Z\n-- X-Ticket: 42\n\n-- migrate:up\n";

    #[test]
    fn reads_every_part() {
        let header = Header::parse(GOOD, "--").unwrap();
        assert_eq!(header.message, "add projects table");
        assert_eq!(header.body, "Why: a customer owns them.");
        assert_eq!(header.id.as_str(), "1975ea83b712");
        assert_eq!(header.revises.len(), 2);
        assert_eq!(header.depends_on[0].as_str(), "other");
        assert_eq!(header.labels[0].as_str(), "shop");
        assert_eq!(header.created.as_deref(), Some("2026-11-23T10:12:13Z"));
        assert_eq!(header.extra, [("X-Ticket".to_owned(), "42".to_owned())]);
        assert_eq!(header.lines.revises, 6);
    }

    #[test]
    fn the_same_header_stands_in_rust() {
        let rust = "//! add x\n//!\n//! Revision: a1\n//! Revises: base\n\nuse x;\n";
        let header = Header::parse(rust, "//!").unwrap();
        assert_eq!((header.id.as_str(), header.revises.len()), ("a1", 0));
    }

    #[track_caller]
    fn fails(text: &str, line: u32, column: u32, code: &str) {
        let (position, problem) = Header::parse(text, "--").unwrap_err();
        assert_eq!((position, problem.code()), (Position { line, column }, code), "{problem}");
    }

    #[test]
    fn each_fault_names_its_place() {
        fails("", 1, 1, "header.missing");
        fails("CREATE TABLE x;\n", 1, 1, "header.missing");
        fails("--\n-- Revision: a\n", 1, 3, "header.message");
        fails("-- only a message\n", 1, 4, "header.missing_key");
        fails("-- m\n-- Revision: a\n-- Revises: base\n", 3, 4, "header.missing_key");
        fails("-- m\n--\n-- Revision: a\n", 3, 4, "header.missing_key");
        fails("-- m\n--\n-- Revises: base\n", 3, 4, "header.missing_key");
        fails("-- m\n--\n-- Revision: a-b\n", 3, 14, "graph.illegal_identifier");
        fails("-- m\n--\n-- Revises: a, ,b\n", 3, 16, "header.bad_value");
        fails("-- m\n--\n-- Revises: é,b\n", 3, 13, "header.bad_value");
        fails("-- m\n--\n-- Revises: a,a\n", 3, 15, "header.bad_value");
        fails("-- m\n--\n-- Revise: a\n", 3, 4, "header.unknown_key");
        fails("-- m\n--\n-- no key here\n", 3, 4, "header.malformed");
        fails("-- m\n--\n-- Revision: a\n-- Revision: b\n", 4, 4, "header.duplicate_key");
        fails("-- m\n--\n-- Created: yesterday\n", 3, 13, "header.bad_value");
        fails("-- m\n--\n-- Revision: a\n-- Revises: a\n", 4, 1, "graph.cycle");
    }
}
