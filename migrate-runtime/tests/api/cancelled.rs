//! A run whose future is dropped half-way: nothing of the revision is left, and the connection is
//! as good as new.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::common::{Scratch, TWO, assert_usable, migrator, tables, texts};
use migrate_runtime::{Migrator, TransactionMode};

/// Takes about a second; then its rows are in the table.
const SLOW: &str = "-- migrate:up\nCREATE TABLE b (x);\nINSERT INTO b WITH RECURSIVE n (i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i FROM n WHERE i % 1000 = 0;\n";

fn slow() -> Migrator {
    migrator(&[TWO[0], ("bbbb", SLOW)])
}

/// Drops the future while the slow statement runs.
async fn cancel<T: std::fmt::Debug>(run: impl Future<Output = T>) {
    tokio::time::timeout(Duration::from_millis(100), run).await.expect_err("it is slower");
}

#[tokio::test]
async fn on_a_borrowed_connection() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    cancel(slow().run(&mut connection)).await;
    assert_usable(&mut connection).await;
    assert_eq!(tables(&mut connection).await, ["a"]);
    assert_eq!(slow().current(&mut connection).await.unwrap(), ["aaaa"]);
    assert_eq!(slow().run(&mut connection).await.unwrap().ids(), ["bbbb"]);
}

#[tokio::test]
async fn on_a_pool_of_one() {
    let scratch = Scratch::new();
    let pool = scratch.pool(1).await;
    cancel(slow().run(&pool)).await;
    assert_usable(&mut pool.acquire().await.unwrap()).await;
    assert_eq!(tables(&mut pool.acquire().await.unwrap()).await, ["a"]);
    assert_eq!(slow().run(&pool).await.unwrap().ids(), ["bbbb"]);
}

#[tokio::test]
async fn on_a_connection_of_a_pool() {
    let scratch = Scratch::new();
    let pool = scratch.pool(1).await;
    let mut connection = pool.acquire().await.unwrap();
    cancel(slow().run(&mut connection)).await;
    assert_usable(&mut connection).await;
    assert_eq!(slow().run(&mut connection).await.unwrap().ids(), ["bbbb"]);
}

#[tokio::test]
async fn on_a_url() {
    let scratch = Scratch::new();
    cancel(slow().run(scratch.url())).await;
    let mut connection = scratch.connect().await;
    assert_eq!(slow().run(&mut connection).await.unwrap().ids(), ["bbbb"]);
    assert_eq!(tables(&mut connection).await, ["a", "b"]);
}

#[tokio::test]
async fn with_the_whole_run_as_one_transaction() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let all = slow().transaction(TransactionMode::All);
    cancel(all.run(&mut connection)).await;
    assert_usable(&mut connection).await;
    assert_eq!(crate::common::dump(&mut connection).await, [""; 0]);
    assert_eq!(all.run(&mut connection).await.unwrap().ids(), ["aaaa", "bbbb"]);
}

#[tokio::test]
async fn while_a_statement_runs_at_which_sqlite_ends_the_transaction() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let violating = SLOW.replace("(x)", "(x UNIQUE)").replace("INSERT", "INSERT OR ROLLBACK");
    let violating = violating.replace("SELECT i FROM n", "SELECT min(i, 999000) FROM n");
    cancel(migrator(&[TWO[0], ("bbbb", &violating)]).run(&mut connection)).await;
    assert_usable(&mut connection).await;
    assert_eq!(tables(&mut connection).await, ["a"]);
    assert_eq!(slow().run(&mut connection).await.unwrap().ids(), ["bbbb"]);
}

/// Drops the future when it has been polled that often; whether it came to its end.
async fn polled(run: impl Future, times: usize) -> bool {
    let (mut run, mut left) = (pin!(run), times);
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        run.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// Drops a run at every await in turn: the tables and the history never disagree.
async fn assert_can_be_dropped_anywhere(migrator: &Migrator, possible: &[&str]) {
    let mut times = 1;
    loop {
        let scratch = Scratch::new();
        let mut connection = scratch.connect().await;
        let ended = polled(migrator.run(&mut connection), times).await;
        assert_usable(&mut connection).await;
        let tables = tables(&mut connection).await.join(" ");
        assert!(possible.contains(&tables.as_str()), "{tables} after {times} polls");
        let ids = match tables.is_empty() {
            true => vec![],
            false => {
                texts(&mut connection, "SELECT substr(id, 1, 1) FROM _migrate_revisions").await
            }
        };
        assert_eq!(ids.join(" "), tables, "after {times} polls");
        if ended {
            // How often a run has to wait depends on how fast the database's thread answers.
            return assert!(times > 1, "the run was never dropped half-way");
        }
        assert_eq!(
            crate::common::migrator(&TWO).run(&mut connection).await.unwrap().after,
            ["bbbb"]
        );
        times += 1;
    }
}

#[tokio::test]
async fn at_any_await() {
    assert_can_be_dropped_anywhere(&migrator(&TWO), &["", "a", "a b"]).await;
}

#[tokio::test]
async fn at_any_await_of_the_whole_run_as_one_transaction() {
    let all = migrator(&TWO).transaction(TransactionMode::All);
    assert_can_be_dropped_anywhere(&all, &["", "a b"]).await;
}

#[tokio::test]
async fn at_any_await_of_a_run_that_fails() {
    let failing = "-- migrate:up\nCREATE TABLE c (x);\nINSERT INTO nowhere VALUES (1);\n";
    let failing = migrator(&[TWO[0], ("cccc", failing)]);
    assert_can_be_dropped_anywhere(&failing, &["", "a"]).await;
}

#[tokio::test]
async fn at_any_await_of_a_run_whose_transaction_sqlite_ends() {
    let failing = "-- migrate:up\nCREATE TABLE c (x UNIQUE ON CONFLICT ROLLBACK);\n\
                   INSERT INTO c VALUES (1), (1);\n";
    let failing = migrator(&[TWO[0], ("cccc", failing)]);
    assert_can_be_dropped_anywhere(&failing, &["", "a"]).await;
}
