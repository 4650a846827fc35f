//! Others that hold the database: a run waits for them, but not longer than it may.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::common::{Scratch, TWO, assert_usable, migrator, number, send};
use migrate_runtime::sqlx::{ConnectOptions, SqliteConnection};
use migrate_runtime::{Error, ErrorKind, Event, Migrator};

const SHORT: Duration = Duration::from_millis(300);
const INSERT: &str = "-- migrate:up\nCREATE TABLE b (x);\nINSERT INTO b VALUES (1);\n";

/// The first of two revisions is applied; the second one inserts a row into a new table.
async fn half_way() -> (Scratch, Migrator) {
    let (scratch, migrator) = (Scratch::new(), migrator(&[TWO[0], ("bbbb", INSERT)]));
    migrator.up(scratch.url(), "aaaa").await.expect("nobody holds it yet");
    (scratch, migrator)
}

/// A connection on which SQLite itself waits that long.
async fn patient(scratch: &Scratch, busy_timeout: Duration) -> SqliteConnection {
    scratch.options().busy_timeout(busy_timeout).connect().await.expect("the file is there")
}

/// Lets go after a while.
fn release_later(mut holder: SqliteConnection, after: Duration) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        send(&mut holder, "ROLLBACK").await;
    })
}

/// Runs while a reader holds a read transaction for a second.
async fn assert_waits_for_a_reader(busy_timeout: Duration) {
    let (scratch, migrator) = half_way().await;
    let mut reader = scratch.connect().await;
    send(&mut reader, "BEGIN; SELECT count(*) FROM a").await;
    let mut connection = patient(&scratch, busy_timeout).await;
    let started = Instant::now();
    let reading = release_later(reader, Duration::from_secs(1));
    assert_eq!(migrator.run(&mut connection).await.unwrap().ids(), ["bbbb"]);
    assert!(started.elapsed() >= Duration::from_millis(950), "{:?}", started.elapsed());
    reading.await.unwrap();
    assert_eq!(number(&mut connection, "SELECT count(*) FROM b").await, 1);
    assert_usable(&mut connection).await;
}

#[tokio::test]
async fn a_reader_delays_the_commit_inside_of_sqlite() {
    assert_waits_for_a_reader(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_reader_delays_the_commit_and_the_revision_is_tried_again() {
    assert_waits_for_a_reader(Duration::ZERO).await;
}

#[tokio::test]
async fn waiting_is_told_with_a_growing_time() {
    let (scratch, migrator) = half_way().await;
    let mut writer = scratch.connect().await;
    send(&mut writer, "BEGIN IMMEDIATE").await;
    let writing = release_later(writer, SHORT);
    let waits = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&waits);
    let migrator = migrator.on_event(move |event| {
        if let Event::LockWait { waited, .. } = event {
            heard.lock().unwrap().push(*waited);
        }
    });
    let mut connection = patient(&scratch, Duration::ZERO).await;
    assert_eq!(migrator.run(&mut connection).await.unwrap().ids(), ["bbbb"]);
    writing.await.unwrap();
    let waits = waits.lock().unwrap();
    assert!(waits.len() >= 2 && waits.is_sorted(), "{waits:?}");
}

#[track_caller]
fn assert_lock_timeout(outcome: Result<impl std::fmt::Debug, Error>, started: Instant) {
    let (error, elapsed) = (outcome.unwrap_err(), started.elapsed());
    let ErrorKind::LockTimeout { waited, .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!(error.code(), "lock.timeout");
    assert!(error.report().is_empty());
    assert!(*waited <= elapsed && elapsed >= SHORT, "{waited:?} of {elapsed:?}");
    assert!(elapsed < SHORT * 3, "asked to wait {SHORT:?}, waited {elapsed:?}");
}

/// Runs while `hold` holds the database for good.
async fn assert_gives_up(hold: &'static str, busy_timeout: Duration) {
    let (scratch, migrator) = half_way().await;
    let migrator = migrator.lock_timeout(SHORT);
    let before = scratch.dump().await;
    let mut connection = patient(&scratch, busy_timeout).await;
    let mut holder = scratch.connect().await;
    send(&mut holder, hold).await;
    let started = Instant::now();
    assert_lock_timeout(migrator.run(&mut connection).await, started);
    send(&mut holder, "ROLLBACK").await;
    assert_eq!(scratch.dump().await, before);
    assert_usable(&mut connection).await;
    assert_eq!(migrator.run(&mut connection).await.unwrap().ids(), ["bbbb"]);
}

#[tokio::test]
async fn a_writer_that_never_lets_go() {
    assert_gives_up("BEGIN IMMEDIATE", Duration::ZERO).await;
}

#[tokio::test]
async fn a_writer_that_never_lets_go_of_a_more_patient_connection() {
    assert_gives_up("BEGIN IMMEDIATE", Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_reader_that_never_ends() {
    assert_gives_up("BEGIN; SELECT count(*) FROM a", Duration::ZERO).await;
}

#[tokio::test]
async fn a_writer_that_lets_nobody_read_and_never_lets_go() {
    assert_gives_up("BEGIN EXCLUSIVE", Duration::ZERO).await;
}

#[tokio::test]
async fn a_writer_that_lets_nobody_read_for_a_while() {
    let (scratch, migrator) = half_way().await;
    let mut writer = scratch.connect().await;
    send(&mut writer, "BEGIN EXCLUSIVE").await;
    let writing = release_later(writer, SHORT);
    let mut connection = patient(&scratch, Duration::ZERO).await;
    assert_eq!(migrator.run(&mut connection).await.unwrap().ids(), ["bbbb"]);
    writing.await.unwrap();
}

#[tokio::test]
async fn accepting_an_edit_waits_for_a_writer() {
    let (scratch, _) = half_way().await;
    let edited = migrator(&[("aaaa", "-- migrate:up\nCREATE TABLE a (x, y);\n")]);
    let mut writer = scratch.connect().await;
    send(&mut writer, "BEGIN IMMEDIATE").await;
    let writing = release_later(writer, SHORT);
    let mut connection = patient(&scratch, Duration::ZERO).await;
    assert!(edited.accept(&mut connection, "aaaa").await.unwrap().is_some());
    writing.await.unwrap();
    assert_usable(&mut connection).await;
}

#[tokio::test]
async fn a_run_at_head_takes_no_lock_and_needs_select_only() {
    let (scratch, migrator) = (Scratch::new(), migrator(&TWO).lock_timeout(Duration::ZERO));
    migrator.run(scratch.url()).await.unwrap();
    let mut connection = patient(&scratch, Duration::ZERO).await;
    send(&mut connection, "PRAGMA query_only = ON").await;
    let mut writer = scratch.connect().await;
    send(&mut writer, "BEGIN IMMEDIATE").await;
    assert!(migrator.run(&mut connection).await.unwrap().is_empty());
    assert!(migrator.run(scratch.url() + "?mode=ro").await.unwrap().is_empty());
}
