//! What an inspection of a database has found, and what there is to say about it.

use migrate_model::Checksum;

use crate::error::{EditedRevision, ErrorKind, UnknownRevision};
use crate::history::AppliedRevision;

/// What an inspection of a database has found.
#[derive(Debug, Clone)]
pub struct Status {
    /// The applied revisions, in the order of application.
    pub applied: Vec<AppliedRevision>,
    /// The current heads, sorted.
    pub current: Vec<String>,
    /// The revisions at hand that are not applied, oldest first.
    pub pending: Vec<String>,
    /// Applied revisions whose text was changed since.
    pub edited: Vec<EditedRevision>,
    /// Applied revisions that are not at hand.
    pub unknown: Vec<UnknownRevision>,
    /// Revisions that are applied only in part.
    pub partial: Vec<String>,
}

/// Something that [`Migrator::verify`](crate::Migrator::verify) has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The stable code: `integrity.edited`, `integrity.unknown`, `integrity.partial`.
    pub code: &'static str,
    /// What was found.
    pub message: String,
    /// The revision.
    pub revision: String,
    /// Its file, if it is at hand.
    pub file: Option<String>,
}

/// A deliberate edit that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The checksum that was applied.
    pub from: String,
    /// The checksum that is recorded now.
    pub to: Checksum,
}

impl Status {
    /// What [`Migrator::verify`](crate::Migrator::verify) says of it.
    pub fn findings(&self) -> Vec<Finding> {
        let edited = self.edited.iter().map(|edited| Finding {
            code: "integrity.edited",
            message: ErrorKind::Edited(vec![edited.clone()]).to_string(),
            revision: edited.id.to_string(),
            file: Some(edited.file.clone()),
        });
        let unknown = self.unknown.iter().map(|unknown| Finding {
            code: "integrity.unknown",
            message: ErrorKind::Unknown(vec![unknown.clone()]).to_string(),
            revision: unknown.id.clone(),
            file: None,
        });
        let partial = self.partial.iter().map(|id| Finding {
            code: "integrity.partial",
            message: ErrorKind::Partial { id: id.clone() }.to_string(),
            revision: id.clone(),
            file: None,
        });
        edited.chain(unknown).chain(partial).collect()
    }
}
