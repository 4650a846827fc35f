//! Where a new revision goes: the parents of `new` and `merge`, and what it may depend on.

use super::applied::Applied;
use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;

/// Whether a new revision may revise one that has children already.
///
/// ```
/// use migrate_model::Graph;
/// use migrate_model::revision::{Identifier, Splice};
/// # use migrate_model::RevisionFile;
/// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
/// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
/// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
///
/// let graph = Graph::new(vec![a1, b2])?;
/// let old = [Identifier::parse("a1")?];
/// assert_eq!(graph.parents_for(&old, Splice::Refuse).unwrap_err().code(), "graph.needs_splice");
/// assert_eq!(graph.parents_for(&old, Splice::Allow)?, [0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splice {
    /// A new branch by accident is refused.
    Refuse,
    /// `--splice`
    Allow,
}

impl Graph {
    /// The parents that names give a new revision; none is a new base.
    pub fn parents_for(
        &self,
        names: &[Identifier<'_>],
        splice: Splice,
    ) -> Result<Vec<usize>, TargetError> {
        let mut parents: Vec<usize> = Vec::new();
        for name in names {
            parents.extend(name.without_state()?.revisions(self, &Applied::default())?);
        }
        let mut is_there = vec![false; self.len()];
        if let Some(twice) = parents.iter().find(|it| std::mem::replace(&mut is_there[**it], true))
        {
            let revision = self.revision(*twice).id.clone();
            return Err(TargetError::SameParentTwice { revision });
        }
        match parents.iter().find(|parent| !self.children(**parent).is_empty()) {
            Some(parent) if splice == Splice::Refuse => {
                Err(TargetError::NeedsSplice { revision: self.revision(*parent).id.clone() })
            }
            _ => Ok(parents),
        }
    }

    /// How a new revision names what it depends on: a label stays one where the revision that it
    /// stands for carries it, everything else becomes the id in full.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::Identifier;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let text = "-- x\n--\n-- Revision: a1b2c3\n-- Revises: base\n-- Labels: shop\n-- migrate:up";
    ///
    /// let graph = Graph::new(vec![parse(text)?.revision])?;
    /// assert_eq!(graph.dependency_for(&Identifier::parse("shop")?)?, "shop");
    /// assert_eq!(graph.dependency_for(&Identifier::parse("a1b")?)?, "a1b2c3");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dependency_for(&self, name: &Identifier<'_>) -> Result<String, TargetError> {
        let found = name
            .without_state()?
            .revision(self, &Applied::default())?
            .ok_or_else(|| name.unresolved())?;
        let revision = self.revision(found);
        match revision.labels.iter().find(|label| label.as_str() == name.input) {
            Some(label) => Ok(label.to_string()),
            None => Ok(revision.id.to_string()),
        }
    }
}
