//! What end-to-end tests stand on: temporary cargo workspaces, the real `cargo-migrate` binary,
//! and a look into databases from outside. Knows the tool only as a user does.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)] // a test's failure is a panic

mod database;
mod library;
#[cfg(unix)]
mod pooler;
mod program;
mod random;
mod server;
mod workspace;

pub use database::{execute, query, state};
pub use library::migrator;
#[cfg(unix)]
pub use pooler::{Choice, Pooler};
pub use program::{PASSWORD, Run, Running, cargo_migrate, repository};
pub use random::Random;
pub use server::{Database, Server, hold, hold_mysql, mariadb, postgres};
pub use workspace::{Revision, Workspace};
