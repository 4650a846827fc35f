//! The public API on SQLite: one module, one promise.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used)] // a test's failure is a panic

mod cancelled;
mod common;
mod concurrency;
mod edited;
mod ended_by_sqlite;
mod events;
mod failing_statement;
mod history_format;
mod irreversible;
mod locks;
mod missing_file;
mod newer_database;
mod outside;
mod refused_scripts;
mod round_trips;
mod sources;
mod spawn;
mod stamp;
mod statement_timeout;
mod targets;
mod tenants;
mod transaction_all;
mod two_histories;
mod unknown;
