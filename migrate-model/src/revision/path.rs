//! The way from one state to another: which revisions run, in which direction and order.

use super::applied::Applied;
use super::graph::Graph;

/// Up or down.
///
/// ```
/// use migrate_model::revision::Direction;
/// use migrate_model::script::Script;
///
/// let script = Script::parse("-- migrate:up\nSELECT 1;\n")?;
/// assert_eq!(script.sections()[0].direction, Direction::Up);
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Applying revisions.
    Up,
    /// Taking revisions back.
    Down,
}

impl Direction {
    /// The name in JSON, in markers and in the log.
    ///
    /// ```
    /// assert_eq!(migrate_model::revision::Direction::Down.name(), "down");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// One step of a plan.
///
/// ```
/// use migrate_model::Graph;
/// use migrate_model::revision::{Applied, Direction, PlannedStep};
/// # use migrate_model::RevisionFile;
/// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
/// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
///
/// let graph = Graph::new(vec![a1])?;
/// let step = PlannedStep { index: 0, direction: Direction::Up };
/// assert_eq!(graph.path_up(&Applied::default(), &[0]), [step]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedStep {
    /// The revision's index in the graph.
    pub index: usize,
    /// What happens to it.
    pub direction: Direction,
}

impl Graph {
    /// The steps that apply the targets and all that they need, oldest first. Whatever is
    /// applied already is left out; a target that is applied gives no steps.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::Applied;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    /// # let c3 = parse("-- x\n--\n-- Revision: c3\n-- Revises: b2\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2, c3])?;
    /// let steps = graph.path_up(&Applied::of(&graph, ["a1"]), &graph.heads());
    /// let indices: Vec<usize> = steps.iter().map(|step| step.index).collect();
    /// assert_eq!(indices, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path_up(&self, applied: &Applied, targets: &[usize]) -> Vec<PlannedStep> {
        let needed = self.ancestors(targets);
        let mut steps: Vec<usize> =
            (0..self.len()).filter(|index| needed[*index] && !applied.contains(*index)).collect();
        self.sort_oldest_first(&mut steps);
        steps.into_iter().map(|index| PlannedStep { index, direction: Direction::Up }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::TargetError;
    use super::super::graph::tests::graph;
    use super::super::identifier::Identifier;
    use super::*;

    fn ids(graph: &Graph, steps: &[PlannedStep]) -> String {
        let ids = steps.iter().map(|step| graph.revision(step.index).id.as_str());
        ids.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn up_takes_what_is_needed_and_down_what_is_above() {
        let graph = graph(&["a:", "b: a", "x:", "c: b, needs x"]).unwrap();
        let none = Applied::default();
        assert_eq!(ids(&graph, &graph.path_up(&none, &[3])), "a b x c");
        let all = Applied::of(&graph, ["a", "b", "x", "c"]);
        assert_eq!(ids(&graph, &down(&graph, &all, "a").unwrap()), "c b");
        assert_eq!(ids(&graph, &down(&graph, &all, "base").unwrap()), "c x b a");
        let error = down(&graph, &none, "a").unwrap_err();
        assert_eq!(error.code(), "graph.range_not_ancestor");
    }

    fn down(graph: &Graph, applied: &Applied, to: &str) -> Result<Vec<PlannedStep>, TargetError> {
        Identifier::parse(to)?.downgrade_target(graph, applied)?.steps(graph, applied)
    }
}
