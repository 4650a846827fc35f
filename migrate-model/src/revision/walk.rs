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
            several => return Err(ambiguous(identifier, graph, several)),
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
            several => return Err(ambiguous(identifier, graph, several)),
        };
    }
    Ok(here.map_or(Walk::Base, Walk::At))
}

/// The same from several revisions, in one pass over the graph however many they are: along the
/// trees that `Revises:` makes if nothing goes on below a merge.
pub(crate) fn walk_down_from_each(
    identifier: &Identifier<'_>,
    graph: &Graph,
    starts: &[usize],
    steps: i64,
) -> Result<Vec<Walk>, TargetError> {
    if let [start] = *starts {
        return Ok(vec![walk_down(identifier, graph, Some(start), steps)?]);
    }
    let distance = usize::try_from(steps.unsigned_abs()).unwrap_or(usize::MAX);
    let mut is_start = vec![false; graph.len()];
    for start in starts {
        is_start[*start] = true;
    }
    let mut ends: Vec<Result<Walk, usize>> = vec![Ok(Walk::Past); graph.len()];
    let is_root = |index: &usize| graph.parents(*index).len() != 1;
    let mut open: Vec<(usize, usize)> =
        (0..graph.len()).filter(is_root).map(|root| (root, 0)).collect();
    // From the root of a tree to where the walk over it is.
    let mut path: Vec<usize> = Vec::new();
    while let Some((index, depth)) = open.pop() {
        path.truncate(depth);
        path.push(index);
        if is_start[index] {
            ends[index] = match depth.checked_sub(distance) {
                Some(end) => Ok(Walk::At(path[end])),
                None if !graph.parents(path[0]).is_empty() => Err(path[0]),
                None if distance == depth + 1 => Ok(Walk::Base),
                None => Ok(Walk::Past),
            };
        }
        let above = graph.children(index).iter().filter(|child| !is_root(child));
        open.extend(above.map(|child| (*child, depth + 1)));
    }
    let end = |start: &usize| {
        ends[*start].map_err(|merge| ambiguous(identifier, graph, graph.parents(merge)))
    };
    starts.iter().map(end).collect()
}

fn ambiguous(identifier: &Identifier<'_>, graph: &Graph, several: &[usize]) -> TargetError {
    TargetError::AmbiguousWalk {
        input: identifier.input.to_owned(),
        candidates: graph.sorted_ids(several.iter().copied()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    #[test]
    fn walks_from_several_end_as_each_alone_would() {
        let graph = graph(&["a:", "b: a", "c: b", "d: a", "m: c d", "n: m", "x:"]).unwrap();
        let input = Identifier::parse("-1").unwrap();
        let all: Vec<usize> = (0..graph.len()).collect();
        for steps in -8..=0 {
            let each = all.iter().map(|start| walk_down(&input, &graph, Some(*start), steps));
            let each: Result<Vec<Walk>, TargetError> = each.collect();
            assert_eq!(walk_down_from_each(&input, &graph, &all, steps), each, "{steps}");
        }
        let (c, d) = (2, 3);
        let ends = walk_down_from_each(&input, &graph, &[c, d], -2);
        assert_eq!(ends, Ok(vec![Walk::At(0), Walk::Base]));
    }
}
