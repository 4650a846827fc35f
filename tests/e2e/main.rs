//! The end-to-end tests: one module, one promise.

#![allow(clippy::unwrap_used)] // a test's failure is a panic

mod at_once;
mod bad_input;
mod branches;
mod build_time;
mod commands;
mod configured;
mod databases;
mod edited;
mod failing_statement;
mod folders;
mod forum_shop;
mod index;
mod init;
mod inspecting;
mod integrity;
mod main_job;
mod mariadb;
mod newer_database;
mod offline;
mod outside_sqlite;
mod places;
mod postgres;
mod project;
mod quickstart;
mod secrets;
mod servers;
mod shell;
mod stamping;
mod states;
mod switch;
