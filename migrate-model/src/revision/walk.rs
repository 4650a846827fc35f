//! Walking a number of revisions up or down, along `Revises:` alone. A fork on the way is an error,
//! unless a branch leaves one way. Which branch, is asked only where there is a way to go.

use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;

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
) -> Result<Walk, TargetError> {
    match climb(identifier, graph, start, steps)? {
        (end, true) => Ok(end.map_or(Walk::Base, Walk::At)),
        (_, false) => Ok(Walk::Past),
    }
}

/// The same, but whoever walks farther than there is stays at the top.
pub(crate) fn walk_up_to_top(
    identifier: &Identifier<'_>,
    graph: &Graph,
    start: Option<usize>,
    steps: i64,
) -> Result<Option<usize>, TargetError> {
    Ok(climb(identifier, graph, start, steps)?.0)
}

/// Where a walk up ends, and whether that is as far as it was to go.
fn climb(
    identifier: &Identifier<'_>,
    graph: &Graph,
    start: Option<usize>,
    steps: i64,
) -> Result<(Option<usize>, bool), TargetError> {
    let mut here = start;
    let mut branch = None;
    for _ in 0..steps {
        let mut next = match here {
            Some(index) => graph.children(index).to_vec(),
            None => graph.bases(),
        };
        if branch.is_none() && !next.is_empty() {
            branch = identifier.branch(graph)?;
        }
        if let Some(branch) = &branch {
            next.retain(|index| branch.lineage[*index]);
        }
        match next.as_slice() {
            [] => return Ok((here, false)),
            [one] => here = Some(*one),
            several => return Err(ambiguous(identifier, graph, several, true)),
        }
    }
    Ok((here, true))
}

/// Walks down `-steps` revisions; the base is below nothing. A walk that begins at the base comes
/// round to the head, so `base-1` is the head, as -1 is the last place of a list (Alembic's rule).
pub(crate) fn walk_down(
    identifier: &Identifier<'_>,
    graph: &Graph,
    start: Option<usize>,
    steps: i64,
) -> Result<Walk, TargetError> {
    let mut here = start;
    for step in 0..steps.unsigned_abs() {
        let next = match here {
            Some(index) => graph.parents(index).to_vec(),
            None if step == 0 => graph.heads(),
            None => return Ok(Walk::Past),
        };
        here = match next.as_slice() {
            [] => None,
            [one] => Some(*one),
            several => return Err(ambiguous(identifier, graph, several, false)),
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
        ends[*start].map_err(|merge| ambiguous(identifier, graph, graph.parents(merge), false))
    };
    starts.iter().map(end).collect()
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

#[cfg(test)]
mod tests {
    use super::super::applied::Applied;
    use super::super::graph::tests::graph;
    use super::*;

    /// Where `up` goes from an empty state.
    #[track_caller]
    fn goes(lines: &[&str], target: &str, expected: &str) {
        let graph = graph(lines).unwrap();
        let ends = Identifier::parse(target)
            .and_then(|target| target.upgrade_targets(&graph, &Applied::default()));
        let ids = ends.map(|ends| graph.sorted_ids(ends));
        let ids = ids.map_err(|error| error.code());
        let text = ids.map(|ids| ids.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" "));
        assert_eq!(text.unwrap_or_else(ToOwned::to_owned), expected, "{target}");
    }

    #[test]
    fn below_the_base_is_the_head() {
        goes(&["a:", "b: a", "c: b"], "base-1", "c");
        goes(&["a:", "b: a", "c: b"], "base-3", "a");
        goes(&["a:", "b: a", "c: b"], "base-5", "graph.relative_out_of_reach");
        goes(&["a:", "b: a", "c: a"], "base-1", "graph.ambiguous_walk");
    }

    #[test]
    fn a_branch_is_asked_for_where_there_is_a_way() {
        let fork = ["aaaa:", "aabb: aaaa", "cccc: aaaa, labels l"];
        goes(&fork, "l@aaaa+1", "cccc");
        goes(&fork, "aa@aaaa+1", "graph.partial_ambiguous");
        goes(&fork, "none@aaaa+1", "graph.unresolved");
        goes(&fork, "none@cccc+1", "graph.relative_out_of_reach");
        goes(&fork, "none@-1", "graph.relative_out_of_reach");
    }

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
