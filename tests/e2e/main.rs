//! The end-to-end tests: one module, one promise.

#![allow(clippy::unwrap_used)] // a test's failure is a panic

mod build_time;
mod commands;
mod configured;
mod edited;
mod failing_statement;
mod forum_shop;
mod init;
mod integrity;
mod offline;
mod project;
mod quickstart;
