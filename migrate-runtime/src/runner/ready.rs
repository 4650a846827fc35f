//! Making steps ready: read the text, find the section, split it, refuse what can't run. All of
//! it happens before the first step of a run begins, so a fault in the last one stops the first.

use std::borrow::Cow;
use std::ops::Range;

use migrate_model::revision::{Direction, FileError, Kind, PlannedStep};
use migrate_model::script::{
    Effect, Script, ScriptError, ScriptProblem, Section, Split, Statement, Transaction, statements,
};
use migrate_model::{Dialect, Position, Revision};

use super::revisions::Revisions;
use crate::dialect::ReadyStep;
use crate::error::{ErrorKind, STORED_DOWN};
use crate::history::{Action, NewRow, Origin, StoredRevision};
use crate::report::Step;
use crate::settings::{Settings, StoreSource, TransactionMode};

/// Whether steps are run or only recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The statements run.
    Run,
    /// Only the books are kept (`stamp`).
    Record,
}

/// A step that holds all it needs.
pub(crate) struct Prepared<'r> {
    revision: &'r Revision,
    /// What positions are in.
    place: &'r str,
    direction: Direction,
    purpose: Purpose,
    step: Step,
    source: Cow<'r, str>,
    /// Where the section that runs stands in the source.
    section: Range<usize>,
    transaction: Transaction,
    split: Split,
    /// Where the `down` section stands in the source, and whether it runs in a transaction.
    down: Option<(Range<usize>, Transaction)>,
    keep: Keep,
}

/// What of the text goes into the history.
#[derive(Debug, Clone, Copy)]
struct Keep {
    what: StoreSource,
    most: usize,
}

impl Keep {
    fn of(settings: &Settings) -> Self {
        Self { what: settings.store_source, most: settings.store_source_max }
    }

    fn source<'a>(&self, text: &'a str) -> Option<&'a str> {
        Some(text).filter(|text| self.what == StoreSource::Full && text.len() <= self.most)
    }

    fn down<'a>(&self, text: &'a str) -> Option<&'a str> {
        Some(text).filter(|text| self.what != StoreSource::None && text.len() <= self.most)
    }
}

impl<'r> Prepared<'r> {
    pub(crate) fn new(
        revisions: &'r Revisions<'_>,
        settings: &Settings,
        planned: PlannedStep,
        purpose: Purpose,
        dialect: Dialect,
    ) -> Result<Self, ErrorKind> {
        let (registry, graph) = (revisions.registry(), revisions.graph());
        let revision = graph.revision(planned.index);
        if let Some(stored) = revisions.stored(planned.index) {
            let step = super::as_step(graph, planned);
            return Self::of_stored(stored, step, settings, dialect);
        }
        if revision.kind == Kind::Rust {
            return Err(ErrorKind::Usage {
                message: format!(
                    "{}: Rust revisions are not supported by this version",
                    revision.file
                ),
                code: "script.rust",
            });
        }
        let source = registry.source(planned.index)?;
        let fault = |error| fault(&revision.file, &source, error);
        let script = Script::parse(&source).map_err(fault)?;
        let section = |direction| {
            script.section(direction, dialect).map_err(|problem| {
                let last = script.sections().iter().rev().find(|s| s.direction == direction);
                let offset = last.map_or(0, |section| section.marker);
                fault(ScriptError { offset, problem })
            })
        };
        let split_of = |section: &Section| statements(&source, section, dialect).map_err(fault);
        let down = match (planned.direction, purpose) {
            (Direction::Up, Purpose::Record) => section(Direction::Down).ok().flatten(),
            (Direction::Up, Purpose::Run) | (Direction::Down, _) => section(Direction::Down)?,
        };
        let chosen = match planned.direction {
            Direction::Up => section(Direction::Up)?,
            Direction::Down => down,
        };
        let chosen = match (chosen, purpose) {
            (Some(section), _) => section.clone(),
            (None, Purpose::Record) => nothing(planned.direction),
            (None, Purpose::Run) => {
                let (id, file) = (revision.id.clone(), revision.file.clone());
                return Err(ErrorKind::Irreversible { id, file });
            }
        };
        let range = match purpose {
            Purpose::Run => chosen.body.clone(),
            Purpose::Record => 0..0,
        };
        let split = match purpose {
            Purpose::Run => split_of(&chosen)?,
            Purpose::Record => Split { statements: Vec::new(), tail: 0..0 },
        };
        let transaction = match purpose {
            Purpose::Run => transaction_of(dialect, &source, &chosen, &split),
            Purpose::Record => Transaction::Inside,
        };
        if settings.transaction == TransactionMode::All && transaction == Transaction::Outside {
            return Err(fault(outside_of_all(dialect, &source, &chosen, &split)));
        }
        if let (Direction::Up, Purpose::Run, Some(down)) = (planned.direction, purpose, down) {
            // What couldn't be taken down again is not applied.
            split_of(down)?;
        }
        let down = down.map(|section| (section.body.clone(), section.transaction));
        Ok(Self {
            revision,
            place: &revision.file,
            direction: planned.direction,
            purpose,
            step: super::as_step(graph, planned),
            source,
            section: range,
            transaction,
            split,
            down,
            keep: Keep::of(settings),
        })
    }

    /// The way down of a revision that only the database knows.
    fn of_stored(
        stored: &'r StoredRevision,
        step: Step,
        settings: &Settings,
        dialect: Dialect,
    ) -> Result<Self, ErrorKind> {
        let StoredRevision { revision, down_source, down_transaction, .. } = stored;
        let Some(source) = down_source else {
            return Err(ErrorKind::NothingStored { id: revision.id.clone() });
        };
        let section = stored_section(source, *down_transaction);
        let fault = |error| fault(&format!("{}, {STORED_DOWN}", revision.id), source, error);
        let split = statements(source, &section, dialect).map_err(fault)?;
        let transaction = transaction_of(dialect, source, &section, &split);
        if settings.transaction == TransactionMode::All && transaction == Transaction::Outside {
            return Err(fault(outside_of_all(dialect, source, &section, &split)));
        }
        Ok(Self {
            revision,
            place: STORED_DOWN,
            direction: Direction::Down,
            purpose: Purpose::Run,
            step,
            transaction,
            split,
            source: Cow::Borrowed(source),
            section: section.body,
            down: None,
            keep: Keep::of(settings),
        })
    }

    /// What positions are in: the revision's file, or the section that the database has.
    pub(crate) fn place(&self) -> &str {
        self.place
    }

    pub(crate) fn revision(&self) -> &'r Revision {
        self.revision
    }

    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    pub(crate) fn as_step(&self) -> Step {
        self.step.clone()
    }

    pub(crate) fn action(&self) -> Action {
        match self.purpose {
            Purpose::Run => self.direction.into(),
            Purpose::Record => Action::Stamp,
        }
    }

    /// Where in the file a place of the section is; without one, where a statement begins.
    pub(crate) fn position(&self, statement: usize, offset: Option<usize>) -> Position {
        let offset = offset.unwrap_or(self.split.statements[statement].sql.start);
        Position::at(&self.source, self.section.start + offset)
    }

    pub(crate) fn transaction(&self) -> Transaction {
        self.transaction
    }

    pub(crate) fn total(&self) -> usize {
        self.split.statements.len()
    }

    pub(crate) fn statement(&self, statement: usize) -> &str {
        &self.source[self.section.clone()][self.split.statements[statement].sql.clone()]
    }

    pub(crate) fn ready(&self) -> ReadyStep<'_> {
        ReadyStep {
            revision: self.revision,
            direction: self.direction,
            action: self.action(),
            transaction: self.transaction,
            section: &self.source[self.section.clone()],
            statements: &self.split.statements,
            row: self.row(),
        }
    }

    /// What the history remembers of this revision.
    pub(crate) fn row(&self) -> NewRow<'_> {
        let Revision { id, message, file, created, kind, checksum, .. } = self.revision;
        NewRow {
            id,
            revises: comma_joined(&self.revision.revises),
            depends_on: comma_joined(&self.revision.depends_on),
            labels: comma_joined(&self.revision.labels),
            message,
            file,
            created: created.as_deref(),
            kind: *kind,
            checksum: checksum.to_string(),
            source: self.keep.source(&self.source),
            down_source: self
                .down
                .as_ref()
                .and_then(|(range, _)| self.keep.down(&self.source[range.clone()])),
            down_transaction: self
                .down
                .as_ref()
                .is_none_or(|(_, transaction)| *transaction == Transaction::Inside),
            origin: match self.purpose {
                Purpose::Run => Origin::Run,
                Purpose::Record => Origin::Stamp,
            },
            statements: i64::try_from(self.split.statements.len()).unwrap_or(i64::MAX),
        }
    }
}

/// The `down` section that the database has stored, which is all of its text.
pub(super) fn stored_section(source: &str, is_transaction: bool) -> Section {
    let transaction = match is_transaction {
        true => Transaction::Inside,
        false => Transaction::Outside,
    };
    Section { transaction, body: 0..source.len(), ..nothing(Direction::Down) }
}

/// How a section runs: as its marker says, and on MySQL one by one where a statement commits by
/// itself, or may.
fn transaction_of(dialect: Dialect, text: &str, section: &Section, split: &Split) -> Transaction {
    match section.transaction {
        Transaction::Inside if first_that_commits(dialect, text, section, split).is_some() => {
            Transaction::Outside
        }
        declared => declared,
    }
}

/// The first statement that ends a transaction by itself, or may.
fn first_that_commits<'s>(
    dialect: Dialect,
    text: &str,
    section: &Section,
    split: &'s Split,
) -> Option<&'s Statement> {
    if !matches!(dialect, Dialect::Mysql | Dialect::Mariadb) {
        return None;
    }
    let body = &text[section.body.clone()];
    split.statements.iter().find(|statement| {
        let effect = Effect::of(dialect, &body[statement.sql.clone()]);
        !matches!(effect, Effect::Data | Effect::Session)
    })
}

/// Why a section can't be part of one transaction.
fn outside_of_all(dialect: Dialect, text: &str, section: &Section, split: &Split) -> ScriptError {
    let commits = first_that_commits(dialect, text, section, split);
    match (section.transaction, commits) {
        (Transaction::Inside, Some(statement)) => {
            let sql = &text[section.body.clone()][statement.sql.clone()];
            let first: Vec<&str> = sql.split_whitespace().take(2).collect();
            let problem = ScriptProblem::ImplicitCommit { statement: first.join(" ") };
            ScriptError { offset: section.body.start + statement.sql.start, problem }
        }
        _ => ScriptError { offset: section.marker, problem: ScriptProblem::OutsideOfAll },
    }
}

/// The section of a revision that is recorded and has none.
fn nothing(direction: Direction) -> Section {
    Section {
        direction,
        dialects: Vec::new(),
        transaction: Transaction::Inside,
        marker: 0,
        body: 0..0,
    }
}

pub(super) fn fault(file: &str, source: &str, error: ScriptError) -> ErrorKind {
    ErrorKind::File(FileError {
        file: file.to_owned(),
        position: Position::at(source, error.offset),
        problem: error.problem.into(),
    })
}

fn comma_joined<T: ToString>(names: &[T]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
