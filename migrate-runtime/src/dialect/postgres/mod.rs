//! PostgreSQL. A session's advisory lock keeps other writers out; a revision, its row and its log
//! line are one message, which the server runs as one transaction. Statements outside of one are
//! recorded one by one.

mod apply;
mod cancel;
mod connect;
pub(crate) mod database;
mod error;
mod fingerprint;
pub(crate) mod history;
mod lock;
mod message;
mod offline;
mod outside;
mod permission;
mod quote;
mod session_limits;

pub(crate) use apply::apply;
pub(crate) use connect::{Session, Source, open};
pub(crate) use error::{database_fault, notes, way_out};
pub(crate) use lock::{lock, unlock};
pub(crate) use offline::{HEAD as SCRIPT_HEAD, script};
