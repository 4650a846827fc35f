//! Walking a number of revisions up or down, along `Revises:` alone. A fork on the way is an error,
//! unless a branch leaves one way.

use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;
use super::named::Branch;

/// Where a walk ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    At(usize),
    /// One below a revision without parents.
    Base,
    /// Beyond the top, or below the base.
    Past,
}

/// Walks up from a revision, or from below the bases. On a branch only what belongs to it counts.
pub(crate) fn walk_up(
    identifier: &Identifier<'_>,
    graph: &Graph,
    start: Option<usize>,
    steps: i64,
    branch: Option<&Branch>,
) -> Result<Walk, TargetError> {
    let mut here = start;
    for _ in 0..steps {
        let mut next = match here {
            Some(index) => graph.children(index).to_vec(),
            None => graph.bases(),
        };
        if let Some(branch) = branch {
            next.retain(|index| branch.lineage[*index]);
        }
        match next.as_slice() {
            [] => return Ok(Walk::Past),
            [one] => here = Some(*one),
            several => return Err(ambiguous(identifier, graph, several, true)),
        }
    }
    Ok(here.map_or(Walk::Base, Walk::At))
}

/// The same, but whoever walks farther than there is stays at the top.
pub(crate) fn walk_up_to_top(
    identifier: &Identifier<'_>,
    graph: &Graph,
    start: Option<usize>,
    steps: i64,
    branch: Option<&Branch>,
) -> Result<Option<usize>, TargetError> {
    let mut here = start;
    for _ in 0..steps {
        match walk_up(identifier, graph, here, 1, branch)? {
            Walk::At(index) => here = Some(index),
            Walk::Base | Walk::Past => break,
        }
    }
    Ok(here)
}

/// Walks down `-steps` revisions; the base is below nothing.
pub(crate) fn walk_down(
    identifier: &Identifier<'_>,
    graph: &Graph,
    start: Option<usize>,
    steps: i64,
) -> Result<Walk, TargetError> {
    let mut here = start;
    for _ in 0..steps.unsigned_abs() {
        let Some(index) = here else { return Ok(Walk::Past) };
        here = match graph.parents(index) {
            [] => None,
            [one] => Some(*one),
            several => return Err(ambiguous(identifier, graph, several, false)),
        };
    }
    Ok(here.map_or(Walk::Base, Walk::At))
}

fn ambiguous(
    identifier: &Identifier<'_>,
    graph: &Graph,
    several: &[usize],
    upwards: bool,
) -> TargetError {
    TargetError::AmbiguousWalk {
        input: identifier.input.to_owned(),
        upwards,
        candidates: graph.sorted_ids(several.iter().copied()),
    }
}
