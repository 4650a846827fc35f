//! What a name stands for by itself: an id or the beginning of one, a label, `head`, `heads`,
//! `base`, `current`, each of them also on a branch.

use super::applied::Applied;
use super::branch::{Branch, carriers};
use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;
use super::walk::{Walk, walk_down_from_each};
use crate::nearest::nearest;

/// The shortest id or label that a prefix may find; shorter ones are written in full
/// (Alembic's rule).
const SHORTEST_FOR_PREFIX: usize = 4;

impl Identifier<'_> {
    /// The revisions that this stands for; none is the base. A bare `-N` walks down from every
    /// effective head.
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
    /// let named = |name| Identifier::parse(name)?.revisions(&graph, &Applied::default());
    /// assert_eq!((named("head")?, named("base")?, named("-1")?), (vec![1], vec![], vec![0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn revisions(&self, graph: &Graph, applied: &Applied) -> Result<Vec<usize>, TargetError> {
        match (self.steps, self.steps_below_heads()) {
            (None, _) => self.absolute(graph, applied),
            (_, Some(steps)) => {
                let mut found = Vec::new();
                for end in self.below_heads(graph, steps)? {
                    match end {
                        Walk::At(index) => found.push(index),
                        Walk::Base | Walk::Past => return Err(self.out_of_reach(false)),
                    }
                }
                Ok(found)
            }
            (Some(_), None) => Err(self.unresolved()),
        }
    }

    /// The one revision that this stands for; `None` is the base. Walks are not understood.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::{Applied, Identifier};
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: base\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2])?;
    /// let named = |name| Identifier::parse(name)?.revision(&graph, &Applied::default());
    /// assert_eq!((named("a1")?, named("base")?), (Some(0), None));
    /// assert_eq!(named("heads").unwrap_err().code(), "graph.multiple_heads");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn revision(&self, graph: &Graph, applied: &Applied) -> Result<Option<usize>, TargetError> {
        if self.is_relative() {
            return Err(self.unresolved());
        }
        self.only(graph, &self.absolute(graph, applied)?)
    }

    /// The name alone, as if no branch and no walk stood beside it.
    pub(crate) fn of_symbol(&self) -> Self {
        Self { branch: None, steps: None, ..*self }
    }

    /// The name and its branch, as if no walk stood beside it.
    pub(crate) fn without_steps(&self) -> Self {
        Self { steps: None, ..*self }
    }

    pub(crate) fn absolute(
        &self,
        graph: &Graph,
        applied: &Applied,
    ) -> Result<Vec<usize>, TargetError> {
        let branch = match self.symbol {
            "head" | "heads" => self.branch(graph)?,
            _ => self.branch_of_name(graph)?,
        };
        let mut found = match (self.symbol, &branch) {
            ("base", _) => return Ok(Vec::new()),
            ("heads", None) => return Ok(graph.effective_heads()),
            ("head" | "heads", _) => graph.heads(),
            ("current", _) => applied.tips(graph),
            (name, _) => {
                let index = self.lookup(graph, name, branch.as_ref())?;
                return match &branch {
                    Some(branch) if !branch.lineage[index] => Err(self.not_member(graph, index)),
                    _ => Ok(vec![index]),
                };
            }
        };
        if let Some(branch) = branch {
            found.retain(|index| branch.lineage[*index]);
        }
        match (self.symbol, found.len()) {
            ("head", 2..) => Err(self.multiple_heads(graph, &found)),
            _ => Ok(found),
        }
    }

    /// One, or none for the base.
    pub(crate) fn only(
        &self,
        graph: &Graph,
        found: &[usize],
    ) -> Result<Option<usize>, TargetError> {
        match found {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several if self.is_current() => Err(self.several_current(graph, several)),
            several => Err(self.multiple_heads(graph, several)),
        }
    }

    /// The branch part, if there is one.
    pub(crate) fn branch(&self, graph: &Graph) -> Result<Option<Branch>, TargetError> {
        let Some(name) = self.branch else { return Ok(None) };
        match self.lookup(graph, name, None) {
            Ok(revision) => Ok(Some(Branch::of(graph, revision))),
            Err(error @ TargetError::Unresolved { .. }) => Err(self.no_branch(&error)),
            Err(error) => Err(error),
        }
    }

    /// The branch part of a name that is more than `head`: the beginning of several is then none
    /// (Alembic's rule).
    pub(crate) fn branch_of_name(&self, graph: &Graph) -> Result<Option<Branch>, TargetError> {
        self.branch(graph).map_err(|error| self.no_branch(&error))
    }

    fn no_branch(&self, error: &TargetError) -> TargetError {
        TargetError::NoSuchBranch {
            input: self.input.to_owned(),
            branch: self.branch.unwrap_or_default().to_owned(),
            candidates: error.candidates(),
        }
    }

    /// An exact id or label, else the only one (of a branch) that begins like this.
    fn lookup(
        &self,
        graph: &Graph,
        name: &str,
        branch: Option<&Branch>,
    ) -> Result<usize, TargetError> {
        if let Some(index) = graph.index_of_name(name) {
            return Ok(index);
        }
        let mut found: Vec<(&str, usize)> = graph
            .names()
            .filter(|(key, _)| key.len() >= SHORTEST_FOR_PREFIX && key.starts_with(name))
            .filter(|(_, index)| branch.is_none_or(|branch| branch.lineage[*index]))
            .collect();
        found.sort_unstable();
        match found.as_slice() {
            [(_, index)] => Ok(*index),
            [] => Err(TargetError::Unresolved {
                input: self.input.to_owned(),
                nearest: nearest(name, graph.names().map(|(key, _)| key)).map(str::to_owned),
            }),
            several => Err(TargetError::PartialAmbiguous {
                input: self.input.to_owned(),
                candidates: several.iter().map(|(key, _)| (*key).to_owned()).collect(),
            }),
        }
    }

    /// Where walks of `steps` down from the effective heads end; on a branch, from those of them
    /// that carry its label.
    pub(crate) fn below_heads(&self, graph: &Graph, steps: i64) -> Result<Vec<Walk>, TargetError> {
        let mut heads = graph.effective_heads();
        if let Some(label) = self.branch {
            let declaring = graph.index_of_name(label).filter(|_| graph.index_of(label).is_none());
            let carried = declaring.map(|declaring| carriers(graph, declaring));
            heads.retain(|head| carried.as_ref().is_some_and(|carried| carried[*head]));
        }
        walk_down_from_each(self, graph, &heads, steps)
    }

    pub(crate) fn multiple_heads(&self, graph: &Graph, heads: &[usize]) -> TargetError {
        TargetError::MultipleHeads {
            input: self.input.to_owned(),
            heads: graph.sorted_ids(heads.iter().copied()),
        }
    }

    pub(crate) fn not_member(&self, graph: &Graph, revision: usize) -> TargetError {
        TargetError::NotMember {
            input: self.input.to_owned(),
            revision: graph.revision(revision).id.clone(),
            branch: self.branch.unwrap_or_default().to_owned(),
        }
    }
}
