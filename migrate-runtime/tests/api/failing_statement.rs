//! A statement that fails: where it stands, what is rolled back, what stays.

use crate::common::{Scratch, TWO, assert_usable, migrator, tables, texts};
use migrate_model::Position;
use migrate_runtime::{Error, ErrorKind, Failure, Migrator};

/// The third revision fails in its second statement, at the second character of line 9.
const FAILING: &str = "-- migrate:up\nCREATE TABLE c (é);\n-- now this:\n /* é */\tINSERT INTO nowhere\n  VALUES (1);\nCREATE TABLE d (x);\n";

fn failing() -> Migrator {
    migrator(&[TWO[0], TWO[1], ("cccc", FAILING)])
}

#[track_caller]
fn failure(error: &Error) -> &Failure {
    match error.kind() {
        ErrorKind::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

fn ids<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn is_told_with_its_place_and_its_text() {
    let scratch = Scratch::new();
    let error = failing().run(scratch.url()).await.unwrap_err();
    let failure = failure(&error);
    assert_eq!((failure.id.as_str(), failure.file.as_str()), ("cccc", "revisions/cccc.sql"));
    assert_eq!(failure.position, Some(Position { line: 9, column: 10 }));
    assert_eq!(failure.statement.as_deref(), Some("INSERT INTO nowhere\n  VALUES (1)"));
    assert_eq!(ids(&failure.rolled_back), ["cccc"]);
    assert_eq!(error.code(), "revision.failed");
    let message = "revision cccc failed at revisions/cccc.sql:9:10: no such table: nowhere";
    assert_eq!(error.to_string(), message);
}

#[tokio::test]
async fn what_came_before_stays_and_is_reported() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let error = failing().run(&mut connection).await.unwrap_err();
    assert_eq!(error.report().ids(), ["aaaa", "bbbb"]);
    assert_eq!(error.report().before, [""; 0]);
    assert_eq!(tables(&mut connection).await, ["a", "b"]);
    assert_eq!(failing().current(&mut connection).await.unwrap(), ["bbbb"]);
    assert_usable(&mut connection).await;
}

#[tokio::test]
async fn is_logged() {
    let scratch = Scratch::new();
    failing().run(scratch.url()).await.unwrap_err();
    let log = "SELECT action || ' ' || revision || ' ' || outcome || ' ' || \
               coalesce(error_code, '-') FROM _migrate_log ORDER BY seq";
    assert_eq!(
        texts(&mut scratch.connect().await, log).await,
        ["up aaaa ok -", "up bbbb ok -", "up cccc failed revision.failed"]
    );
}

#[tokio::test]
async fn a_run_after_the_correction_goes_on() {
    let scratch = Scratch::new();
    failing().run(scratch.url()).await.unwrap_err();
    let corrected = FAILING.replace("nowhere", "b");
    let corrected = migrator(&[TWO[0], TWO[1], ("cccc", &corrected)]);
    assert_eq!(corrected.run(scratch.url()).await.unwrap().ids(), ["cccc"]);
    assert_eq!(tables(&mut scratch.connect().await).await, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_first_revision_that_fails_leaves_nothing_at_all() {
    let scratch = Scratch::new();
    let error = migrator(&[("aaaa", FAILING)]).run(scratch.url()).await.unwrap_err();
    assert_eq!(ids(&failure(&error).rolled_back), ["aaaa"]);
    assert_eq!(scratch.dump().await, [""; 0]);
}

#[tokio::test]
async fn a_way_down_that_fails_leaves_the_revision_applied() {
    let scratch = Scratch::new();
    let script =
        "-- migrate:up\nCREATE TABLE c (x);\n-- migrate:down\nDROP TABLE c;\nDROP TABLE c;";
    let migrator = migrator(&[TWO[0], ("cccc", script)]);
    let mut connection = scratch.connect().await;
    migrator.run(&mut connection).await.unwrap();
    let error = migrator.down(&mut connection, "base").await.unwrap_err();
    assert_eq!(failure(&error).position, Some(Position { line: 10, column: 1 }));
    assert!(error.report().is_empty());
    assert_eq!(tables(&mut connection).await, ["a", "c"]);
    assert_eq!(migrator.current(&mut connection).await.unwrap(), ["cccc"]);
    assert_usable(&mut connection).await;
}

#[tokio::test]
async fn a_constraint_that_fails_at_the_commit_has_no_place() {
    let scratch = Scratch::new();
    let script = "-- migrate:up\nCREATE TABLE p (id PRIMARY KEY);\n\
                  CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED);\n\
                  INSERT INTO c VALUES (1);\n";
    let migrator = migrator(&[TWO[0], ("cccc", script)]);
    let mut connection = scratch.connect().await;
    let error = migrator.run(&mut connection).await.unwrap_err();
    let failure = failure(&error);
    assert_eq!((failure.position, failure.statement.as_deref()), (None, None));
    assert_eq!(ids(&failure.rolled_back), ["cccc"]);
    assert_eq!(error.to_string(), "revision cccc failed: FOREIGN KEY constraint failed");
    assert_eq!(tables(&mut connection).await, ["a"]);
    assert_usable(&mut connection).await;
}
