//! SQLite. A revision, its row and its log line are one BEGIN IMMEDIATE … COMMIT; that
//! transaction is the lock, too. Where the statements of a revision are several transactions, a
//! lease keeps the others out.

mod apply;
mod busy;
mod connect;
mod error;
pub(crate) mod history;
mod interrupt;
mod lease;
mod offline;
mod outside;
mod session;
mod statement;
mod transaction;

pub(crate) use apply::apply;
pub(crate) use connect::Source;
pub(crate) use connect::{Handle, open};
pub(crate) use error::database_fault;
pub(crate) use interrupt::{interrupt_no_more, interrupt_when};
pub(crate) use lease::wait_until_free;
pub(crate) use offline::{HEAD as SCRIPT_HEAD, script};
