//! What can be wrong with revision files, with their graph, and with a name on it. Every error
//! names the object and the way out.

mod file;
mod graph;
mod target;

pub use file::{FileError, FileProblem};
pub use graph::GraphError;
pub use target::TargetError;

use super::id::RevisionId;

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|word| format!(" (did you mean `{word}`?)")).unwrap_or_default()
}

fn join(ids: &[RevisionId]) -> String {
    ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
}
