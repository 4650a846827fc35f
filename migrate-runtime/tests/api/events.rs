//! The events of a run, in their order.

use std::sync::{Arc, Mutex};

use crate::common::{Scratch, TWO, migrator};
use migrate_runtime::{Event, Migrator, TransactionMode};

/// What an event says, but for the time it took.
fn told(event: &Event<'_>) -> String {
    match event {
        Event::RunStarted { direction, steps, before } => {
            format!("run {} {steps} from {before:?}", direction.name())
        }
        Event::StepStarted { revision, direction } => {
            format!("start {} {}", direction.name(), revision.id)
        }
        Event::StatementFinished { statement, .. } => format!("statement {statement}"),
        Event::StepFinished { revision, direction, .. } => {
            format!("finish {} {}", direction.name(), revision.id)
        }
        other => format!("{other:?}"),
    }
}

/// A migrator and what it has told since it was asked last.
fn heard(migrator: Migrator) -> (Migrator, impl Fn() -> Vec<String>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let migrator = migrator.on_event(move |event| heard.lock().unwrap().push(told(event)));
    (migrator, move || std::mem::take(&mut *events.lock().unwrap()))
}

#[tokio::test]
async fn up_and_down_and_none_at_head() {
    let scratch = Scratch::new();
    let (migrator, heard) = heard(migrator(&TWO));
    migrator.run(scratch.url()).await.unwrap();
    let up = [
        "run up 2 from []",
        "start up aaaa",
        "statement CREATE TABLE a (x)",
        "finish up aaaa",
        "start up bbbb",
        "statement CREATE TABLE b (x)",
        "finish up bbbb",
    ];
    assert_eq!(heard(), up);
    migrator.run(scratch.url()).await.unwrap();
    migrator.status(scratch.url()).await.unwrap();
    migrator.plan_down(scratch.url(), "base").await.unwrap();
    assert_eq!(heard(), [""; 0]);
    migrator.down(scratch.url(), "aaaa").await.unwrap();
    let down = [
        "run down 1 from [\"bbbb\"]",
        "start down bbbb",
        "statement DROP TABLE b",
        "finish down bbbb",
    ];
    assert_eq!(heard(), down);
}

#[tokio::test]
async fn no_step_is_finished_before_the_commit() {
    let scratch = Scratch::new();
    let (migrator, heard) = heard(migrator(&TWO).transaction(TransactionMode::All));
    migrator.run(scratch.url()).await.unwrap();
    let expected = [
        "run up 2 from []",
        "start up aaaa",
        "statement CREATE TABLE a (x)",
        "start up bbbb",
        "statement CREATE TABLE b (x)",
        "finish up aaaa",
        "finish up bbbb",
    ];
    assert_eq!(heard(), expected);
}

#[tokio::test]
async fn a_step_that_fails_is_not_finished() {
    let scratch = Scratch::new();
    let failing = "-- migrate:up\nCREATE TABLE b (x);\nDROP TABLE nowhere;\nSELECT 1;\n";
    let (migrator, heard) = heard(migrator(&[TWO[0], ("bbbb", failing)]));
    migrator.up(scratch.url(), "aaaa").await.unwrap();
    heard();
    migrator.run(scratch.url()).await.unwrap_err();
    let expected = ["run up 1 from [\"aaaa\"]", "start up bbbb", "statement CREATE TABLE b (x)"];
    assert_eq!(heard(), expected);
}

#[tokio::test]
async fn a_stamp_has_steps_and_no_statements() {
    let scratch = Scratch::new();
    let (migrator, heard) = heard(migrator(&TWO));
    migrator.stamp(scratch.url(), &["aaaa"]).await.unwrap();
    assert_eq!(heard(), ["run up 1 from []", "start up aaaa", "finish up aaaa"]);
}

#[tokio::test]
async fn a_refused_run_tells_nothing() {
    let scratch = Scratch::new();
    let (migrator, heard) = heard(migrator(&[TWO[0], ("bbbb", "-- migrate:up\nCOMMIT;\n")]));
    migrator.run(scratch.url()).await.unwrap_err();
    assert_eq!(heard(), [""; 0]);
}
