//! PostgreSQL. An advisory lock keeps other writers out, the session's or each message's, or a
//! lease; a revision, its row and its log line are one message, which the server runs as one transaction.
//! Statements outside of one are recorded one by one.

mod apply;
mod cancel;
mod connect;
pub(crate) mod database;
mod error;
mod fingerprint;
pub(crate) mod history;
mod lease;
mod lock;
mod message;
mod offline;
mod outside;
mod permission;
mod place;
mod quote;
mod session_limits;
mod unlock;

pub(crate) use apply::{apply, missing_right};
pub(crate) use connect::{Session, Source, open};
pub(crate) use error::{database_fault, notes, way_out};
pub(crate) use lease::{lock_by_lease, wait_until_free};
pub(crate) use lock::{lock, lock_each_message};
pub(crate) use offline::{HEAD as SCRIPT_HEAD, script};
pub(crate) use unlock::unlock;
