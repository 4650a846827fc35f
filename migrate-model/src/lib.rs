//! The pure model of cargo-migrate: what a revision is, how revisions hang together, what stands
//! in a script.
//!
//! Everyone compiles this crate, build scripts included. It knows no database, no file system, no
//! environment and no async runtime: text and values go in, values and errors come out.

pub mod checksum;
#[cfg(feature = "config")]
pub mod config;
pub mod dialect;
pub mod nearest;
pub mod revision;
pub mod script;
pub mod text;

pub use checksum::Checksum;
pub use dialect::Dialect;
pub use revision::{Graph, GraphError, Revision, RevisionFile, RevisionId, TargetError};
pub use text::Position;
