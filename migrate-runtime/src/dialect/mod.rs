//! The seam between the runner and the databases. Each dialect has the same set of files and
//! knows no other: `connect`, `apply` (steps and their bookkeeping as one), `history`.

pub(crate) mod handle;
#[cfg(feature = "mysql")]
pub(crate) mod mysql;
pub(crate) mod one_by_one;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "_sqlite")]
pub(crate) mod sqlite;

use std::time::Duration;

use migrate_model::revision::Direction;
use migrate_model::script::{Statement, Transaction};
use migrate_model::{Checksum, Revision};

use crate::error::ErrorKind;
use crate::history::journal::Journal;
use crate::history::{Action, NewRow, Value};
use crate::identity::RunIdentity;
use crate::interrupt::Interrupt;
use crate::registry::CrateInfo;
use crate::report::Answer;
use crate::settings::HistoryTables;

/// Whether opening may create the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// A missing SQLite file is created, unless the URL's `mode` says otherwise.
    Create,
    /// What is missing is an error.
    Existing,
}

/// Steps that are done together or not at all.
#[derive(Clone)]
pub(crate) struct Batch<'a> {
    pub(crate) tables: &'a HistoryTables,
    /// The one schema that the steps shall find.
    pub(crate) tenant: Option<&'a str>,
    pub(crate) run: &'a RunIdentity,
    pub(crate) crate_info: &'a CrateInfo,
    pub(crate) registry_digest: Checksum,
    /// The history's version that the plan was made from; `None`: the tables are to be made.
    pub(crate) expected_version: Option<i64>,
    /// Whether all that is recorded is forgotten first (`stamp --purge`).
    pub(crate) clears_history: bool,
    /// What may end a statement of the steps early.
    pub(crate) interrupt: &'a Interrupt,
    /// How far the step is that an earlier run has begun: the batch's only one.
    pub(crate) unfinished: Option<&'a Unfinished>,
    pub(crate) steps: &'a [ReadyStep<'a>],
}

/// A step whose statements run outside of a transaction, and of which some have.
#[derive(Debug, Clone)]
pub(crate) struct Unfinished {
    pub(crate) journal: Journal,
    /// What somebody says of the statement at which it stopped.
    pub(crate) answer: Option<Answer>,
}

/// A step with all that it sends, checked before the first step begins.
pub(crate) struct ReadyStep<'a> {
    pub(crate) revision: &'a Revision,
    pub(crate) direction: Direction,
    pub(crate) action: Action,
    /// Whether its statements are a transaction together, or run one by one.
    pub(crate) transaction: Transaction,
    /// The section that runs; empty for a stamp.
    pub(crate) section: &'a str,
    /// The statements of the section, as places in it.
    pub(crate) statements: &'a [Statement],
    /// The row to insert on the way up.
    pub(crate) row: NewRow<'a>,
}

/// What became of a batch that did not fail.
pub(crate) enum Outcome {
    /// It is committed.
    Done {
        /// How long each step took.
        durations: Vec<Duration>,
        /// The history's version now.
        version: i64,
    },
    /// Somebody changed the history since the plan was made; nothing was done.
    HistoryMoved,
}

/// Why a batch was not done.
pub(crate) enum StepError {
    /// The batch was not even begun.
    NotBegun(ErrorKind),
    /// Something failed before, between or after the steps' own statements.
    Failed {
        /// The step at which it failed.
        step: usize,
        /// The statement of that step; `None`: our own bookkeeping or the commit.
        statement: Option<usize>,
        /// Where in the step's section, in bytes, if the database tells.
        offset: Option<usize>,
        source: sqlx::Error,
        /// Whether it's certain that nothing is left of the batch.
        rolled_back: bool,
    },
    /// A statement outside of a transaction failed. It has no effect, those before it stay.
    PartWay {
        statement: usize,
        /// Where in the step's section, in bytes, if the database tells.
        offset: Option<usize>,
        source: sqlx::Error,
        /// How many statements are done.
        done: usize,
    },
    /// Somebody wanted the run to stop; so many statements are done, outside of a transaction.
    Stopped { done: usize },
    /// It can't be known whether a statement of an earlier run took effect. Nothing was run.
    Undecided { statement: usize },
}

/// The stable code of an error that is the database's fault and no statement's: no permission, a
/// full disk, a lock of somebody else's, a connection that is gone.
pub(crate) fn database_fault(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::Configuration(_) => Some("config.database_url"),
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => {
            Some("database.lost")
        }
        sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
            Some("database.unreachable")
        }
        sqlx::Error::Database(_) => fault_of_server(error),
        _ => None,
    }
}

/// Whether the database has answered, so that it's known what became of a statement.
pub(crate) fn is_answered(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some() && database_fault(error) != Some("database.lost")
}

/// What the server says of an error beyond its message, a line each.
pub(crate) fn notes(error: &sqlx::Error) -> Vec<String> {
    #[cfg(feature = "postgres")]
    return postgres::notes(error);
    #[cfg(not(feature = "postgres"))]
    {
        let _ = error;
        Vec::new()
    }
}

/// The way out of an error that only a server can have.
pub(crate) fn way_out(error: &sqlx::Error) -> Option<&'static str> {
    #[cfg(feature = "postgres")]
    if let Some(way) = postgres::way_out(error) {
        return Some(way);
    }
    #[cfg(feature = "mysql")]
    if let Some(way) = mysql::way_out(error) {
        return Some(way);
    }
    let _ = error;
    None
}

fn fault_of_server(error: &sqlx::Error) -> Option<&'static str> {
    #[cfg(feature = "_sqlite")]
    if let Some(code) = sqlite::database_fault(error) {
        return Some(code);
    }
    #[cfg(feature = "postgres")]
    if let Some(code) = postgres::database_fault(error) {
        return Some(code);
    }
    #[cfg(feature = "mysql")]
    if let Some(code) = mysql::database_fault(error) {
        return Some(code);
    }
    None
}

/// A line of the log.
pub(crate) struct LogLine<'a> {
    pub(crate) action: Action,
    pub(crate) revision: &'a str,
    pub(crate) outcome: &'a str,
    pub(crate) error_code: Option<&'a str>,
    pub(crate) duration: Value,
}
