//! The way from one state to another: which revisions run, in which direction and order.

use super::error::GraphError;
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

    /// Whether the revision with that index is applied.
    pub fn contains(&self, index: usize) -> bool {
        self.marks.get(index).copied().unwrap_or_default()
    }

    /// Whether nothing is applied.
    pub fn is_empty(&self) -> bool {
        !self.marks.contains(&true)
    }

    /// The applied revisions that no applied revision revises, in load order.
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
        (0..graph.len())
            .filter(|index| self.contains(*index))
            .filter(|index| !graph.children(*index).iter().any(|child| self.contains(*child)))
            .collect()
    }

    fn indices(&self) -> impl Iterator<Item = usize> {
        self.marks.iter().enumerate().filter(|(_, applied)| **applied).map(|(index, _)| index)
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

    /// The steps that take down every applied revision above the target, newest first; no
    /// target is the base and takes all down. Revisions that depend on one that goes go too.
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
    /// let steps = graph.path_down(&Applied::of(&graph, ["a1", "b2"]), None)?;
    /// let indices: Vec<usize> = steps.iter().map(|step| step.index).collect();
    /// assert_eq!(indices, [1, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path_down(
        &self,
        applied: &Applied,
        target: Option<usize>,
    ) -> Result<Vec<PlannedStep>, GraphError> {
        let mut steps: Vec<usize> = match target {
            None => applied.indices().collect(),
            Some(target) => {
                let above = self.descendants(self.children(target));
                let steps: Vec<usize> = applied.indices().filter(|index| above[*index]).collect();
                if steps.is_empty() && !applied.contains(target) {
                    return Err(GraphError::NotAncestor {
                        lower: self.revision(target).id.to_string(),
                        upper: "the current state".to_owned(),
                    });
                }
                steps
            }
        };
        self.sort_oldest_first(&mut steps);
        let down = |index| PlannedStep { index, direction: Direction::Down };
        Ok(steps.into_iter().rev().map(down).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::graph::tests::graph;
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
        assert_eq!(ids(&graph, &graph.path_down(&all, Some(0)).unwrap()), "c b");
        assert_eq!(ids(&graph, &graph.path_down(&all, None).unwrap()), "c x b a");
        let error = graph.path_down(&none, Some(0)).unwrap_err();
        assert_eq!(error.code(), "graph.range_not_ancestor");
    }

    /// Lines for a random directed acyclic graph: each revision revises or needs earlier ones.
    fn random_graph() -> impl Strategy<Value = Vec<String>> {
        let node = (any::<u8>(), any::<u8>(), 0_u8..4);
        prop::collection::vec(node, 1..24).prop_map(|nodes| {
            let line = |(at, (a, b, kind)): (usize, &(u8, u8, u8))| {
                let earlier = |pick: u8| format!("r{}", usize::from(pick) % at.max(1));
                match kind {
                    _ if at == 0 => "r0:".to_owned(),
                    0 => format!("r{at}:"),
                    1 => format!("r{at}: {}, needs {}", earlier(*a), earlier(*b)),
                    2 if earlier(*a) != earlier(*b) => {
                        format!("r{at}: {} {}", earlier(*a), earlier(*b))
                    }
                    _ => format!("r{at}: {}", earlier(*a)),
                }
            };
            nodes.iter().enumerate().map(line).collect()
        })
    }

    proptest! {
        #[test]
        fn going_up_and_down_again_changes_nothing(lines in random_graph(), pick in any::<u8>()) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let graph = graph(&lines).unwrap();
            let target = usize::from(pick) % graph.len();
            let up = graph.path_up(&Applied::default(), &[target]);

            let mut applied = Applied { marks: vec![false; graph.len()] };
            for step in &up {
                let below = graph.ancestors(&[step.index]);
                let ready = (0..graph.len()).all(|i| i == step.index || !below[i] || applied.marks[i]);
                prop_assert!(ready, "a step came before what it needs");
                applied.marks[step.index] = true;
            }
            prop_assert!(applied.contains(target));

            let down = graph.path_down(&applied, None).unwrap();
            for step in &down {
                let above = graph.descendants(&[step.index]);
                let free = (0..graph.len()).all(|i| i == step.index || !above[i] || !applied.marks[i]);
                prop_assert!(free, "a step went before what needs it");
                applied.marks[step.index] = false;
            }
            prop_assert!(applied.indices().next().is_none());
        }
    }
}
