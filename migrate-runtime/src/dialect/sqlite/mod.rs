//! SQLite. A revision, its row and its log line are one BEGIN IMMEDIATE … COMMIT; that
//! transaction is the lock, too.

mod apply;
mod busy;
mod connect;
pub(crate) mod history;
mod offline;
mod transaction;

pub(crate) use apply::apply;
pub(crate) use connect::Source;
pub(crate) use connect::{Handle, open};
pub(crate) use offline::script;
