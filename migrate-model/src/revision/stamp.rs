//! What `stamp` records: the state that a list of names stands for, beside what stays of the state
//! before.

use super::applied::Applied;
use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;
use super::path::{Direction, PlannedStep};

/// The state that `stamp` records, in terms of the graph. It is fixed once; its steps can be asked
/// for again when the state has changed.
///
/// ```
/// use migrate_model::Graph;
/// use migrate_model::revision::{Applied, Direction, Identifier, StampTarget};
/// # use migrate_model::RevisionFile;
/// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
/// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
/// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
///
/// let graph = Graph::new(vec![a1, b2])?;
/// let applied = Applied::of(&graph, ["a1", "b2"]);
/// let target = StampTarget::of(&graph, &applied, &[Identifier::parse("a1")?])?;
/// let steps = target.steps(&graph, &applied);
/// assert_eq!(steps.iter().map(|it| (it.index, it.direction)).collect::<Vec<_>>(), [(1, Direction::Down)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct StampTarget {
    /// Tips of the state before, which stay.
    kept: Vec<usize>,
    /// What is recorded, with all that it needs.
    added: Vec<usize>,
}

impl StampTarget {
    /// What the targets make of what is applied. Everything that is related to a target, above it or
    /// below it, gives way to it; other branches stay. `base` alone takes all away, `shop@base` what
    /// is related to that branch.
    pub fn of(
        graph: &Graph,
        applied: &Applied,
        targets: &[Identifier<'_>],
    ) -> Result<Self, TargetError> {
        let before = applied.tips(graph);
        let mut gives_way = vec![false; graph.len()];
        for target in targets {
            let named = target.named_apart(graph, applied, &before)?;
            let related = related(graph, &named);
            for tip in &before {
                gives_way[*tip] |= named.is_empty() || related[*tip];
            }
        }
        let mut wanted = Vec::new();
        for target in targets {
            wanted.extend(target.revisions(graph, applied)?);
        }
        let mut kept = before;
        let leaving: Vec<usize> = kept.iter().copied().filter(|tip| gives_way[*tip]).collect();
        let related = related(graph, &leaving);
        // For a target that was current before, Alembic does nothing, even where a target before it
        // has replaced it; `--purge` records just what is named.
        let replaces = |target: &usize| !gives_way[*target] && related[*target];
        if wanted.is_empty() || wanted.iter().any(replaces) {
            kept.retain(|tip| !gives_way[*tip]);
        }
        wanted.retain(|target| !gives_way[*target]);
        Ok(Self { kept, added: wanted })
    }

    /// The steps that record it: what goes, newest first, and then what comes, oldest first. Nothing
    /// is recorded beside the targets and what they need, whatever lacks below what stays.
    pub fn steps(&self, graph: &Graph, applied: &Applied) -> Vec<PlannedStep> {
        let (kept, added) = (graph.ancestors(&self.kept), graph.ancestors(&self.added));
        let mut away: Vec<usize> =
            applied.indices().filter(|index| !kept[*index] && !added[*index]).collect();
        graph.sort_oldest_first(&mut away);
        let down = |index| PlannedStep { index, direction: Direction::Down };
        let away = away.into_iter().rev().map(down);
        away.chain(graph.path_up(applied, &self.added)).collect()
    }
}

/// Marks what is above or below one of the revisions, and themselves.
fn related(graph: &Graph, revisions: &[usize]) -> Vec<bool> {
    let (below, above) = (graph.ancestors(revisions), graph.descendants(revisions));
    below.into_iter().zip(above).map(|(below, above)| below || above).collect()
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
        let applied = Applied::up_to(&graph, &rows);
        let stamped = StampTarget::of(&graph, &applied, &targets);
        let stamped = stamped.map(|it| applied.after(&graph, &it.steps(&graph, &applied)));
        let ids = stamped.map(|applied| graph.sorted_ids(applied.tips(&graph)));
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

    #[test]
    fn what_lacks_below_what_stays_is_not_recorded() {
        let graph = graph(&["a:", "b: a", "c: b", "p:"]).unwrap();
        let applied = Applied::of(&graph, ["a", "c"]);
        let target = StampTarget::of(&graph, &applied, &[Identifier::parse("p").unwrap()]).unwrap();
        let expected = PlannedStep { index: 3, direction: Direction::Up };
        assert_eq!(target.steps(&graph, &applied), [expected]);
    }
}
