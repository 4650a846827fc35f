//! A URL whose file is not there: what writes makes it, what reads never does.

use crate::common::{Scratch, TWO, migrator};
use migrate_runtime::{Error, Report};

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(scratch: &Scratch, outcome: Result<T, Error>) {
    assert_eq!(outcome.unwrap_err().code(), "database.unreachable");
    assert!(!scratch.file().exists());
}

#[track_caller]
fn assert_made(scratch: &Scratch, outcome: Result<Report, Error>) {
    assert_eq!(outcome.unwrap().ids(), ["aaaa", "bbbb"]);
    assert!(scratch.file().exists());
}

#[tokio::test]
async fn is_made_by_run_up_and_stamp() {
    let migrator = migrator(&TWO);
    let scratch = Scratch::new();
    assert_made(&scratch, migrator.run(scratch.url()).await);
    let scratch = Scratch::new();
    assert_made(&scratch, migrator.up(scratch.url(), "head").await);
    let scratch = Scratch::new();
    assert_made(&scratch, migrator.stamp(scratch.url(), &["head"]).await);
    let scratch = Scratch::new();
    assert_made(&scratch, migrator.run(scratch.url() + "?cache=private").await);
}

#[tokio::test]
async fn is_not_made_where_the_urls_mode_says_so() {
    let (scratch, migrator) = (Scratch::new(), migrator(&TWO));
    for mode in ["?mode=rw", "?mode=ro", "?cache=private&mode=rw"] {
        let url = scratch.url() + mode;
        assert_refused(&scratch, migrator.run(&url).await);
        assert_refused(&scratch, migrator.up(&url, "head").await);
        assert_refused(&scratch, migrator.stamp(&url, &["head"]).await);
    }
}

#[tokio::test]
async fn is_never_made_by_what_reads_or_takes_down() {
    let (scratch, migrator) = (Scratch::new(), migrator(&TWO));
    for mode in ["", "?mode=rw", "?mode=rwc"] {
        let url = scratch.url() + mode;
        assert_refused(&scratch, migrator.status(&url).await);
        assert_refused(&scratch, migrator.current(&url).await);
        assert_refused(&scratch, migrator.verify(&url).await);
        assert_refused(&scratch, migrator.pending(&url).await);
        assert_refused(&scratch, migrator.plan(&url).await);
        assert_refused(&scratch, migrator.plan_up(&url, "head").await);
        assert_refused(&scratch, migrator.plan_down(&url, "base").await);
        assert_refused(&scratch, migrator.down(&url, "base").await);
        assert_refused(&scratch, migrator.accept(&url, "aaaa").await);
        assert_refused(&scratch, migrator.applied_source(&url, "aaaa").await);
    }
}

#[tokio::test]
async fn an_empty_database_is_not_written_by_what_reads() {
    let (scratch, migrator) = (Scratch::new(), migrator(&TWO));
    let mut connection = scratch.connect().await;
    assert_eq!(migrator.status(&mut connection).await.unwrap().pending, ["aaaa", "bbbb"]);
    assert_eq!(migrator.plan(&mut connection).await.unwrap().steps.len(), 2);
    assert!(migrator.down(&mut connection, "base").await.unwrap().is_empty());
    assert!(migrator.stamp(&mut connection, &["base"]).await.unwrap().is_empty());
    let error = migrator.accept(&mut connection, "aaaa").await.unwrap_err();
    assert_eq!(error.code(), "graph.unresolved");
    assert_eq!(scratch.dump().await, [""; 0]);
}

#[tokio::test]
async fn an_empty_database_has_no_applied_source() {
    let (scratch, migrator) = (Scratch::new(), migrator(&TWO));
    let mut connection = scratch.connect().await;
    assert_eq!(migrator.applied_source(&mut connection, "aaaa").await.unwrap(), None);
}
