//! A statement that runs longer than it may: it is ended and rolled back, and nothing that the
//! connection does afterwards is measured by the limit.

use std::time::Duration;

use crate::common::{Scratch, TWO, assert_usable, migrator, number, tables};
use migrate_model::Position;
use migrate_runtime::{ErrorKind, Event, TransactionMode};

/// Runs for minutes, where nothing ends it.
const ENDLESS: &str = "-- migrate:up\nCREATE TABLE c (x);\nINSERT INTO c\n\
    WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000)\n\
    SELECT max(x) FROM n;\n";
/// Runs for longer than the limit below.
const SOME_TIME: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n \
    WHERE x < 600000) SELECT max(x) FROM n";
const LIMIT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn it_is_rolled_back_and_told_with_its_place_and_the_limit() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let migrator = migrator(&[TWO[0], TWO[1], ("cccc", ENDLESS)]).statement_timeout(LIMIT);
    let error = migrator.run(&mut connection).await.unwrap_err();
    assert_eq!(error.code(), "revision.failed");
    assert_eq!(
        error.to_string(),
        "revision cccc failed at revisions/cccc.sql:8:1: the statement ran longer than 50ms, the \
         limit of its time"
    );
    assert!(error.hint().unwrap().contains("--statement-timeout"));
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!(failure.position, Some(Position { line: 8, column: 1 }));
    assert_eq!((failure.time_limit, failure.rolled_back.len()), (Some(LIMIT), 1));
    assert_eq!(error.report().ids(), ["aaaa", "bbbb"]);
    assert_eq!(tables(&mut connection).await, ["a", "b"]);
    assert!(error.is_connection_usable());
    assert_usable(&mut connection).await;
    assert_eq!(number(&mut connection, SOME_TIME).await, 600_000, "no limit is left behind");
}

/// A statement may be kept waiting by whatever else the machine does. But if the limit were the
/// whole run's, no run whose statements took longer than it could go well, however often it is
/// tried.
#[tokio::test]
async fn each_statement_has_the_whole_limit() {
    let script = format!("-- migrate:up\n{}", format!("{SOME_TIME};\n").repeat(4));
    let mut limit = LIMIT;
    for _ in 0..10 {
        let scratch = Scratch::new();
        let (tell, told) = std::sync::mpsc::channel();
        let migrator = migrator(&[("aaaa", &script)]).statement_timeout(limit);
        let migrator = migrator.on_event(move |event| {
            if let Event::StatementFinished { duration, .. } = event {
                tell.send(*duration).unwrap();
            }
        });
        let is_done = migrator.run(scratch.url()).await.is_ok();
        let took: Duration = told.try_iter().sum();
        match is_done {
            true if took > limit => return,
            true => limit = took / 2,
            false => limit *= 2,
        }
    }
    panic!("no run went well whose statements took longer than the limit together");
}

#[tokio::test]
async fn a_run_in_one_transaction_is_rolled_back_as_a_whole() {
    let scratch = Scratch::new();
    let all = migrator(&[TWO[0], ("cccc", ENDLESS)]).transaction(TransactionMode::All);
    let error = all.statement_timeout(LIMIT).run(scratch.url()).await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!((failure.id.as_str(), failure.rolled_back.len()), ("cccc", 2));
    assert_eq!(scratch.dump().await, [""; 0]);
}

#[tokio::test]
async fn zero_is_no_limit() {
    let scratch = Scratch::new();
    let script = format!("-- migrate:up\n{SOME_TIME};\n");
    let migrator = migrator(&[("aaaa", &script)]).statement_timeout(LIMIT);
    migrator.statement_timeout(Duration::ZERO).run(scratch.url()).await.unwrap();
}

#[tokio::test]
async fn a_run_that_was_dropped_leaves_no_limit_to_the_pool() {
    let scratch = Scratch::new();
    let pool = scratch.pool(1).await;
    let script = format!("-- migrate:up\n{SOME_TIME};\n");
    let migrator = migrator(&[("aaaa", &script)]).statement_timeout(LIMIT);
    let run = tokio::time::timeout(LIMIT / 5, migrator.run(&pool));
    assert!(run.await.is_err(), "it is dropped while the statement runs");
    tokio::time::sleep(LIMIT).await;
    let mut connection = pool.acquire().await.unwrap();
    assert_eq!(number(&mut connection, SOME_TIME).await, 600_000);
}
