//! Plans as values: what a run would do, and which heads it would leave.

use std::collections::BTreeSet;

use migrate_model::revision::{Applied, Direction, PlannedStep};
use migrate_model::{Dialect, Graph, TargetError};

use super::ready::Prepared;
use super::{Fixed, Goal, applied_of, unfinished};
use crate::error::Error;
use crate::history::History;
use crate::registry::Registry;
use crate::report::{Plan, Step};
use crate::settings::Settings;

/// What a run would do, without doing it. What a run would refuse is refused here, too.
pub(crate) fn plan(
    registry: &Registry,
    settings: &Settings,
    history: &History,
    goal: Goal<'_>,
    dialect: Dialect,
) -> Result<Plan, Error> {
    let graph = registry.graph();
    let applied = applied_of(graph, history);
    let first = unfinished::first_step(graph, history);
    let goal = goal.fix(graph, &applied, first.map(|step| step.direction))?;
    let steps = steps(graph, history, &goal)?;
    for step in &steps {
        Prepared::new(registry, settings, *step, goal.purpose(), dialect)?;
    }
    Ok(Plan {
        before: current_heads(graph, history),
        after: heads_after(graph, &ids(history), moves(graph, &steps)),
        steps: steps.iter().map(|step| as_step(graph, *step)).collect(),
    })
}

/// What was left half-way comes first.
pub(super) fn steps(
    graph: &Graph,
    history: &History,
    goal: &Fixed,
) -> Result<Vec<PlannedStep>, TargetError> {
    let first = unfinished::first_step(graph, history);
    let rest = goal.steps(graph, &unfinished::applied_after(graph, history))?;
    Ok(first.into_iter().chain(rest).collect())
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

/// The heads of what is applied once the steps are done, sorted.
pub(super) fn heads_after<'a>(
    graph: &'a Graph,
    applied: &'a [String],
    steps: impl IntoIterator<Item = (&'a str, Direction)>,
) -> Vec<String> {
    let mut ids: BTreeSet<&str> = applied.iter().map(String::as_str).collect();
    for (id, direction) in steps {
        match direction {
            Direction::Up => ids.insert(id),
            Direction::Down => ids.remove(id),
        };
    }
    let applied = Applied::of(graph, ids);
    let heads = applied.heads(graph);
    let mut heads: Vec<String> =
        heads.into_iter().map(|index| graph.revision(index).id.to_string()).collect();
    heads.sort_unstable();
    heads
}

/// The heads of what is applied, sorted. Rows tell them even where revisions are unknown here; the
/// graph knows of what lies between two of them, where something is missing.
pub(crate) fn current_heads(graph: &Graph, history: &History) -> Vec<String> {
    let known = applied_of(graph, history).heads(graph);
    let is_known = |id: &String| graph.index_of(id).is_none_or(|index| known.contains(&index));
    history.heads().into_iter().filter(is_known).collect()
}

pub(super) fn ids(history: &History) -> Vec<String> {
    history.applied().map(|row| row.id.clone()).collect()
}

/// Planned steps as ids and directions.
pub(super) fn moves<'a>(
    graph: &'a Graph,
    steps: &'a [PlannedStep],
) -> impl Iterator<Item = (&'a str, Direction)> {
    steps.iter().map(|step| (graph.revision(step.index).id.as_str(), step.direction))
}
