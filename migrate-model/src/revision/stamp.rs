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
        let mut gives_way = vec![false; self.len()];
        let mut wanted = Vec::new();
        for target in targets {
            if target.is_relative() && !before.is_empty() {
                return Err(target.unresolved());
            }
            let found = target.revisions(self, applied)?;
            let mut named = found.clone();
            named.extend(target.branch(self)?.map(|branch| branch.revision));
            let related = self.related(&named);
            for tip in &before {
                gives_way[*tip] |= named.is_empty() || related[*tip];
            }
            wanted.extend(found);
        }
        let mut tips = before;
        let leaving: Vec<usize> = tips.iter().copied().filter(|tip| gives_way[*tip]).collect();
        let related = self.related(&leaving);
        // For a target that was current before, Alembic does nothing, even where a target before it
        // has replaced it; `--purge` records just what is named.
        let replaces = |target: &usize| !gives_way[*target] && related[*target];
        if wanted.is_empty() || wanted.iter().any(replaces) {
            tips.retain(|tip| !gives_way[*tip]);
        }
        let mut is_there = vec![false; self.len()];
        for tip in &tips {
            is_there[*tip] = true;
        }
        for target in wanted.into_iter().filter(|target| !gives_way[*target]) {
            if !std::mem::replace(&mut is_there[target], true) {
                tips.push(target);
            }
        }
        Ok(tips)
    }

    /// Marks what is above or below one of the revisions, and themselves.
    fn related(&self, revisions: &[usize]) -> Vec<bool> {
        let (below, above) = (self.ancestors(revisions), self.descendants(revisions));
        below.into_iter().zip(above).map(|(below, above)| below || above).collect()
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
    }
}
