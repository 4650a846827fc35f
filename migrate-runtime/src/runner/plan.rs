//! Plans as values: what a run would do, and which heads it would leave.

use std::collections::{BTreeSet, HashSet};

use migrate_model::revision::{Applied, Direction, PlannedStep};
use migrate_model::{Dialect, Graph};

use super::Goal;
use super::ready::Prepared;
use super::revisions::Revisions;
use crate::error::Error;
use crate::history::History;
use crate::report::{Plan, Step};
use crate::settings::Settings;

/// What a run would do, without doing it. What a run would refuse is refused here, too.
pub(crate) fn plan(
    revisions: &Revisions<'_>,
    settings: &Settings,
    history: &History,
    goal: Goal<'_>,
    dialect: Dialect,
) -> Result<Plan, Error> {
    let graph = revisions.graph();
    let goal = goal.fix(revisions, history)?;
    let steps = goal.steps(revisions, history)?;
    for step in &steps {
        Prepared::new(revisions, settings, *step, goal.purpose(), dialect)?;
    }
    Ok(Plan {
        before: current_heads(graph, history),
        after: heads_after(graph, history, moves(graph, &steps)),
        steps: steps.iter().map(|step| as_step(graph, *step)).collect(),
    })
}

pub(crate) fn as_step(graph: &Graph, step: PlannedStep) -> Step {
    let revision = graph.revision(step.index);
    Step {
        id: revision.id.clone(),
        direction: step.direction,
        message: revision.message.clone(),
        kind: revision.kind,
        file: revision.file.clone(),
    }
}

/// The heads of what is applied once the steps are done, sorted. Rows tell them even where
/// revisions are unknown here; the graph knows of what lies between two of them, where something
/// is missing.
pub(super) fn heads_after<'a>(
    graph: &'a Graph,
    history: &'a History,
    steps: impl IntoIterator<Item = (&'a str, Direction)>,
) -> Vec<String> {
    let mut ids: BTreeSet<&str> = history.applied().map(|row| row.id.as_str()).collect();
    for (id, direction) in steps {
        match direction {
            Direction::Up => ids.insert(id),
            Direction::Down => ids.remove(id),
        };
    }
    let known = Applied::of(graph, ids.iter().copied()).heads(graph);
    let known: HashSet<usize> = known.into_iter().collect();
    let rows = history.rows.iter().filter(|row| ids.contains(row.id.as_str()));
    let revised: HashSet<&str> =
        rows.flat_map(|row| row.revises.iter().map(String::as_str)).collect();
    let is_head = |id: &&&str| {
        !revised.contains(**id) && graph.index_of(id).is_none_or(|index| known.contains(&index))
    };
    ids.iter().filter(is_head).map(|id| (*id).to_owned()).collect()
}

/// The heads of what is applied, sorted.
pub(crate) fn current_heads(graph: &Graph, history: &History) -> Vec<String> {
    heads_after(graph, history, [])
}

/// Planned steps as ids and directions.
pub(super) fn moves<'a>(
    graph: &'a Graph,
    steps: &'a [PlannedStep],
) -> impl Iterator<Item = (&'a str, Direction)> {
    steps.iter().map(|step| (graph.revision(step.index).id.as_str(), step.direction))
}
