//! What an inspection of a database has found, and what there is to say about it.

use std::fmt;

use migrate_model::revision::Direction;
use migrate_model::{Checksum, Position};

use crate::error::{EditedRevision, ErrorKind, UnknownRevision};
use crate::history::AppliedRevision;

/// What an inspection of a database has found.
#[derive(Debug, Clone)]
pub struct Status {
    /// The applied revisions, in the order of application.
    pub applied: Vec<AppliedRevision>,
    /// The current heads, sorted.
    pub current: Vec<String>,
    /// The revisions at hand that are not applied, oldest first.
    pub pending: Vec<String>,
    /// Applied revisions whose text was changed since.
    pub edited: Vec<EditedRevision>,
    /// Applied revisions that are not at hand.
    pub unknown: Vec<UnknownRevision>,
    /// Revisions that are applied only in part.
    pub partial: Vec<PartialRevision>,
}

/// A revision that a run has left half-way: its statements run one by one, outside of a
/// transaction. The text of the statement is there by method only: it doesn't belong in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct PartialRevision {
    /// Its id.
    pub id: String,
    /// Which way it went.
    pub direction: Direction,
    /// How many statements are done.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// Whether the statement behind them was about to run, and nobody wrote down what became of
    /// it. A run looks, and asks if that doesn't tell.
    pub is_in_flight: bool,
    /// Whether a run in its direction goes on by itself, or looks whether it can.
    pub goes_on: bool,
    /// Its file; empty if it is not at hand.
    pub file: String,
    /// Where the statement behind those that are done stands in the file.
    pub position: Option<Position>,
    pub(crate) statement: Option<String>,
}

impl PartialRevision {
    /// What the row alone tells.
    pub(crate) fn of(row: &AppliedRevision, direction: Direction) -> Self {
        Self {
            id: row.id.clone(),
            direction,
            done: row.journal.done,
            total: row.journal.total,
            is_in_flight: row.journal.in_flight.is_some(),
            goes_on: false,
            file: String::new(),
            position: None,
            statement: None,
        }
    }

    /// The statement behind those that are done.
    pub fn statement(&self) -> Option<&str> {
        self.statement.as_deref()
    }

    /// The command that goes on.
    pub fn command(&self) -> String {
        match (self.goes_on, self.direction) {
            (true, Direction::Up) => "cargo migrate up".to_owned(),
            (true, Direction::Down) => format!("cargo migrate resume {}", self.id),
            (false, _) => "cargo migrate verify".to_owned(),
        }
    }
}

impl fmt::Display for PartialRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, done, total, .. } = self;
        let way = match self.direction {
            Direction::Up => "applied",
            Direction::Down => "taken down",
        };
        write!(f, "revision {id} is {way} only in part: ")?;
        match self.is_in_flight {
            true => write!(f, "statement {} of {total} was begun and not finished", done + 1),
            false => write!(f, "{done} of {total} statements are done"),
        }
    }
}

impl fmt::Debug for PartialRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialRevision")
            .field("id", &self.id)
            .field("direction", &self.direction)
            .field("done", &self.done)
            .field("total", &self.total)
            .field("is_in_flight", &self.is_in_flight)
            .finish_non_exhaustive()
    }
}

/// Something that [`Migrator::verify`](crate::Migrator::verify) has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The stable code: `integrity.edited`, `integrity.unknown`, `integrity.partial`.
    pub code: &'static str,
    /// What was found.
    pub message: String,
    /// The revision.
    pub revision: String,
    /// Its file, if it is at hand.
    pub file: Option<String>,
}

/// A deliberate edit that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The checksum that was applied.
    pub from: String,
    /// The checksum that is recorded now.
    pub to: Checksum,
}

impl Status {
    /// What [`Migrator::verify`](crate::Migrator::verify) says of it.
    pub fn findings(&self) -> Vec<Finding> {
        let edited = self.edited.iter().map(|edited| Finding {
            code: "integrity.edited",
            message: ErrorKind::Edited(vec![edited.clone()]).to_string(),
            revision: edited.id.to_string(),
            file: Some(edited.file.clone()),
        });
        let unknown = self.unknown.iter().map(|unknown| Finding {
            code: "integrity.unknown",
            message: ErrorKind::Unknown(vec![unknown.clone()]).to_string(),
            revision: unknown.id.clone(),
            file: None,
        });
        let partial = self.partial.iter().map(|partial| Finding {
            code: "integrity.partial",
            message: partial.to_string(),
            revision: partial.id.clone(),
            file: Some(partial.file.clone()).filter(|file| !file.is_empty()),
        });
        edited.chain(unknown).chain(partial).collect()
    }
}
