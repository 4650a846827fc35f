//! What can be wrong in a revision file.

use super::did_you_mean;
use crate::revision::RevisionId;
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
    /// What git leaves where it could not merge.
    #[error("git left a conflict here")]
    Conflict,
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
    /// A revision among its own parents.
    #[error("revision {id} revises itself")]
    RevisesItself {
        /// The revision.
        id: RevisionId,
    },
    /// A revision among its own dependencies.
    #[error("revision {id} depends on itself")]
    DependsOnItself {
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
            Self::Conflict => "script.conflict",
            Self::UnknownLanguage => "script.unknown_language",
            Self::ControlCharacterInName => "script.file_name",
            Self::NoHeader { .. } => "header.missing",
            Self::NoMessage => "header.message",
            Self::NoKeys { .. } | Self::MissingKey { .. } => "header.missing_key",
            Self::NoKey { .. } => "header.malformed",
            Self::UnknownKey { .. } => "header.unknown_key",
            Self::DuplicateKey { .. } => "header.duplicate_key",
            // The id that other headers, and the command line, would have to name.
            Self::BadValue { key, .. } if key == "Revision" => "graph.illegal_identifier",
            Self::BadValue { .. } => "header.bad_value",
            Self::RevisesItself { .. } => "graph.cycle",
            Self::DependsOnItself { .. } => "graph.dependency_loop",
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
            Self::Conflict => Some("resolve it, as git status says".to_owned()),
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
            Self::DependsOnItself { .. } => Some("delete it from `Depends-On:`".to_owned()),
        }
    }
}
