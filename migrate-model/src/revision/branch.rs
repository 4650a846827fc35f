//! What belongs to a branch. A branch is named by a label or by any of its revisions; its *lineage*
//! is all that is above and below that revision through `Revises:`. A label is also *carried*: by
//! the revision that declares it, by all above, and by the unbranched line below.

use super::graph::Graph;

/// The branch part of an identifier.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    /// The revision that names it.
    pub(crate) revision: usize,
    /// What belongs to it.
    pub(crate) lineage: Vec<bool>,
}

impl Branch {
    pub(crate) fn of(graph: &Graph, revision: usize) -> Self {
        Self { revision, lineage: lineage(graph, revision) }
    }
}

/// Marks the lineage of a revision: its ancestors and descendants through `Revises:`, and itself.
pub(crate) fn lineage(graph: &Graph, revision: usize) -> Vec<bool> {
    let mut marks = graph.lineage_above(&[revision]);
    for (mark, below) in marks.iter_mut().zip(graph.lineage_below(&[revision])) {
        *mark |= below;
    }
    marks
}

/// Marks the revisions that carry a label of the revision that declares it.
///
/// Downwards it is carried to the nearest point where the line branches or merges, that point left
/// out; not at all if such a point lies above, for then nothing says whose line it is below.
pub(crate) fn carriers(graph: &Graph, declaring: usize) -> Vec<bool> {
    let mut marks = graph.lineage_above(&[declaring]);
    if !is_unbranched(graph, &marks) {
        return marks;
    }
    let mut here = declaring;
    while let [parent] = *graph.parents(here)
        && !is_point(graph, parent)
    {
        marks[parent] = true;
        here = parent;
    }
    marks
}

/// The revisions whose label a revision carries: [`carriers`] from its other side, in one walk.
pub(crate) fn labelled_for(graph: &Graph, carrying: usize) -> Vec<usize> {
    let mut declaring = graph.lineage_below(&[carrying]);
    let above = graph.lineage_above(&[carrying]);
    if is_unbranched(graph, &above) {
        for (mark, above) in declaring.iter_mut().zip(above) {
            *mark |= above;
        }
    }
    let is_labelled = |index: usize| !graph.revision(index).labels.is_empty();
    (0..graph.len()).filter(|index| declaring[*index] && is_labelled(*index)).collect()
}

/// Whether the line branches or merges here.
fn is_point(graph: &Graph, index: usize) -> bool {
    graph.parents(index).len() > 1 || graph.children(index).len() + graph.needed_by(index).len() > 1
}

fn is_unbranched(graph: &Graph, marks: &[bool]) -> bool {
    !(0..graph.len()).any(|index| marks[index] && is_point(graph, index))
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    fn marked(graph: &Graph, marks: &[bool]) -> String {
        let ids = graph.revisions().iter().zip(marks).filter(|(_, mark)| **mark);
        ids.map(|(revision, _)| revision.id.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lineage_follows_parents_in_both_directions() {
        let graph = graph(&["a:", "b: a", "c: a", "m: b c", "x:, needs b"]).unwrap();
        assert_eq!(marked(&graph, &lineage(&graph, 1)), "a b m");
        assert_eq!(marked(&graph, &lineage(&graph, 0)), "a b c m");
        assert_eq!(marked(&graph, &lineage(&graph, 4)), "x");
    }

    #[test]
    fn a_label_covers_an_unbranched_line_and_ends_at_a_fork() {
        let line = graph(&["a:", "b: a, labels l", "c: b"]).unwrap();
        assert_eq!(marked(&line, &carriers(&line, 1)), "a b c");
        let fork = graph(&["a:", "b: a", "c: b, labels l", "d: c", "e: a"]).unwrap();
        assert_eq!(marked(&fork, &carriers(&fork, 2)), "b c d");
        let above = graph(&["a:", "b: a, labels l", "c: b", "d: b"]).unwrap();
        assert_eq!(marked(&above, &carriers(&above, 1)), "b c d");
    }
}
