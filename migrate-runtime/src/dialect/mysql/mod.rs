//! MySQL and MariaDB. `GET_LOCK` keeps other writers out. Most definitions commit by themselves, so
//! the statements of a revision are recorded one by one, unless all it does is change rows: then it
//! is one transaction with its row and its log line.

mod apply;
mod cancel;
mod connect;
pub(crate) mod database;
mod error;
mod fingerprint;
mod found;
pub(crate) mod history;
mod lock;
mod offline;
mod outside;
mod permission;
mod quote;
mod session_limits;

pub(crate) use apply::{apply, missing_right};
pub(crate) use connect::{Session, Source, open};
pub(crate) use error::{database_fault, way_out};
pub(crate) use lock::{lock, unlock};
pub(crate) use offline::{HEAD as SCRIPT_HEAD, script};
