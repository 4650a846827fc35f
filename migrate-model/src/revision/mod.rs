//! The revision graph: what a revision is, which revises which, what a name on the command line
//! stands for, and which steps lead from one state to another. Knows ids and edges; knows nothing
//! of SQL or of databases.

mod error;
mod file;
mod filename;
mod graph;
mod header;
mod id;
mod identifier;
mod path;
mod table;

pub use error::{FileError, FileProblem, GraphError};
pub use file::{Kind, RevisionFile};
pub use filename::slug;
pub use graph::{Graph, Revision};
pub use header::HeaderLines;
pub use id::{IdError, Label, MAX_LENGTH, RevisionId};
pub use identifier::{Identifier, Range};
pub use path::{Applied, Direction, PlannedStep};
