//! What is applied. A database has a row for every applied revision; the *rows* of Alembic, one for
//! each tip, are computed from them.

use super::graph::Graph;
use super::path::{Direction, PlannedStep};

/// Which revisions of a graph are applied.
///
/// ```
/// use migrate_model::Graph;
/// use migrate_model::revision::Applied;
/// # use migrate_model::RevisionFile;
/// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
/// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
/// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
///
/// let graph = Graph::new(vec![a1, b2])?;
/// let applied = Applied::of(&graph, ["a1"]);
/// assert!(applied.contains(0) && !applied.contains(1));
/// assert!(!applied.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    marks: Vec<bool>,
}

impl Applied {
    /// The applied revisions among the given ids; ids that the graph does not know are passed
    /// over (the caller has refused them).
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::Applied;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1])?;
    /// assert!(Applied::of(&graph, ["a1"]).contains(0));
    /// assert!(Applied::of(&graph, ["unknown"]).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of<'a>(graph: &Graph, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut marks = vec![false; graph.len()];
        for index in ids.into_iter().filter_map(|id| graph.index_of(id)) {
            marks[index] = true;
        }
        Self { marks }
    }

    /// The given revisions and all that they need.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::Applied;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2])?;
    /// assert_eq!(Applied::up_to(&graph, &[1]), Applied::of(&graph, ["a1", "b2"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn up_to(graph: &Graph, revisions: &[usize]) -> Self {
        Self { marks: graph.ancestors(revisions) }
    }

    /// The state after steps.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::Applied;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1])?;
    /// let nothing = Applied::of(&graph, []);
    /// let all = nothing.after(&graph, &graph.path_up(&nothing, &[0]));
    /// assert_eq!(all, Applied::of(&graph, ["a1"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn after(&self, graph: &Graph, steps: &[PlannedStep]) -> Self {
        let mut marks = self.marks.clone();
        marks.resize(graph.len(), false);
        for step in steps {
            marks[step.index] = step.direction == Direction::Up;
        }
        Self { marks }
    }

    /// Whether the revision with that index is applied.
    pub fn contains(&self, index: usize) -> bool {
        self.marks.get(index).copied().unwrap_or_default()
    }

    /// Whether nothing is applied.
    pub fn is_empty(&self) -> bool {
        !self.marks.contains(&true)
    }

    /// The applied revisions that no applied revision descends from, in load order: what `current`
    /// shows.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::Applied;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2])?;
    /// assert_eq!(Applied::of(&graph, ["a1"]).heads(&graph), [0]);
    /// assert_eq!(Applied::of(&graph, ["a1", "b2"]).heads(&graph), [1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn heads(&self, graph: &Graph) -> Vec<usize> {
        self.highest(graph, |index| graph.children(index).iter())
    }

    /// The applied revisions that no applied revision needs, in load order: where walks like `+1`
    /// begin. Alembic keeps just these in its version table.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::Applied;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = "-- x\n--\n-- Revision: b2\n-- Revises: base\n-- Depends-On: a1\n-- migrate:up";
    ///
    /// let graph = Graph::new(vec![a1, parse(b2)?.revision])?;
    /// let both = Applied::of(&graph, ["a1", "b2"]);
    /// assert_eq!((both.heads(&graph), both.tips(&graph)), (vec![0, 1], vec![1]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tips(&self, graph: &Graph) -> Vec<usize> {
        self.highest(graph, |index| graph.children(index).iter().chain(graph.needed_by(index)))
    }

    /// The applied revisions from which no way up leads to another applied one. A revision on the
    /// way may be missing, after a rebase for example.
    fn highest<'g, I>(&self, graph: &'g Graph, above: impl Fn(usize) -> I) -> Vec<usize>
    where
        I: Iterator<Item = &'g usize>,
    {
        let mut is_below = vec![false; graph.len()];
        for index in graph.newest_first() {
            is_below[index] = above(index).any(|it| self.contains(*it) || is_below[*it]);
        }
        self.indices().filter(|index| !is_below[*index]).collect()
    }

    pub(crate) fn indices(&self) -> impl Iterator<Item = usize> {
        self.marks.iter().enumerate().filter(|(_, applied)| **applied).map(|(index, _)| index)
    }

    #[cfg(test)]
    pub(crate) fn set(&mut self, index: usize, is_applied: bool) {
        let length = self.marks.len().max(index + 1);
        self.marks.resize(length, false);
        self.marks[index] = is_applied;
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    #[test]
    fn what_lies_below_a_gap_is_below_all_the_same() {
        let graph = graph(&["a:", "b: a", "c: b", "x:, needs b"]).unwrap();
        let torn = Applied::of(&graph, ["a", "c"]);
        assert_eq!((torn.heads(&graph), torn.tips(&graph)), (vec![2], vec![2]));
        let torn = Applied::of(&graph, ["a", "x"]);
        assert_eq!((torn.heads(&graph), torn.tips(&graph)), (vec![0, 3], vec![3]));
    }
}
