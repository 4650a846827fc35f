//! The one topological order of a graph, and the cycle that there is where there is none. Loops
//! only: no graph is too deep.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::error::GraphError;
use super::graph::Graph;

/// Which edges count.
#[derive(Clone, Copy)]
enum Edges {
    /// `Revises:` alone.
    Revises,
    /// `Depends-On:` too.
    All,
}

impl Edges {
    fn below(self, graph: &Graph, index: usize) -> impl Iterator<Item = usize> {
        let needs = match self {
            Self::Revises => &[],
            Self::All => graph.needs(index),
        };
        graph.parents(index).iter().chain(needs).copied()
    }

    fn above(self, graph: &Graph, index: usize) -> impl Iterator<Item = usize> {
        let needed_by = match self {
            Self::Revises => &[],
            Self::All => graph.needed_by(index),
        };
        graph.children(index).iter().chain(needed_by).copied()
    }
}

/// The place of each revision in the order that ties broken by load order give.
pub(super) fn ranks(graph: &Graph) -> Result<Vec<usize>, GraphError> {
    let rank = place(graph, Edges::All);
    if !rank.contains(&UNPLACED) {
        return Ok(rank);
    }
    // A cycle of parents is the plainer fault, where there is one.
    let by_parents = place(graph, Edges::Revises);
    Err(match by_parents.contains(&UNPLACED) {
        true => cycle(graph, Edges::Revises, &by_parents),
        false => cycle(graph, Edges::All, &rank),
    })
}

const UNPLACED: usize = usize::MAX;

/// Kahn's algorithm with a heap on load order: linear but for the heap, and deterministic. What is
/// on a cycle or above one stays unplaced.
fn place(graph: &Graph, edges: Edges) -> Vec<usize> {
    let mut waiting: Vec<usize> =
        (0..graph.len()).map(|index| edges.below(graph, index).count()).collect();
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..graph.len()).filter(|index| waiting[*index] == 0).map(Reverse).collect();
    let mut rank = vec![UNPLACED; graph.len()];
    let mut next = 0;
    while let Some(Reverse(index)) = ready.pop() {
        rank[index] = next;
        next += 1;
        for after in edges.above(graph, index) {
            waiting[after] -= 1;
            if waiting[after] == 0 {
                ready.push(Reverse(after));
            }
        }
    }
    rank
}

/// Walks down from a revision that could not be placed: each such has a parent (or a need) that
/// could not be placed either, so the walk must meet itself.
fn cycle(graph: &Graph, edges: Edges, rank: &[usize]) -> GraphError {
    let mut path: Vec<usize> = Vec::new();
    let mut at_step: HashMap<usize, usize> = HashMap::new();
    let mut here = rank.iter().position(|rank| *rank == UNPLACED).unwrap_or_default();
    let start = loop {
        if let Some(start) = at_step.insert(here, path.len()) {
            break start;
        }
        path.push(here);
        match edges.below(graph, here).find(|index| rank[*index] == UNPLACED) {
            Some(next) => here = next,
            None => break 0,
        }
    };
    let cycle = &path[start..];
    let first = graph.revision(cycle[0]);
    let (through_dependency, line) = match edges {
        Edges::Revises => (false, first.lines.revises),
        Edges::All if first.lines.depends_on > 0 => (true, first.lines.depends_on),
        Edges::All => (true, first.lines.revises),
    };
    GraphError::Cycle {
        ids: cycle.iter().map(|index| graph.revision(*index).id.clone()).collect(),
        file: first.file.clone(),
        line,
        through_dependency,
    }
}
