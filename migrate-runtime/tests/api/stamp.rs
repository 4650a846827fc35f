//! Stamping: the history says what is applied, nothing runs.

use crate::common::{Scratch, TWO, migrator, tables, texts};
use migrate_model::revision::Direction;
use migrate_runtime::sqlx::SqliteConnection;
use migrate_runtime::{Migrator, Report};

fn three() -> Migrator {
    migrator(&[TWO[0], TWO[1], ("cccc", "-- migrate:up\nCREATE TABLE c (x);\n")])
}

async fn rows(connection: &mut SqliteConnection) -> Vec<String> {
    let sql = "SELECT id || ' ' || origin || ' ' || state FROM _migrate_revisions ORDER BY seq";
    texts(connection, sql).await
}

async fn log(connection: &mut SqliteConnection) -> Vec<String> {
    let sql = "SELECT action || ' ' || revision || ' ' || outcome FROM _migrate_log ORDER BY seq";
    texts(connection, sql).await
}

fn steps(report: &Report) -> Vec<(&str, Direction)> {
    report.steps.iter().map(|done| (done.step.id.as_str(), done.step.direction)).collect()
}

#[tokio::test]
async fn to_the_head() {
    let (scratch, migrator) = (Scratch::new(), three());
    let mut connection = scratch.connect().await;
    let report = migrator.stamp(&mut connection, &["head"]).await.unwrap();
    assert_eq!(report.ids(), ["aaaa", "bbbb", "cccc"]);
    assert_eq!((report.before, report.after), (vec![], vec!["cccc".to_owned()]));
    let expected = ["aaaa stamp applied", "bbbb stamp applied", "cccc stamp applied"];
    assert_eq!(rows(&mut connection).await, expected);
    assert_eq!(log(&mut connection).await, ["stamp aaaa ok", "stamp bbbb ok", "stamp cccc ok"]);
    assert_eq!(tables(&mut connection).await, [""; 0]);
    assert_eq!(migrator.verify(&mut connection).await.unwrap(), []);
    assert!(migrator.run(&mut connection).await.unwrap().is_empty());
}

#[tokio::test]
async fn to_a_middle_one_from_below_and_from_above() {
    let (scratch, migrator) = (Scratch::new(), three());
    let mut connection = scratch.connect().await;
    migrator.up(&mut connection, "aaaa").await.unwrap();
    let up = migrator.stamp(&mut connection, &["bbbb"]).await.unwrap();
    assert_eq!(steps(&up), [("bbbb", Direction::Up)]);
    assert_eq!(rows(&mut connection).await, ["aaaa run applied", "bbbb stamp applied"]);
    migrator.run(&mut connection).await.unwrap();
    let down = migrator.stamp(&mut connection, &["aaaa"]).await.unwrap();
    assert_eq!(steps(&down), [("cccc", Direction::Down), ("bbbb", Direction::Down)]);
    assert_eq!((down.before, down.after), (vec!["cccc".to_owned()], vec!["aaaa".to_owned()]));
    assert_eq!(rows(&mut connection).await, ["aaaa run applied"]);
    let expected = ["up aaaa ok", "stamp bbbb ok", "up cccc ok", "stamp cccc ok", "stamp bbbb ok"];
    assert_eq!(log(&mut connection).await, expected);
    assert_eq!(tables(&mut connection).await, ["a", "c"]);
}

#[tokio::test]
async fn to_the_base() {
    let (scratch, migrator) = (Scratch::new(), three());
    let mut connection = scratch.connect().await;
    migrator.run(&mut connection).await.unwrap();
    let report = migrator.stamp(&mut connection, &["base"]).await.unwrap();
    assert_eq!(report.ids(), ["cccc", "bbbb", "aaaa"]);
    assert_eq!(rows(&mut connection).await, [""; 0]);
    assert_eq!(migrator.current(&mut connection).await.unwrap(), [""; 0]);
    assert_eq!(tables(&mut connection).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_second_time_changes_nothing() {
    for target in ["head", "bbbb", "base"] {
        let (scratch, migrator) = (Scratch::new(), three());
        migrator.up(scratch.url(), "aaaa").await.unwrap();
        assert!(!migrator.stamp(scratch.url(), &[target]).await.unwrap().is_empty());
        let before = scratch.dump().await;
        assert!(migrator.stamp(scratch.url(), &[target]).await.unwrap().is_empty());
        assert_eq!(scratch.dump().await, before);
    }
}

#[tokio::test]
async fn a_name_that_is_unknown_changes_nothing() {
    let (scratch, migrator) = (Scratch::new(), three());
    migrator.run(scratch.url()).await.unwrap();
    let before = scratch.dump().await;
    let error = migrator.stamp(scratch.url(), &["aaaa", "nope"]).await.unwrap_err();
    assert_eq!(error.code(), "graph.unresolved");
    assert_eq!(scratch.dump().await, before);
}

/// Such a revision can't run, so it was run by hand: that is what a stamp is for.
#[tokio::test]
async fn a_revision_that_can_not_run() {
    for script in ["-- migrate:up transaction:false\nBEGIN;\n", "-- migrate:up\nCOMMIT;\n"] {
        let (scratch, migrator) = (Scratch::new(), migrator(&[TWO[0], ("bbbb", script)]));
        let report = migrator.stamp(scratch.url(), &["head"]).await.unwrap();
        assert_eq!(report.after, ["bbbb"]);
        let report = migrator.stamp(scratch.url(), &["base"]).await.unwrap();
        assert_eq!(report.ids(), ["bbbb", "aaaa"]);
    }
}
