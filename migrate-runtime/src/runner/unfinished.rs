//! Revisions that a run has left half-way: how far they are, and whether a run can go on there.

use migrate_model::revision::{Applied, Direction, Identifier, PlannedStep};
use migrate_model::script::{Script, Section, Transaction, statements};
use migrate_model::{Dialect, Graph, Position};

use super::Goal;
use super::ready::{fault, stored_section};
use crate::dialect::Unfinished;
use crate::error::{ErrorKind, STORED_DOWN};
use crate::history::{AppliedRevision, History, StoredRevision};
use crate::registry::Registry;
use crate::report::Answer;
use crate::status::PartialRevision;

/// What is to be done with a revision that is applied in part.
pub(super) enum Standing {
    /// A run in its direction goes on with it.
    GoesOn(PartialRevision),
    /// Statements that are done are no longer in the file as they ran.
    Edited(PartialRevision),
    /// No run can go on: its statements don't run one by one, here or any more.
    Stuck(PartialRevision),
}

/// Looks at the file of a row that is not applied as a whole.
pub(super) fn standing(
    registry: &Registry,
    index: usize,
    row: &AppliedRevision,
    direction: Direction,
    dialect: Dialect,
) -> Result<Standing, ErrorKind> {
    let revision = registry.graph().revision(index);
    let text = registry.source(index)?;
    let mut partial = PartialRevision::of(row, direction);
    partial.file.clone_from(&revision.file);
    let fault = |error| fault(&revision.file, &text, error);
    let script = Script::parse(&text).map_err(fault)?;
    let section = script.section(direction, dialect).ok().flatten();
    let Some(section) = section.filter(|section| may_run_one_by_one(section, dialect)) else {
        return Ok(Standing::Stuck(partial));
    };
    let Ok(split) = statements(&text, section, dialect) else {
        // The run says what is wrong with it, and where.
        partial.goes_on = true;
        return Ok(Standing::GoesOn(partial));
    };
    let body = &text[section.body.clone()];
    partial.total = split.statements.len();
    if let Some(next) = split.statements.get(partial.done) {
        partial.position = Some(Position::at(&text, section.body.start + next.sql.start));
        partial.statement = Some(body[next.sql.clone()].to_owned());
    }
    if !row.journal.fits(body, &split.statements) {
        return Ok(Standing::Edited(partial));
    }
    partial.goes_on = true;
    Ok(Standing::GoesOn(partial))
}

/// MySQL runs all but a few sections one by one, whatever the marker says.
fn may_run_one_by_one(section: &Section, dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Mysql | Dialect::Mariadb)
        || section.transaction == Transaction::Outside
}

/// The same for a revision whose file is not at hand, and that was being taken down: its section is
/// the one that the database has stored.
pub(super) fn standing_of_stored(
    stored: &StoredRevision,
    row: &AppliedRevision,
    dialect: Dialect,
) -> PartialRevision {
    let mut partial = PartialRevision::of(row, Direction::Down);
    let Some(source) = &stored.down_source else { return partial };
    STORED_DOWN.clone_into(&mut partial.file);
    let section = stored_section(source, stored.down_transaction);
    if !may_run_one_by_one(&section, dialect) {
        return partial;
    }
    match statements(source, &section, dialect) {
        // The run says what is wrong with it, and where.
        Err(_) => partial.goes_on = true,
        Ok(split) => {
            partial.total = split.statements.len();
            if let Some(next) = split.statements.get(partial.done) {
                partial.position = Some(Position::at(source, next.sql.start));
                partial.statement = Some(source[next.sql.clone()].to_owned());
            }
            partial.goes_on = row.journal.fits(source, &split.statements);
        }
    }
    partial
}

/// Whether that is what a run has left half-way.
pub(super) fn is_of_stored(registry: &Registry, history: &History) -> bool {
    history.unfinished().is_some_and(|row| {
        row.state.unfinished() == Some(Direction::Down)
            && registry.graph().index_of(&row.id).is_none()
    })
}

/// Whether a run to the goal goes on with a revision that was left on the way in a direction.
pub(super) fn takes_up(goal: Goal<'_>, direction: Direction) -> bool {
    match goal {
        Goal::Newest(_) | Goal::Up(_) => direction == Direction::Up,
        Goal::Down(_) => direction == Direction::Down,
        Goal::Resume { .. } => true,
        Goal::Stamp(_) => false,
    }
}

/// The step that is to be finished before all others.
pub(super) fn first_step(graph: &Graph, history: &History) -> Option<PlannedStep> {
    let row = history.unfinished()?;
    let direction = row.state.unfinished()?;
    graph.index_of(&row.id).map(|index| PlannedStep { index, direction })
}

/// What is applied once that step is done.
pub(super) fn applied_after(graph: &Graph, history: &History) -> Applied {
    let unfinished = history.unfinished();
    let rows = history.rows.iter().filter(|row| {
        unfinished.is_none_or(|it| it.id != row.id) || row.state.unfinished() == Some(Direction::Up)
    });
    Applied::of(graph, rows.map(|row| row.id.as_str()))
}

/// How far that step is. An answer is one to the question that was open when the run began.
pub(super) fn journal(
    history: &History,
    goal: Goal<'_>,
    seen: Option<&AppliedRevision>,
) -> Option<Unfinished> {
    let row = history.unfinished()?;
    let answer = match goal {
        Goal::Resume { answer, .. } if seen == Some(row) => answer,
        Goal::Resume { .. } | Goal::Newest(_) | Goal::Up(_) | Goal::Down(_) | Goal::Stamp(_) => {
            None
        }
    };
    Some(Unfinished { journal: row.journal.clone(), answer })
}

/// Refuses to resume what is not there to be resumed.
pub(super) fn check_named(
    graph: &Graph,
    history: &History,
    name: Option<&str>,
    answer: Option<Answer>,
) -> Result<(), ErrorKind> {
    let unfinished = first_step(graph, history).map(|step| step.index);
    let (what, is_it) = match (name, answer) {
        (Some(name), _) => {
            let applied = super::applied_of(graph, history);
            let named = Identifier::parse(name)?.revision(graph, &applied)?;
            (format!("`{name}` is not"), named.is_some() && named == unfinished)
        }
        (None, Some(_)) => ("no revision is".to_owned(), unfinished.is_some()),
        (None, None) => return Ok(()),
    };
    match is_it {
        true => Ok(()),
        false => Err(ErrorKind::Usage {
            message: format!("{what} applied in part, so there is nothing to resume"),
            code: "usage.nothing_to_resume",
        }),
    }
}
