//! `TransactionMode::All`: the whole run, or nothing of it.

use crate::common::{Scratch, TWO, assert_usable, migrator, number, tables};
use migrate_model::{Position, RevisionId};
use migrate_runtime::{ErrorKind, Migrator, TransactionMode};

fn all_of_three(third: &str) -> Migrator {
    migrator(&[TWO[0], TWO[1], ("cccc", third)]).transaction(TransactionMode::All)
}

const GOOD: &str = "-- migrate:up\nCREATE TABLE c (x);\n-- migrate:down\nDROP TABLE c;\n";
const BAD: &str = "-- migrate:up\nCREATE TABLE c (x);\nINSERT INTO nowhere VALUES (1);\n";

#[tokio::test]
async fn a_failure_in_the_third_leaves_nothing() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let error = all_of_three(BAD).run(&mut connection).await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    let rolled_back: Vec<&str> = failure.rolled_back.iter().map(RevisionId::as_str).collect();
    assert_eq!(rolled_back, ["aaaa", "bbbb", "cccc"]);
    assert_eq!(failure.position, Some(Position { line: 8, column: 1 }));
    assert!(error.report().is_empty());
    assert_eq!(crate::common::dump(&mut connection).await, [""; 0]);
    assert_usable(&mut connection).await;
}

#[tokio::test]
async fn a_failure_leaves_what_earlier_runs_did() {
    let scratch = Scratch::new();
    all_of_three(BAD).up(scratch.url(), "aaaa").await.unwrap();
    let error = all_of_three(BAD).run(scratch.url()).await.unwrap_err();
    assert!(error.report().is_empty());
    let mut connection = scratch.connect().await;
    assert_eq!(tables(&mut connection).await, ["a"]);
    assert_eq!(all_of_three(BAD).current(&mut connection).await.unwrap(), ["aaaa"]);
    let failed = "SELECT count(*) FROM _migrate_log WHERE outcome = 'failed'";
    assert_eq!(number(&mut connection, failed).await, 1);
}

#[tokio::test]
async fn success_commits_all_and_all_goes_down() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let migrator = all_of_three(GOOD);
    let up = migrator.run(&mut connection).await.unwrap();
    assert_eq!(up.ids(), ["aaaa", "bbbb", "cccc"]);
    assert_eq!(tables(&mut scratch.connect().await).await, ["a", "b", "c"]);
    let down = migrator.down(&mut connection, "base").await.unwrap();
    assert_eq!(down.ids(), ["cccc", "bbbb", "aaaa"]);
    assert_eq!(tables(&mut scratch.connect().await).await, [""; 0]);
    assert_usable(&mut connection).await;
}
