//! Who runs, where and when: what the history remembers of a run.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

/// What is the same for all rows of one run.
#[derive(Debug, Clone)]
pub(crate) struct RunIdentity {
    pub(crate) run_id: String,
    pub(crate) by: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) git: Option<GitState>,
}

/// The commit of the working tree that a run was started from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GitState {
    pub(crate) commit: String,
    pub(crate) dirty: bool,
}

impl RunIdentity {
    pub(crate) fn new(git: Option<GitState>) -> Self {
        let by =
            ["USER", "USERNAME", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        Self { run_id: random_id(), by, host: gethostname::gethostname().into_string().ok(), git }
    }
}

/// Sixteen hexadecimal digits that no other run has: the standard library's hash keys are
/// random per process, and no two calls see the same keys.
fn random_id() -> String {
    let state = RandomState::new();
    format!("{:016x}", state.hash_one((std::process::id(), SystemTime::now())))
}

/// The time as the history writes it: RFC 3339, UTC, microseconds.
pub(crate) fn now() -> String {
    humantime::format_rfc3339_micros(SystemTime::now()).to_string()
}
