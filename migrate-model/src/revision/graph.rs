//! The revisions and their edges, checked once when the graph is made: no duplicate id, no
//! missing parent, no cycle. All walks are loops over indices, so no graph is too deep for them.

use std::collections::HashMap;

use super::edges::Edges;
use super::error::GraphError;
use super::file::Kind;
use super::header::HeaderLines;
use super::id::{Label, RevisionId};
use super::order;
use crate::checksum::Checksum;
use crate::nearest::nearest;

/// One node of the graph: one revision file, without its text.
///
/// ```
/// use migrate_model::RevisionFile;
///
/// let text = "-- add x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n";
/// let revision = RevisionFile::parse("x.sql", "revisions/x.sql", text.as_bytes())?.revision;
/// assert_eq!((revision.id.as_str(), revision.revises[0].as_str()), ("b2", "a1"));
/// assert_eq!(revision.file, "revisions/x.sql");
/// # Ok::<(), migrate_model::revision::FileError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its id.
    pub id: RevisionId,
    /// The parents; none for a root, several for a merge.
    pub revises: Vec<RevisionId>,
    /// What must be applied before without being a parent: ids or labels.
    pub depends_on: Vec<RevisionId>,
    /// The branch labels it declares.
    pub labels: Vec<Label>,
    /// What it does, in one line.
    pub message: String,
    /// When it was made: RFC 3339, UTC.
    pub created: Option<String>,
    /// Its file, relative to the folder of the migrations crate, with `/`.
    pub file: String,
    /// The language of its file.
    pub kind: Kind,
    /// The checksum of its file.
    pub checksum: Checksum,
    /// Where the header's keys stand, if the file was read here.
    pub lines: HeaderLines,
}

/// A set of revisions whose edges all lead somewhere and never in a circle.
///
/// Revisions are addressed by their index: their place in load order, which breaks ties wherever
/// the edges leave an order open.
///
/// ```
/// use migrate_model::Graph;
/// # use migrate_model::RevisionFile;
/// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
/// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
/// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
///
/// let graph = Graph::new(vec![a1, b2])?;
/// assert_eq!((graph.len(), graph.is_empty(), graph.names().count()), (2, false, 2));
/// assert_eq!((graph.bases(), graph.heads()), (vec![0], vec![1]));
/// let newest = graph.index_of("b2").expect("it is there");
/// assert_eq!(graph.revision(newest), &graph.revisions()[1]);
/// assert_eq!(graph.parents(newest), [0]);
/// assert_eq!(graph.children(0), [newest]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Graph {
    revisions: Vec<Revision>,
    by_name: HashMap<Box<str>, usize>,
    parents: Edges,
    needs: Edges,
    children: Edges,
    needed_by: Edges,
    /// The place of each revision in the one topological order that ties broken by load order
    /// give.
    rank: Vec<usize>,
    /// All revisions in the opposite of that order.
    newest_first: Vec<usize>,
}

impl Graph {
    /// Builds and checks the graph.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    ///
    /// let error = Graph::new(vec![a1.clone(), a1]).unwrap_err();
    /// assert_eq!(error.code(), "graph.duplicate");
    /// # Ok::<(), migrate_model::revision::FileError>(())
    /// ```
    pub fn new(revisions: Vec<Revision>) -> Result<Self, GraphError> {
        let by_name = index_names(&revisions)?;
        let mut graph = Self { revisions, by_name, ..Self::default() };
        graph.connect()?;
        graph.rank = order::ranks(&graph)?;
        graph.newest_first = vec![0; graph.len()];
        for (index, rank) in graph.rank.iter().enumerate() {
            graph.newest_first[graph.rank.len() - 1 - rank] = index;
        }
        Ok(graph)
    }

    /// The revisions, in load order.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.revisions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// The revision with that index.
    pub fn revision(&self, index: usize) -> &Revision {
        &self.revisions[index]
    }

    /// The index of the revision with exactly that id.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.by_name.get(id).copied().filter(|index| self.revisions[*index].id.as_str() == id)
    }

    /// The index of the revision with exactly that id or label.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = "-- x\n--\n-- Revision: a1\n-- Revises: base\n-- Labels: shop\n-- migrate:up\n";
    ///
    /// let graph = Graph::new(vec![parse(a1)?.revision])?;
    /// assert_eq!(graph.index_of_name("shop"), graph.index_of("a1"));
    /// assert_eq!(graph.index_of("shop"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn index_of_name(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// All ids and labels.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.by_name.iter().map(|(name, index)| (&**name, *index))
    }

    /// The parents through `Revises:`.
    pub fn parents(&self, index: usize) -> &[usize] {
        self.parents.of(index)
    }

    /// The children through `Revises:`.
    pub fn children(&self, index: usize) -> &[usize] {
        self.children.of(index)
    }

    /// What it depends on, through `Depends-On:`.
    pub fn needs(&self, index: usize) -> &[usize] {
        self.needs.of(index)
    }

    /// What depends on it, through `Depends-On:`.
    pub fn needed_by(&self, index: usize) -> &[usize] {
        self.needed_by.of(index)
    }

    /// What nobody revises, in load order.
    pub fn heads(&self) -> Vec<usize> {
        (0..self.len()).filter(|index| self.children(*index).is_empty()).collect()
    }

    /// What nobody revises and nobody depends on, in load order. This is what the word `heads`
    /// means on the command line.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = "-- x\n--\n-- Revision: b2\n-- Revises: base\n-- Depends-On: a1\n-- migrate:up";
    ///
    /// let graph = Graph::new(vec![a1, parse(b2)?.revision])?;
    /// assert_eq!((graph.heads(), graph.effective_heads()), (vec![0, 1], vec![1]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn effective_heads(&self) -> Vec<usize> {
        let mut heads = self.heads();
        heads.retain(|index| self.needed_by(*index).is_empty());
        heads
    }

    /// What revises nothing, in load order.
    pub fn bases(&self) -> Vec<usize> {
        (0..self.len()).filter(|index| self.parents(*index).is_empty()).collect()
    }

    /// All revisions, each before what it needs.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = usize> {
        self.newest_first.iter().copied()
    }

    /// Sorts indices so that every revision comes after all that it needs.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    ///
    /// let mut order = [0, 1];
    /// Graph::new(vec![b2, a1])?.sort_oldest_first(&mut order);
    /// assert_eq!(order, [1, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sort_oldest_first(&self, indices: &mut [usize]) {
        indices.sort_unstable_by_key(|index| self.rank[*index]);
    }

    /// Marks the given revisions and all that they need, through both kinds of edges.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    /// # let c3 = parse("-- x\n--\n-- Revision: c3\n-- Revises: b2\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2, c3])?;
    /// assert_eq!(graph.ancestors(&[1]), [true, true, false]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ancestors(&self, from: &[usize]) -> Vec<bool> {
        self.reach(from, |index| self.parents(index).iter().chain(self.needs(index)))
    }

    /// Marks the given revisions and all that need them, through both kinds of edges.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    /// # let c3 = parse("-- x\n--\n-- Revision: c3\n-- Revises: b2\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2, c3])?;
    /// assert_eq!(graph.descendants(&[1]), [false, true, true]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn descendants(&self, from: &[usize]) -> Vec<bool> {
        self.reach(from, |index| self.children(index).iter().chain(self.needed_by(index)))
    }

    /// Marks the given revisions and all above them through `Revises:` alone.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = "-- x\n--\n-- Revision: b2\n-- Revises: base\n-- Depends-On: a1\n-- migrate:up";
    ///
    /// let graph = Graph::new(vec![a1, parse(b2)?.revision])?;
    /// assert_eq!(graph.lineage_above(&[0]), [true, false]);
    /// assert_eq!(graph.descendants(&[0]), [true, true]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lineage_above(&self, from: &[usize]) -> Vec<bool> {
        self.reach(from, |index| self.children(index).iter())
    }

    /// Marks the given revisions and all below them through `Revises:` alone.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = "-- x\n--\n-- Revision: b2\n-- Revises: base\n-- Depends-On: a1\n-- migrate:up";
    ///
    /// let graph = Graph::new(vec![a1, parse(b2)?.revision])?;
    /// assert_eq!(graph.lineage_below(&[1]), [false, true]);
    /// assert_eq!(graph.ancestors(&[1]), [true, true]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lineage_below(&self, from: &[usize]) -> Vec<bool> {
        self.reach(from, |index| self.parents(index).iter())
    }

    /// The ids of revisions, sorted: for messages.
    pub(crate) fn sorted_ids(&self, indices: impl IntoIterator<Item = usize>) -> Vec<RevisionId> {
        let mut ids: Vec<_> =
            indices.into_iter().map(|index| self.revisions[index].id.clone()).collect();
        ids.sort_unstable();
        ids
    }

    fn reach<'a, I>(&'a self, from: &[usize], next: impl Fn(usize) -> I) -> Vec<bool>
    where
        I: Iterator<Item = &'a usize>,
    {
        let mut seen = vec![false; self.len()];
        let mut open = from.to_vec();
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut seen[index], true) {
                open.extend(next(index).copied().filter(|index| !seen[*index]));
            }
        }
        seen
    }

    fn connect(&mut self) -> Result<(), GraphError> {
        let mut parents = Edges::with_capacity(self.len());
        let mut needs = Edges::with_capacity(self.len());
        for (index, revision) in self.revisions.iter().enumerate() {
            parents.push(revision.revises.iter().map(|id| {
                self.index_of(id.as_str()).ok_or_else(|| self.missing(index, id, false))
            }))?;
            needs.push(revision.depends_on.iter().map(|name| {
                self.index_of_name(name.as_str()).ok_or_else(|| self.missing(index, name, true))
            }))?;
        }
        (self.children, self.needed_by) = (parents.reversed(), needs.reversed());
        (self.parents, self.needs) = (parents, needs);
        Ok(())
    }

    fn missing(&self, index: usize, parent: &RevisionId, is_dependency: bool) -> GraphError {
        let Revision { id, file, lines, .. } = &self.revisions[index];
        let ids = self.revisions.iter().filter(|other| other.id != *id);
        GraphError::Missing {
            id: id.clone(),
            file: file.clone(),
            line: if is_dependency { lines.depends_on } else { lines.revises },
            parent: parent.to_string(),
            is_dependency,
            nearest: nearest(parent.as_str(), ids.map(|other| other.id.as_str()))
                .map(str::to_owned),
        }
    }
}

/// Ids and labels share one space of names; each may be there once.
fn index_names(revisions: &[Revision]) -> Result<HashMap<Box<str>, usize>, GraphError> {
    let mut names: HashMap<Box<str>, usize> = HashMap::with_capacity(revisions.len());
    for (index, revision) in revisions.iter().enumerate() {
        if let Some(first) = names.insert(revision.id.as_str().into(), index) {
            return Err(GraphError::Duplicate {
                id: revision.id.clone(),
                file: revision.file.clone(),
                line: revision.lines.revision,
                first_file: revisions[first].file.clone(),
            });
        }
    }
    for (index, revision) in revisions.iter().enumerate() {
        for label in &revision.labels {
            if let Some(other) = names.insert(label.as_str().into(), index) {
                return Err(GraphError::DuplicateLabel {
                    label: label.to_string(),
                    id: revision.id.clone(),
                    file: revision.file.clone(),
                    line: revision.lines.labels,
                    other: revisions[other].id.clone(),
                });
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A graph from lines like `c: a b, needs d, labels e f`.
    pub(crate) fn graph(lines: &[&str]) -> Result<Graph, GraphError> {
        Graph::new(lines.iter().map(|line| revision(line)).collect())
    }

    fn revision(line: &str) -> Revision {
        let (id, edges) = line.split_once(':').unwrap();
        let (edges, labels) = edges.split_once(", labels").unwrap_or((edges, ""));
        let (revises, depends_on) = edges.split_once(", needs").unwrap_or((edges, ""));
        let ids = |text: &str| text.split_whitespace().map(|id| id.parse().unwrap()).collect();
        Revision {
            id: id.parse().unwrap(),
            revises: ids(revises),
            depends_on: ids(depends_on),
            labels: labels.split_whitespace().map(|label| label.parse().unwrap()).collect(),
            message: id.to_owned(),
            created: None,
            file: format!("{id}.sql"),
            kind: Kind::Sql,
            checksum: Checksum::of(id.as_bytes()),
            lines: HeaderLines { revision: 3, revises: 4, depends_on: 5, labels: 6 },
        }
    }

    fn ids(graph: &Graph, indices: &[usize]) -> String {
        let ids = indices.iter().map(|index| graph.revision(*index).id.as_str());
        ids.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn heads_and_bases() {
        let graph = graph(&["a:", "b: a", "c: a", "d: c, needs b"]).unwrap();
        assert_eq!(ids(&graph, &graph.heads()), "b d");
        assert_eq!(ids(&graph, &graph.effective_heads()), "d");
        assert_eq!(ids(&graph, &graph.bases()), "a");
    }

    #[test]
    fn the_order_follows_the_edges_and_then_load_order() {
        let graph = graph(&["d: c", "a:", "c: a, needs b", "b:"]).unwrap();
        let mut all: Vec<usize> = (0..4).collect();
        graph.sort_oldest_first(&mut all);
        assert_eq!(ids(&graph, &all), "a b c d");
    }

    #[test]
    fn faults_are_found_and_named() {
        let fault = |lines: &[&str]| graph(lines).unwrap_err();
        let error = fault(&["a:", "b: x"]);
        assert_eq!(error.to_string(), "revision b revises x, which does not exist");
        assert_eq!((error.code(), error.place()), ("graph.unresolved", ("b.sql", 4)));
        let error = fault(&["a:", "a:"]);
        assert_eq!((error.code(), error.place()), ("graph.duplicate", ("a.sql", 3)));
        let error = fault(&["r:", "a: c", "b: a", "c: b", "d: c"]);
        assert_eq!(error.to_string(), "the revisions form a cycle: a -> c -> b -> a");
        let error = fault(&["a:, needs b", "b: a"]);
        assert_eq!(error.code(), "graph.dependency_loop");
        let error = fault(&["a:, needs b", "b: a", "c: d", "d: c"]);
        assert_eq!(error.to_string(), "the revisions form a cycle: c -> d -> c");
        assert_eq!(fault(&["a: a"]).code(), "graph.cycle");
        assert_eq!(fault(&["a:, needs a"]).code(), "graph.dependency_loop");
    }

    #[test]
    fn depth_is_no_matter() {
        let lines: Vec<String> = (0..100_000)
            .map(|n| if n == 0 { "r0:".into() } else { format!("r{n}: r{}", n - 1) })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let graph = graph(&lines).unwrap();
        assert_eq!(graph.ancestors(&graph.heads()).iter().filter(|seen| **seen).count(), 100_000);
    }
}
