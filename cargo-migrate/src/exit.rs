//! The exit codes. Scripts depend on them; they don't change.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done; also: a question was answered with no, and nothing was done.
    Done = 0,
    /// A check found something.
    Findings = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The project or its configuration is.
    Project = 3,
    /// Revision files or their graph are; irreversible revisions included.
    Revisions = 4,
    /// The database is unreachable, lost, full, or permits too little.
    Database = 6,
    /// Another writer kept the lock.
    Lock = 7,
    /// A revision failed and was rolled back.
    Failed = 8,
    /// A revision failed part-way, or its state can't be known.
    Undecided = 9,
    /// Refused for integrity.
    Integrity = 10,
    /// Interrupted by a signal.
    Interrupted = 130,
}

impl Exit {
    /// The exit code that goes with an error code: its area decides, with the exceptions named.
    pub(crate) fn of(code: &str) -> Self {
        let (area, _) = code.split_once('.').unwrap_or((code, ""));
        match (area, code) {
            (_, "revision.failed") => Self::Failed,
            (_, "revision.interrupted") => Self::Interrupted,
            (_, "revision.undecided" | "integrity.partial") => Self::Undecided,
            ("graph" | "header" | "script" | "revision", _) => Self::Revisions,
            ("project" | "config" | "build" | "artifact", _) => Self::Project,
            ("integrity" | "history", _) => Self::Integrity,
            ("lock", _) => Self::Lock,
            ("usage", _) => Self::Usage,
            _ => Self::Database,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_area_has_its_exit_code() {
        for (code, expected) in [
            ("graph.multiple_heads", 4),
            ("header.missing", 4),
            ("revision.irreversible", 4),
            ("revision.failed", 8),
            ("revision.undecided", 9),
            ("revision.interrupted", 130),
            ("integrity.edited", 10),
            ("integrity.partial", 9),
            ("lock.timeout", 7),
            ("database.unreachable", 6),
            ("config.unknown_key", 3),
            ("project.none", 3),
            ("usage.arguments", 2),
        ] {
            assert_eq!(Exit::of(code) as u8, expected, "{code}");
        }
    }
}
