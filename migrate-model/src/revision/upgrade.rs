//! What `up` goes to.

use super::applied::Applied;
use super::branch::Branch;
use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;
use super::walk::{Walk, walk_down, walk_up};

impl Identifier<'_> {
    /// The revisions to bring up, with all that they need; none is the base. `+N` counts from the
    /// current state, `shop@+N` from what is applied of that branch.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::{Applied, Identifier};
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2])?;
    /// let applied = Applied::of(&graph, ["a1"]);
    /// assert_eq!(Identifier::parse("+1")?.upgrade_targets(&graph, &applied)?, [1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upgrade_targets(
        &self,
        graph: &Graph,
        applied: &Applied,
    ) -> Result<Vec<usize>, TargetError> {
        let Some(steps) = self.steps else { return self.absolute(graph, applied) };
        let end = match (self.symbol, steps) {
            ("", ..=0) => {
                let reason = "from the current state `up` goes +N, N at least 1";
                return Err(self.misplaced(reason, "graph.relative_out_of_reach"));
            }
            ("", _) => {
                let start = self.start_above(graph, &applied.tips(graph), applied)?;
                walk_up(self, graph, start, steps)?
            }
            (_, 1..) => {
                let start = self.of_symbol().revision(graph, applied)?;
                walk_up(self, graph, start, steps)?
            }
            (_, ..=0) => {
                let start = self.without_steps().revision(graph, applied)?;
                walk_down(self, graph, start, steps)?
            }
        };
        match end {
            Walk::At(index) => Ok(vec![index]),
            Walk::Base => Ok(Vec::new()),
            Walk::Past => Err(self.out_of_reach(steps > 0)),
        }
    }

    /// The one place from which a walk up begins: the only one of `starts`; on a branch the only
    /// one of them that belongs to it, else the highest that is applied of it, else the base.
    pub(crate) fn start_above(
        &self,
        graph: &Graph,
        starts: &[usize],
        applied: &Applied,
    ) -> Result<Option<usize>, TargetError> {
        let mut starts = starts.to_vec();
        let branch = if starts.is_empty() { None } else { self.branch(graph)? };
        if let Some(Branch { lineage, .. }) = branch {
            starts.retain(|index| lineage[*index]);
            if starts.is_empty() {
                let is_active = |index: usize| lineage[index] && applied.contains(index);
                let above =
                    |index: usize| graph.children(index).iter().chain(graph.needed_by(index));
                starts = applied
                    .indices()
                    .filter(|index| is_active(*index) && !above(*index).any(|it| is_active(*it)))
                    .collect();
            }
        }
        match starts.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => Err(self.several_current(graph, several)),
        }
    }

    pub(crate) fn several_current(&self, graph: &Graph, several: &[usize]) -> TargetError {
        TargetError::SeveralCurrent {
            input: self.input.to_owned(),
            current: graph.sorted_ids(several.iter().copied()),
        }
    }
}
