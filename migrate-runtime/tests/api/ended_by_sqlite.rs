//! Statements at which SQLite itself ends the transaction: sqlx must not go on counting it.

use crate::common::{Scratch, TWO, assert_usable, migrator, migrator_of_files, tables, text};
use migrate_model::RevisionId;
use migrate_runtime::{ErrorKind, TransactionMode};

/// One revision before, and this one: it fails, and the connection is as good as new.
async fn assert_rolled_back_and_usable(script: &str, mode: TransactionMode, message: &str) {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    migrator(&TWO[..1]).run(&mut connection).await.unwrap();
    let failing = migrator(&[TWO[0], TWO[1], ("cccc", script)]).transaction(mode);
    let error = failing.run(&mut connection).await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    let rolled_back: Vec<&str> = failure.rolled_back.iter().map(RevisionId::as_str).collect();
    let (gone, left) = match mode {
        TransactionMode::Each => (vec!["cccc"], vec!["a", "b"]),
        TransactionMode::All => (vec!["bbbb", "cccc"], vec!["a"]),
    };
    assert_eq!((rolled_back, failure.position.unwrap().line), (gone, 9));
    assert_eq!(
        error.to_string(),
        format!("revision cccc failed at revisions/cccc.sql:9:1: {message}")
    );
    assert_eq!(tables(&mut connection).await, left);
    assert_usable(&mut connection).await;
    let third = ("cccc", "-- migrate:up\nCREATE TABLE c (x);\n");
    let corrected = migrator(&[TWO[0], TWO[1], third]).transaction(mode);
    assert_eq!(corrected.run(&mut connection).await.unwrap().after, ["cccc"]);
    assert_eq!(tables(&mut scratch.connect().await).await, ["a", "b", "c"]);
    assert_usable(&mut connection).await;
}

const OR_ROLLBACK: &str = "-- migrate:up\nCREATE TABLE c (x UNIQUE);\nINSERT INTO c VALUES (1);\n\
                           INSERT OR ROLLBACK INTO c VALUES (1);\nSELECT 1;\n";
const IN_THE_TABLE: &str = "-- migrate:up\nCREATE TABLE c (x UNIQUE ON CONFLICT ROLLBACK);\n\
                            INSERT INTO c VALUES (1);\nINSERT INTO c VALUES (1);\nSELECT 1;\n";
const RAISE: &str = "-- migrate:up\nCREATE TABLE c (x);\nCREATE TRIGGER t AFTER INSERT ON c \
                     BEGIN SELECT RAISE(ROLLBACK, 'no rows here'); END;\nINSERT INTO c VALUES (1);\n";

#[tokio::test]
async fn insert_or_rollback() {
    let message = "UNIQUE constraint failed: c.x";
    assert_rolled_back_and_usable(OR_ROLLBACK, TransactionMode::Each, message).await;
    assert_rolled_back_and_usable(OR_ROLLBACK, TransactionMode::All, message).await;
}

#[tokio::test]
async fn on_conflict_rollback() {
    let message = "UNIQUE constraint failed: c.x";
    assert_rolled_back_and_usable(IN_THE_TABLE, TransactionMode::Each, message).await;
    assert_rolled_back_and_usable(IN_THE_TABLE, TransactionMode::All, message).await;
}

#[tokio::test]
async fn raise_rollback() {
    assert_rolled_back_and_usable(RAISE, TransactionMode::Each, "no rows here").await;
    assert_rolled_back_and_usable(RAISE, TransactionMode::All, "no rows here").await;
}

#[tokio::test]
async fn a_pool_of_one_goes_on_after_it() {
    let scratch = Scratch::new();
    let pool = scratch.pool(1).await;
    let failing = migrator_of_files(&[("cccc", text("cccc", "base", RAISE).into_bytes())]);
    failing.run(&pool).await.unwrap_err();
    assert_usable(&mut pool.acquire().await.unwrap()).await;
    assert_eq!(migrator(&TWO).run(&pool).await.unwrap().ids(), ["aaaa", "bbbb"]);
}

/// The trigger hits the history's own row: the failure is in the bookkeeping.
#[tokio::test]
async fn a_trigger_on_the_history_itself() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    migrator(&TWO[..1]).run(&mut connection).await.unwrap();
    let trigger = "CREATE TRIGGER t BEFORE INSERT ON _migrate_revisions \
                   BEGIN SELECT RAISE(ROLLBACK, 'not here'); END";
    crate::common::send(&mut connection, trigger).await;
    let error = migrator(&TWO).run(&mut connection).await.unwrap_err();
    assert_eq!(error.to_string(), "revision bbbb failed: not here");
    assert_eq!(tables(&mut connection).await, ["a"]);
    assert_usable(&mut connection).await;
}
