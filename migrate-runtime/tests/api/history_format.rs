//! History tables that a newer version has written: refused, whatever they look like.

use crate::common::{Scratch, TWO, migrator, send};
use migrate_runtime::{Error, ErrorKind};

#[track_caller]
fn assert_newer(error: &Error) {
    assert!(matches!(error.kind(), ErrorKind::HistoryVersion { found: 99, known: 1 }), "{error:?}");
    assert_eq!(error.code(), "history.version");
}

/// A database at the first of two revisions, changed by `sql` as a newer version might.
async fn newer(sql: &'static str) -> Scratch {
    let scratch = Scratch::new();
    migrator(&TWO).up(scratch.url(), "aaaa").await.unwrap();
    let mut connection = scratch.connect().await;
    send(&mut connection, "UPDATE _migrate_meta SET value = '99' WHERE key = 'format'").await;
    send(&mut connection, sql).await;
    scratch
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert_newer(&outcome.unwrap_err());
}

async fn assert_every_call_is_refused(sql: &'static str) {
    let (scratch, migrator) = (newer(sql).await, migrator(&TWO));
    let before = scratch.dump().await;
    refused(migrator.run(scratch.url()).await);
    refused(migrator.up(scratch.url(), "head").await);
    refused(migrator.down(scratch.url(), "base").await);
    refused(migrator.stamp(scratch.url(), &["head"]).await);
    refused(migrator.plan(scratch.url()).await);
    refused(migrator.status(scratch.url()).await);
    refused(migrator.current(scratch.url()).await);
    refused(migrator.accept(scratch.url(), "aaaa").await);
    assert_eq!(scratch.dump().await, before);
}

#[tokio::test]
async fn the_same_tables() {
    assert_every_call_is_refused("SELECT 1").await;
}

#[tokio::test]
async fn a_column_dropped() {
    assert_every_call_is_refused("ALTER TABLE _migrate_revisions DROP COLUMN checksum").await;
}

#[tokio::test]
async fn a_column_renamed() {
    assert_every_call_is_refused("ALTER TABLE _migrate_revisions RENAME COLUMN id TO name").await;
    assert_every_call_is_refused("ALTER TABLE _migrate_log RENAME COLUMN seq TO line").await;
}

#[tokio::test]
async fn a_table_dropped() {
    assert_every_call_is_refused("DROP TABLE _migrate_log").await;
    assert_every_call_is_refused("DROP TABLE _migrate_revisions").await;
}

#[tokio::test]
async fn no_source_is_read_from_them() {
    let scratch = newer("ALTER TABLE _migrate_revisions RENAME COLUMN source TO text").await;
    refused(migrator(&TWO).applied_source(scratch.url(), "aaaa").await);
}

#[tokio::test]
async fn broken_tables_of_this_format_are_no_newer_ones() {
    let scratch = Scratch::new();
    migrator(&TWO).run(scratch.url()).await.unwrap();
    send(&mut scratch.connect().await, "DROP TABLE _migrate_log").await;
    let error = migrator(&TWO).run(scratch.url()).await.unwrap_err();
    assert_eq!(error.code(), "database.error");
    assert_eq!(error.to_string(), "reading the history failed: no such table: main._migrate_log");
}
