//! The end-to-end tests: one module, one promise.

mod build_time;
mod commands;
mod edited;
mod failing_statement;
mod forum_shop;
mod init;
mod integrity;
mod offline;
mod project;
