//! An error as it is shown: code, message, place, notes and ways out.

use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use migrate_model::Position;
use serde_json::{Map, Value, json};

use super::style::{DIM, ERROR, HELP};
use crate::exit::Exit;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) position: Position,
}

impl Place {
    pub(crate) fn new(file: String, position: Position) -> Self {
        Self { file, position }
    }
}

impl Place {
    /// The text of the file, if it can be read.
    fn source(&self) -> Option<(&Self, String)> {
        let text = std::fs::read_to_string(&self.file).ok()?;
        Some((self, migrate_model::text::normalise(&text).into_owned()))
    }
}

/// Title, place and source line with a caret, as rustc shows them.
fn snippet(code: &str, message: &str, place: &Place, source: &str) -> String {
    let Position { line, column } = place.position;
    let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let start: usize = source.split_inclusive('\n').take(index).map(str::len).sum();
    let text = source[start..].lines().next().unwrap_or_default();
    let column = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
    let from = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
    let to = text.trim_end().len().max(from);
    let annotation = AnnotationKind::Primary.span(start + from..start + to);
    let snippet = Snippet::source(source).path(&place.file).annotation(annotation);
    let title = Level::ERROR.primary_title(message).id(code);
    Renderer::styled().render(&[title.element(snippet)])
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.position)
    }
}

/// What ends a command that failed.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    pub(crate) code: &'static str,
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
    /// Whether the line at the place is shown; an edit shows its diff instead.
    pub(crate) shows_source: bool,
    /// The file, where no place in it is known.
    pub(crate) file: Option<String>,
    pub(crate) revision: Option<String>,
    pub(crate) statement: Option<String>,
    /// Paragraphs between the place and the ways out.
    pub(crate) notes: Vec<String>,
    pub(crate) hints: Vec<String>,
    pub(crate) candidates: Vec<String>,
    /// What was applied before, and stays.
    pub(crate) applied: Vec<String>,
    pub(crate) rolled_back: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(code: &'static str, message: String) -> Self {
        Self {
            code,
            exit: Exit::of(code),
            message,
            place: None,
            shows_source: true,
            file: None,
            revision: None,
            statement: None,
            notes: Vec::new(),
            hints: Vec::new(),
            candidates: Vec::new(),
            applied: Vec::new(),
            rolled_back: None,
        }
    }

    pub(crate) fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }

    fn file(&self) -> Option<&String> {
        self.place.as_ref().map(|place| &place.file).or(self.file.as_ref())
    }

    /// One of the findings of a check.
    pub(crate) fn to_finding(&self) -> Value {
        let mut finding = Map::new();
        finding.insert("code".to_owned(), json!(self.code));
        finding.insert("message".to_owned(), json!(self.message));
        if let Some(revision) = &self.revision {
            finding.insert("revision".to_owned(), json!(revision));
        }
        if let Some(file) = self.file() {
            finding.insert("file".to_owned(), json!(file));
        }
        if let Some(place) = &self.place {
            finding.insert("line".to_owned(), json!(place.position.line));
        }
        Value::Object(finding)
    }

    /// The last line of stdout that scripts read.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(self.code));
        error.insert("message".to_owned(), json!(self.message));
        let mut optional = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                error.insert(key.to_owned(), value);
            }
        };
        optional("revision", self.revision.as_ref().map(|revision| json!(revision)));
        optional("file", self.file().map(|file| json!(file)));
        optional("line", self.place.as_ref().map(|place| json!(place.position.line)));
        optional("column", self.place.as_ref().map(|place| json!(place.position.column)));
        optional("statement", self.statement.as_ref().map(|statement| json!(statement)));
        optional("hint", Some(json!(self.hints.join("\n"))).filter(|_| !self.hints.is_empty()));
        optional(
            "candidates",
            Some(json!(self.candidates)).filter(|_| !self.candidates.is_empty()),
        );
        json!({
            "type": "error",
            "error": error,
            "applied": self.applied,
            "rolled_back": self.rolled_back,
        })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_ref().filter(|_| self.shows_source).and_then(Place::source) {
            Some((place, source)) => {
                writeln!(f, "{}", snippet(self.code, &self.message, place, &source))?;
            }
            None => {
                writeln!(f, "{ERROR}error[{}]{ERROR:#}: {}", self.code, self.message)?;
                if let Some(place) = &self.place {
                    writeln!(f, "  {DIM}-->{DIM:#} {place}")?;
                }
            }
        }
        for line in self.notes.iter().flat_map(|note| note.lines()) {
            writeln!(f, "  {line}")?;
        }
        for hint in &self.hints {
            let mut lines = hint.lines();
            writeln!(f, "{HELP}help{HELP:#}: {}", lines.next().unwrap_or_default())?;
            for line in lines {
                writeln!(f, "      {line}")?;
            }
        }
        Ok(())
    }
}
