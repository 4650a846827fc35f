//! What end-to-end tests stand on: temporary cargo workspaces, the real `cargo-migrate` binary,
//! and a look into databases from outside. Knows the tool only as a user does.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)] // a test's failure is a panic

mod client;
mod database;
mod ground;
mod library;
mod place;
#[cfg(unix)]
mod pooler;
mod program;
mod random;
mod server;
mod state;
mod workspace;

pub use database::{execute, query, state};
pub use ground::Ground;
pub use library::migrator;
pub use place::{Dialect, Place};
#[cfg(unix)]
pub use pooler::{Choice, Pooler};
pub use program::{PASSWORD, Run, Running, cargo_migrate, repository};
pub use random::Random;
pub use server::{Database, Server, hold, hold_mysql, mariadb, postgres};
pub use workspace::{Revision, Workspace};
