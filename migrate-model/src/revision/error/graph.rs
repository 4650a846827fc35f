//! What can be wrong with the graph that revision files make.

use crate::revision::RevisionId;

/// Why revisions are no graph.
///
/// ```
/// use migrate_model::{Graph, GraphError};
/// # use migrate_model::RevisionFile;
/// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
/// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
///
/// let error = Graph::new(vec![b2]).unwrap_err();
/// assert!(matches!(error, GraphError::Missing { ref parent, .. } if parent == "a1"));
/// assert_eq!(error.to_string(), "revision b2 revises a1, which does not exist");
/// # Ok::<(), migrate_model::revision::FileError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two files define the same id.
    #[error("revision {id} is defined twice: in {file} and in {first_file}")]
    Duplicate {
        /// The id.
        id: RevisionId,
        /// The file that came second.
        file: String,
        /// The line of its `Revision:`.
        line: u32,
        /// The file that came first.
        first_file: String,
    },
    /// A label that another revision declares too, or that is an id.
    #[error("the label `{label}` of revision {id} is taken by revision {other}")]
    DuplicateLabel {
        /// The label.
        label: String,
        /// The revision that declares it second.
        id: RevisionId,
        /// Its file.
        file: String,
        /// The line of its `Labels:`.
        line: u32,
        /// The revision that has it already.
        other: RevisionId,
    },
    /// A parent or a dependency that no file defines.
    #[error("revision {id} {} {parent}, which does not exist", if *.is_dependency { "depends on" } else { "revises" })]
    Missing {
        /// The revision.
        id: RevisionId,
        /// Its file.
        file: String,
        /// The line of the key.
        line: u32,
        /// What it names.
        parent: String,
        /// Whether it stands in `Depends-On:`.
        is_dependency: bool,
        /// The id nearest to it.
        nearest: Option<String>,
    },
    /// Revisions that come before themselves.
    #[error("the revisions form a {}: {}", if *.through_dependency { "dependency loop" } else { "cycle" }, cycle_text(.ids))]
    Cycle {
        /// The cycle, each revising (or depending on) the next, the last one the first.
        ids: Vec<RevisionId>,
        /// The file of the first.
        file: String,
        /// The line of its `Revises:`, or of its `Depends-On:`.
        line: u32,
        /// Whether an edge of `Depends-On:` is part of it.
        through_dependency: bool,
    },
}

/// How many revisions of a cycle are named; a longer one is shown by its ends.
const MOST: usize = 12;

fn cycle_text(ids: &[RevisionId]) -> String {
    let mut names: Vec<&str> = ids.iter().take(MOST).map(RevisionId::as_str).collect();
    if ids.len() > MOST {
        names.push("…");
    }
    names.extend(ids.first().map(RevisionId::as_str));
    names.join(" -> ")
}

impl GraphError {
    /// The stable code of this error, `graph.name`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } | Self::DuplicateLabel { .. } => "graph.duplicate",
            Self::Missing { .. } => "graph.unresolved",
            Self::Cycle { through_dependency: false, .. } => "graph.cycle",
            Self::Cycle { through_dependency: true, .. } => "graph.dependency_loop",
        }
    }

    /// The file and the line (0 where it isn't known) at which the fault stands.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    ///
    /// let error = Graph::new(vec![b2]).unwrap_err();
    /// assert_eq!(error.place(), ("x.sql", 4));
    /// # Ok::<(), migrate_model::revision::FileError>(())
    /// ```
    pub fn place(&self) -> (&str, u32) {
        match self {
            Self::Duplicate { file, line, .. }
            | Self::DuplicateLabel { file, line, .. }
            | Self::Missing { file, line, .. }
            | Self::Cycle { file, line, .. } => (file, *line),
        }
    }

    /// The revision at fault.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    ///
    /// let error = Graph::new(vec![b2]).unwrap_err();
    /// assert_eq!(error.revision().map(|id| id.as_str()), Some("b2"));
    /// # Ok::<(), migrate_model::revision::FileError>(())
    /// ```
    pub fn revision(&self) -> Option<&RevisionId> {
        match self {
            Self::Duplicate { id, .. }
            | Self::DuplicateLabel { id, .. }
            | Self::Missing { id, .. } => Some(id),
            Self::Cycle { ids, .. } => ids.first(),
        }
    }

    /// What could have been meant, where that is known.
    pub fn candidates(&self) -> Vec<String> {
        match self {
            Self::Missing { nearest, .. } => nearest.iter().cloned().collect(),
            Self::Duplicate { .. } | Self::DuplicateLabel { .. } | Self::Cycle { .. } => Vec::new(),
        }
    }

    /// What to do about it, where the message alone doesn't say.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    ///
    /// let error = Graph::new(vec![a1.clone(), a1]).unwrap_err();
    /// assert!(error.hint().starts_with("give one of the two another id"));
    /// # Ok::<(), migrate_model::revision::FileError>(())
    /// ```
    pub fn hint(&self) -> String {
        match self {
            Self::Duplicate { .. } => {
                "give one of the two another id, in its header and in its name".to_owned()
            }
            Self::DuplicateLabel { .. } => "a label names one revision: choose another".to_owned(),
            Self::Missing { nearest: Some(nearest), .. } => format!("did you mean {nearest}?"),
            Self::Missing { parent, .. } => format!(
                "bring the file of {parent} back (was it lost in a merge?), or correct the header"
            ),
            Self::Cycle { through_dependency: true, .. } => {
                "one of these revisions must depend on, or revise, another".to_owned()
            }
            Self::Cycle { .. } => "one of these revisions must name another parent".to_owned(),
        }
    }
}
