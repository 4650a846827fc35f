//! The revision graph: what a revision is, which revises which, what a name on the command line
//! stands for, and which steps lead from one state to another. Knows ids and edges; knows nothing
//! of SQL or of databases.
//!
//! A name is parsed once ([`Identifier`], [`Range`]) and then means what the command makes of it:
//! `named` has what names stand for by themselves, `walk` how `+1` and `-2` count, and `upgrade`,
//! `downgrade`, `stamp`, `range` and `placing` have the meaning for each command.

mod applied;
mod branch;
mod downgrade;
mod edges;
mod error;
mod file;
mod filename;
mod graph;
mod header;
mod id;
mod identifier;
#[cfg(test)]
mod laws;
mod line;
mod named;
mod order;
mod path;
mod placing;
#[cfg(test)]
mod random;
mod range;
mod rebase;
mod stamp;
mod upgrade;
mod walk;

pub use applied::Applied;
pub use downgrade::DowngradeTarget;
pub use error::{FileError, FileProblem, GraphError, TargetError};
pub use file::{Kind, RevisionFile};
pub use filename::slug;
pub use graph::{Graph, Revision};
pub use header::HeaderLines;
pub use id::{IdError, Label, MAX_LENGTH, RevisionId};
pub use identifier::Identifier;
pub use path::{Direction, PlannedStep};
pub use placing::Splice;
pub use range::Range;
pub use rebase::with_parent;
pub use stamp::StampTarget;
