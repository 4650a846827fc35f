//! What can be wrong with revision files and with their graph. Every error names the object and
//! the way out.

use super::id::RevisionId;
use crate::script::ScriptProblem;
use crate::text::Position;

/// A fault in one revision file, and where in it.
///
/// ```
/// use migrate_model::RevisionFile;
///
/// let text = "-- add x\n--\n-- Revision: a1\n-- Revise: base\n";
/// let error = RevisionFile::parse("revisions/x.sql", "x.sql", text.as_bytes()).unwrap_err();
/// assert_eq!((error.file.as_str(), error.position.line), ("revisions/x.sql", 4));
/// assert!(error.to_string().starts_with("revisions/x.sql:4:4: unknown header key `Revise`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{position}: {problem}")]
pub struct FileError {
    /// The file, as the caller named it.
    pub file: String,
    /// Where in the file.
    pub position: Position,
    /// What is wrong there.
    pub problem: FileProblem,
}

/// What can be wrong in a revision file.
///
/// ```
/// use migrate_model::RevisionFile;
/// use migrate_model::revision::FileProblem;
///
/// let error = RevisionFile::parse("notes.txt", "notes.txt", b"").unwrap_err();
/// assert_eq!(error.problem, FileProblem::UnknownLanguage);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// The bytes are no UTF-8.
    #[error("the file is not valid UTF-8")]
    NotUtf8,
    /// A NUL, which no SQL text may hold.
    #[error("the file contains a NUL character")]
    Nul,
    /// The ending of the name says neither SQL nor Rust.
    #[error("a revision file ends in .sql or .rs")]
    UnknownLanguage,
    /// The name of the file has a character that no table of files could hold.
    #[error("the file's name contains a control character")]
    ControlCharacterInName,
    /// The file does not begin with a comment block.
    #[error(
        "the file has no header: it must begin with a comment block whose lines start with `{mark}`"
    )]
    NoHeader {
        /// `--` or `//!`
        mark: String,
    },
    /// The first comment line is empty.
    #[error("the header's first line is empty: the revision's message belongs there")]
    NoMessage,
    /// The header has no paragraph of keys behind its message.
    #[error(
        "the header has no keys: after a line with `{mark}` alone, `Revision:` and `Revises:` must follow"
    )]
    NoKeys {
        /// `--` or `//!`
        mark: String,
    },
    /// A line among the keys that is none.
    #[error(
        "`{line}` is no header key: the header's last paragraph holds only lines like `Key: value`"
    )]
    NoKey {
        /// The line.
        line: String,
    },
    /// A key that nobody knows.
    #[error("unknown header key `{key}`{}", did_you_mean(.nearest.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// The known key nearest to it.
        nearest: Option<String>,
    },
    /// A key that must be there and isn't.
    #[error("the header lacks the key `{key}:`")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// A key that stands there twice.
    #[error("the header key `{key}` stands here a second time")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A value that can't be one.
    #[error("`{value}` can be no value of `{key}`: {reason}")]
    BadValue {
        /// The key.
        key: String,
        /// Its value, or the part of it that is wrong.
        value: String,
        /// Why.
        reason: String,
    },
    /// A revision among its own parents or dependencies.
    #[error("revision {id} revises or depends on itself")]
    RevisesItself {
        /// The revision.
        id: RevisionId,
    },
    /// The name of the file carries another id than its header.
    #[error("the file's name carries the id {in_name}, its header says {in_header}")]
    OtherIdInName {
        /// The id in the name.
        in_name: String,
        /// The id in the header, which counts.
        in_header: RevisionId,
    },
    /// A fault below the header.
    #[error(transparent)]
    Script(#[from] ScriptProblem),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|word| format!(" (did you mean `{word}`?)")).unwrap_or_default()
}

impl FileProblem {
    /// The stable code of this error, `area.name`.
    ///
    /// ```
    /// assert_eq!(migrate_model::revision::FileProblem::Nul.code(), "script.nul");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "script.not_utf8",
            Self::Nul => "script.nul",
            Self::UnknownLanguage => "script.unknown_language",
            Self::ControlCharacterInName => "script.file_name",
            Self::NoHeader { .. } => "header.missing",
            Self::NoMessage => "header.message",
            Self::NoKeys { .. } | Self::MissingKey { .. } => "header.missing_key",
            Self::NoKey { .. } => "header.malformed",
            Self::UnknownKey { .. } => "header.unknown_key",
            Self::DuplicateKey { .. } => "header.duplicate_key",
            Self::BadValue { .. } => "header.bad_value",
            Self::RevisesItself { .. } => "graph.cycle",
            Self::OtherIdInName { .. } => "header.other_id",
            Self::Script(problem) => problem.code(),
        }
    }

    /// What to do about it, where the message alone doesn't say.
    ///
    /// ```
    /// use migrate_model::revision::FileProblem;
    ///
    /// assert_eq!(FileProblem::NotUtf8.hint().as_deref(), Some("save the file as UTF-8 text"));
    /// ```
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotUtf8 | Self::Nul => Some("save the file as UTF-8 text".to_owned()),
            Self::NoHeader { mark } | Self::NoKeys { mark } => Some(format!(
                "a header looks like this:\n{mark} add projects table\n{mark}\n{mark} Revision: \
                 1975ea83b712\n{mark} Revises: base"
            )),
            Self::MissingKey { key: "Revises" } => {
                Some("name the parent, or `Revises: base` for a first revision".to_owned())
            }
            Self::UnknownKey { .. } => Some("keys of your own begin with `X-`".to_owned()),
            Self::OtherIdInName { in_header, .. } => Some(format!(
                "rename the file so that it carries {in_header}, or correct the header"
            )),
            Self::Script(problem) => problem.hint(),
            Self::UnknownLanguage | Self::ControlCharacterInName => {
                Some("rename the file".to_owned())
            }
            Self::NoMessage => Some("write it there: `add projects table`".to_owned()),
            Self::NoKey { .. } => Some(
                "a key looks like `Revision: 1975ea83b712`; other text stands above the last empty \
                 comment line"
                    .to_owned(),
            ),
            Self::MissingKey { key } => Some(format!("add it to the last paragraph: `{key}: …`")),
            Self::DuplicateKey { .. } => Some("delete one of the two".to_owned()),
            Self::BadValue { key, .. } if key == "Created" => {
                Some("a time looks like 2026-11-23T10:12:13Z".to_owned())
            }
            Self::BadValue { .. } => Some(
                "1 to 64 letters, digits and _, and none of base, current, head, heads".to_owned(),
            ),
            Self::RevisesItself { .. } => Some("name another parent, or `base`".to_owned()),
        }
    }
}

/// What can be wrong with the graph, or with a name on it.
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
        /// The cycle, each revising the next, the last revising the first.
        ids: Vec<RevisionId>,
        /// The file of the first.
        file: String,
        /// The line of its `Revises:`.
        line: u32,
        /// Whether an edge of `Depends-On:` is part of it.
        through_dependency: bool,
    },
    /// One head is wanted and there are several.
    #[error("{} heads, so there is no single target: {}", .heads.len(), join(.heads))]
    MultipleHeads {
        /// They, sorted.
        heads: Vec<RevisionId>,
    },
    /// A name that names nothing.
    #[error("`{input}` names no revision{}", did_you_mean(.nearest.as_deref()))]
    Unresolved {
        /// What was asked for.
        input: String,
        /// The id or label nearest to it.
        nearest: Option<String>,
    },
    /// A prefix of several ids.
    #[error("`{input}` is the beginning of several: {}", .candidates.join(", "))]
    PartialAmbiguous {
        /// What was asked for.
        input: String,
        /// What it could mean, sorted.
        candidates: Vec<String>,
    },
    /// A relative walk that could go several ways.
    #[error("`{input}` could go several ways: {}", join(.candidates))]
    AmbiguousWalk {
        /// What was asked for.
        input: String,
        /// Where it could go, sorted.
        candidates: Vec<RevisionId>,
    },
    /// A relative walk past the end.
    #[error("`{input}` goes past the {} of the history", if *.upwards { "head" } else { "base" })]
    OutOfReach {
        /// What was asked for.
        input: String,
        /// Whether it walked up.
        upwards: bool,
    },
    /// The ends of a range, or current state and target, are not ancestor and descendant.
    #[error("{lower} is no ancestor of {upper}")]
    NotAncestor {
        /// The end that should be the older.
        lower: String,
        /// The end that should be the newer.
        upper: String,
    },
    /// A name that can't be used at this place.
    #[error("`{input}` can't be used here: {reason}")]
    IllegalIdentifier {
        /// What was asked for.
        input: String,
        /// Why.
        reason: String,
        /// The stable code.
        code: &'static str,
    },
}

fn join(ids: &[RevisionId]) -> String {
    ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
}

fn cycle_text(ids: &[RevisionId]) -> String {
    let first = ids.first().map(ToString::to_string).unwrap_or_default();
    format!("{} -> {first}", ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" -> "))
}

impl GraphError {
    /// The stable code of this error, `graph.name`.
    ///
    /// ```
    /// use migrate_model::revision::Range;
    ///
    /// assert_eq!(Range::parse("a1").unwrap_err().code(), "graph.bad_range");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } | Self::DuplicateLabel { .. } => "graph.duplicate",
            Self::Missing { .. } | Self::Unresolved { .. } => "graph.unresolved",
            Self::Cycle { through_dependency: false, .. } => "graph.cycle",
            Self::Cycle { through_dependency: true, .. } => "graph.dependency_loop",
            Self::MultipleHeads { .. } => "graph.multiple_heads",
            Self::PartialAmbiguous { .. } => "graph.partial_ambiguous",
            Self::AmbiguousWalk { .. } => "graph.ambiguous_walk",
            Self::OutOfReach { .. } => "graph.relative_out_of_reach",
            Self::NotAncestor { .. } => "graph.range_not_ancestor",
            Self::IllegalIdentifier { code, .. } => code,
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
    /// assert_eq!(error.place(), Some(("x.sql", 4)));
    /// # Ok::<(), migrate_model::revision::FileError>(())
    /// ```
    pub fn place(&self) -> Option<(&str, u32)> {
        match self {
            Self::Duplicate { file, line, .. }
            | Self::DuplicateLabel { file, line, .. }
            | Self::Missing { file, line, .. }
            | Self::Cycle { file, line, .. } => Some((file, *line)),
            Self::MultipleHeads { .. }
            | Self::Unresolved { .. }
            | Self::PartialAmbiguous { .. }
            | Self::AmbiguousWalk { .. }
            | Self::OutOfReach { .. }
            | Self::NotAncestor { .. }
            | Self::IllegalIdentifier { .. } => None,
        }
    }

    /// The revision at fault, where there is one.
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
            _ => None,
        }
    }

    /// What could have been meant, where that is known.
    ///
    /// ```
    /// use migrate_model::GraphError;
    ///
    /// let heads = vec!["a1".parse()?, "b2".parse()?];
    /// assert_eq!(GraphError::MultipleHeads { heads }.candidates(), ["a1", "b2"]);
    /// # Ok::<(), migrate_model::revision::IdError>(())
    /// ```
    pub fn candidates(&self) -> Vec<String> {
        match self {
            Self::MultipleHeads { heads: ids } | Self::AmbiguousWalk { candidates: ids, .. } => {
                ids.iter().map(ToString::to_string).collect()
            }
            Self::PartialAmbiguous { candidates, .. } => candidates.clone(),
            Self::Unresolved { nearest, .. } | Self::Missing { nearest, .. } => {
                nearest.iter().cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What to do about it, where the message alone doesn't say.
    ///
    /// ```
    /// use migrate_model::GraphError;
    ///
    /// let candidates = vec!["1975ea".to_owned(), "1975eb".to_owned()];
    /// let error = GraphError::PartialAmbiguous { input: "1975".to_owned(), candidates };
    /// assert_eq!(error.hint().as_deref(), Some("write more characters of the id"));
    /// ```
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Duplicate { .. } => {
                Some("give one of the two another id, in its header and in its name".to_owned())
            }
            Self::DuplicateLabel { .. } => {
                Some("a label names one revision: choose another".to_owned())
            }
            Self::Missing { nearest: Some(nearest), .. } => {
                Some(format!("did you mean {nearest}?"))
            }
            Self::Missing { parent, .. } => Some(format!(
                "bring the file of {parent} back (was it lost in a merge?), or correct the header"
            )),
            Self::Cycle { .. } => {
                Some("one of these revisions must name another parent".to_owned())
            }
            Self::MultipleHeads { .. } => Some(
                "put one after the other: correct the `Revises:` of a revision that no database \
                 has applied"
                    .to_owned(),
            ),
            Self::PartialAmbiguous { .. } => Some("write more characters of the id".to_owned()),
            Self::Unresolved { .. } => Some("list what there is: cargo migrate history".to_owned()),
            Self::OutOfReach { .. } => Some("see where you are: cargo migrate current".to_owned()),
            Self::AmbiguousWalk { .. } => Some("name the revision itself".to_owned()),
            Self::NotAncestor { .. } | Self::IllegalIdentifier { .. } => None,
        }
    }
}
