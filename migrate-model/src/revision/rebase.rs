//! Putting a revision onto another parent: what it would make of the graph, and of the file.

use super::error::GraphError;
use super::graph::{Graph, Revision};
use super::id::RevisionId;

impl Graph {
    /// The graph with `revision` on top of `onto` and of nothing else. A revision that `onto` needs
    /// can't go on top of it: that is the cycle in the error.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    /// # let c3 = parse("-- x\n--\n-- Revision: c3\n-- Revises: a1\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2, c3])?;
    /// assert_eq!(graph.rebased(2, 1)?.heads(), [2]);
    /// assert_eq!(graph.rebased(0, 1).unwrap_err().code(), "graph.cycle");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rebased(&self, revision: usize, onto: usize) -> Result<Self, GraphError> {
        let mut revisions = self.revisions().to_vec();
        let parent = revisions[onto].id.clone();
        revisions[revision].revises = vec![parent];
        Self::new(revisions)
    }

    /// The revision to rebase so that all of `head` that `onto` lacks comes on top of `onto`: the
    /// lowest of that line. `None` if it's no line, because something was merged into it.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    /// # let c3 = parse("-- x\n--\n-- Revision: c3\n-- Revises: a1\n-- migrate:up\n")?.revision;
    /// # let d4 = parse("-- x\n--\n-- Revision: d4\n-- Revises: c3\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2, c3, d4])?;
    /// assert_eq!(graph.line_to_move(3, 1), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn line_to_move(&self, head: usize, onto: usize) -> Option<usize> {
        let there = self.ancestors(&[onto]);
        let mut lowest = head;
        loop {
            match *self.parents(lowest) {
                [] => return Some(lowest),
                [parent] if there[parent] => return Some(lowest),
                [parent] => lowest = parent,
                _ => return None,
            }
        }
    }
}

/// The text of a revision's file with another parent; nothing else in it changes. `None` if the
/// line of `Revises:` is not where the header had it.
///
/// ```
/// use migrate_model::RevisionFile;
/// use migrate_model::revision::with_parent;
///
/// let text = "-- add x\r\n--\r\n-- Revision: b2\r\n-- Revises:  a1\r\n-- migrate:up\r\n";
/// let revision = RevisionFile::parse("x.sql", "x.sql", text.as_bytes())?.revision;
/// let moved = with_parent(text, &revision, &"c3".parse()?).expect("the line is there");
/// assert_eq!(moved, text.replace("a1", "c3"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn with_parent(text: &str, revision: &Revision, parent: &RevisionId) -> Option<String> {
    let before = usize::try_from(revision.lines.revises).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
    let line = text.get(start..)?.split('\n').next()?.trim_end_matches('\r');
    let value = line.find("Revises:")? + "Revises:".len();
    let value = value + (line[value..].len() - line[value..].trim_start().len());
    let end = value + line[value..].trim_end().len();
    Some(format!("{}{parent}{}", &text[..start + value], &text[start + end..]))
}
