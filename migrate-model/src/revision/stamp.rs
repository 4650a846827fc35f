//! What `stamp` records: the state that a list of names stands for, beside what stays of the state
//! before.

use super::applied::Applied;
use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;

impl Graph {
    /// The tips of the state that the targets make of what is applied. Everything that is related
    /// to a target, above it or below it, gives way to it; other branches stay. `base` alone takes
    /// all away, `shop@base` what is related to that branch.
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
    /// let applied = Applied::of(&graph, ["a1", "b2"]);
    /// assert_eq!(graph.stamp(&applied, &[Identifier::parse("a1")?])?, [0]);
    /// assert_eq!(graph.stamp(&applied, &[Identifier::parse("base")?])?, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stamp(
        &self,
        applied: &Applied,
        targets: &[Identifier<'_>],
    ) -> Result<Vec<usize>, TargetError> {
        let before = applied.tips(self);
        let mut selected = vec![false; self.len()];
        for target in targets {
            let related = target.named_apart(self, applied, &before)?;
            let (below, above) = (self.ancestors(&related), self.descendants(&related));
            for tip in &before {
                selected[*tip] |= related.is_empty() || below[*tip] || above[*tip];
            }
        }
        let mut wanted = Vec::new();
        for target in targets {
            wanted.extend(target.revisions(self, applied)?);
        }
        let mut tips: Vec<usize> = before;
        if wanted.is_empty() {
            tips.retain(|tip| !selected[*tip]);
        }
        for target in wanted {
            if selected[target] {
                // It was current before, so Alembic does nothing for it, even where a target before
                // it has replaced it; `--purge` records just what is named.
                continue;
            }
            let (below, above) = (self.ancestors(&[target]), self.descendants(&[target]));
            if (0..self.len()).any(|index| selected[index] && (below[index] || above[index])) {
                tips.retain(|tip| !selected[*tip]);
            }
            if !tips.contains(&target) {
                tips.push(target);
            }
        }
        Ok(tips)
    }
}

impl Identifier<'_> {
    /// What the current revisions are compared with to tell which of them give way: the branch and
    /// the name, each by itself. So a name must be the only one of its kind in the whole graph, and
    /// a walk is none, unless nothing is current (Alembic's rules).
    fn named_apart(
        &self,
        graph: &Graph,
        applied: &Applied,
        current: &[usize],
    ) -> Result<Vec<usize>, TargetError> {
        let is_head = matches!(self.symbol, "head" | "heads") && self.steps.is_none();
        if current.is_empty() && !is_head {
            return Ok(Vec::new());
        }
        let mut found = match self.branch(graph)? {
            Some(branch) => vec![branch.revision],
            None => Vec::new(),
        };
        found.extend(match (is_head, self.is_relative()) {
            (true, _) => self.absolute(graph, applied)?,
            (false, false) => self.of_symbol().absolute(graph, applied)?,
            (false, true) => return Err(self.unresolved()),
        });
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    #[track_caller]
    fn stamps(current: &[&str], targets: &[&str], expected: &str) {
        let graph = graph(&["a:", "b: a", "c: a", "x:", "y: x"]).unwrap();
        let rows: Vec<usize> = current.iter().filter_map(|id| graph.index_of(id)).collect();
        let targets: Vec<_> =
            targets.iter().map(|target| Identifier::parse(target).unwrap()).collect();
        let stamped = graph.stamp(&Applied::up_to(&graph, &rows), &targets);
        let ids = stamped.map(|tips| graph.sorted_ids(tips));
        let ids = ids.map_err(|error| error.code());
        let text = ids.map(|ids| ids.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" "));
        assert_eq!(text.unwrap_or_else(ToOwned::to_owned), expected);
    }

    #[test]
    fn what_is_related_gives_way_and_the_rest_stays() {
        stamps(&[], &["b"], "b");
        stamps(&["b", "y"], &["a"], "a y");
        stamps(&["b", "y"], &["c"], "b c y");
        stamps(&["a", "y"], &["b", "c"], "b c y");
        stamps(&["b", "y"], &["base"], "");
        stamps(&["b", "y"], &["x@base"], "b");
        stamps(&["b"], &["-1"], "graph.unresolved");
        stamps(&["b"], &["a", "head"], "graph.multiple_heads");
    }
}
