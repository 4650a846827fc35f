//! Schema revisions that travel inside the binary: run at start-up, verified, one writer at a
//! time. This is the library half of `cargo migrate`; applications use it through the migrations
//! crate that `cargo migrate init` writes:
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # mod migrations {
//! #     pub fn migrator() -> migrate_runtime::Migrator {
//! #         let shop = migrate_runtime::CrateInfo::new("shop-migrations", "0.1.0");
//! #         let registry = migrate_runtime::Registry::from_files(Vec::new(), shop);
//! #         migrate_runtime::Migrator::new(registry.expect("nothing can be wrong").into())
//! #     }
//! # }
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let pool = migrate_runtime::sqlx::SqlitePool::connect("sqlite::memory:").await?;
//! migrations::migrator().run(&pool).await?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! The way of the data: a [`Registry`] (the revisions) and a database go into a [`Migrator`];
//! `runner` reads the history, checks integrity, plans, and runs step by step; a [`Report`] or an
//! [`Error`] comes out. Everything that differs between databases is in `dialect`.
//!
//! Without a dialect's feature (`sqlite`, `sqlite-unbundled`, `postgres`, `mysql`) only the [`Registry`] is here.

// A dialect alone leaves what only the others need unused, and waits for nothing where they do.
#![cfg_attr(
    not(all(feature = "_sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, clippy::unused_async, clippy::unnecessary_wraps)
)]

#[cfg(feature = "_dialect")]
mod connection;
#[cfg(feature = "_dialect")]
pub mod database;
#[cfg(feature = "_dialect")]
mod dialect;
#[cfg(feature = "_dialect")]
mod embed;
#[cfg(feature = "_dialect")]
mod error;
#[cfg(feature = "_dialect")]
mod event;
#[cfg(feature = "_dialect")]
mod history;
#[cfg(feature = "_dialect")]
mod identity;
#[cfg(feature = "_dialect")]
mod interrupt;
#[cfg(feature = "_dialect")]
mod into_database;
#[cfg(feature = "_dialect")]
mod migrator;
#[cfg(feature = "_dialect")]
mod offline;
#[cfg(feature = "_dialect")]
mod patience;
#[cfg(feature = "_dialect")]
mod process;
mod registry;
#[cfg(feature = "_dialect")]
mod report;
#[cfg(feature = "_dialect")]
mod runner;
#[cfg(feature = "_dialect")]
mod settings;
#[cfg(feature = "_dialect")]
mod status;
#[cfg(feature = "_dialect")]
mod wait;

pub use migrate_model::revision::{Direction, FileError, FileProblem, Kind};
pub use migrate_model::{
    Checksum, Dialect, Graph, GraphError, Position, Revision, RevisionId, TargetError,
};
pub use registry::{CrateInfo, Registry, SourceError};

#[cfg(feature = "_dialect")]
pub use {
    error::{
        EditedRevision, Error, ErrorKind, Failure, PartWay, STORED_DOWN, Undecided, UnknownRevision,
    },
    event::Event,
    history::{AppliedRevision, RowState},
    identity::GitCommit,
    into_database::IntoDatabase,
    migrator::Migrator,
    offline::OfflineRange,
    report::{Answer, Plan, Report, Step, StepReport},
    settings::{HistoryTables, LockMode, MultipleHeads, OnUnknown, StoreSource, TransactionMode},
    status::{Accepted, Finding, PartialRevision, Status},
};

/// The connection library, in the version that this crate's types belong to.
///
/// ```
/// use migrate_runtime::sqlx::SqlitePool;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = SqlitePool::connect("sqlite::memory:").await?;
/// assert_eq!(pool.size(), 1);
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "_dialect")]
pub use sqlx;

#[doc(hidden)]
pub use include_dir;
