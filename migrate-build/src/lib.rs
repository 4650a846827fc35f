//! The build script helper of cargo-migrate: reads the folders of the revisions, checks every file
//! and the graph, and generates the registry that `migrate::embed!()` includes. Knows files and
//! cargo's build script protocol; knows no database.
//!
//! ```no_run
//! // in `main` of build.rs
//! migrate_build::Builder::new("revisions").emit();
//! ```

mod builder;
mod error;
mod folders;
mod generate;
mod scan;
mod watch;

pub use builder::Builder;
pub use error::BuildError;
pub use folders::{folders, is_glob};
pub use scan::{list, read, scan, scan_each};
