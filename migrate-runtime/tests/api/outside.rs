//! `transaction:false`: statements that run one by one under a lease. The connection is left as it
//! was found, whatever becomes of the run, and a run that is dropped goes on where it stopped.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use crate::common::{Scratch, TWO, assert_usable, migrator, number, send, tables, texts};
use migrate_runtime::sqlx::SqliteConnection;
use migrate_runtime::{ErrorKind, Event, Migrator, OnUnknown, PartWay, TransactionMode};

/// Changes the connection in every way, and does not put it back.
const CAREFREE: &str = "-- migrate:up transaction:false\n\
    PRAGMA foreign_keys = OFF;\n\
    PRAGMA main.synchronous = OFF;\n\
    PRAGMA recursive_triggers(1);\n\
    PRAGMA recursive_triggers = ON;\n\
    ATTACH ':memory:' AS other;\n\
    PRAGMA other.cache_size = 7;\n\
    CREATE TEMP TABLE t (x);\n\
    CREATE TEMP VIEW v AS SELECT * FROM t;\n\
    CREATE TABLE ran (x);\n\
    INSERT INTO ran VALUES (1);\n\
    INSERT INTO ran VALUES (2);\n\
    VACUUM;\n";

/// The same, and then a statement that fails.
fn failing() -> String {
    format!("{CAREFREE}INSERT INTO nowhere VALUES (3);\n")
}

/// What the connection has for itself.
async fn session(connection: &mut SqliteConnection) -> Vec<String> {
    let sql = "SELECT foreign_keys FROM pragma_foreign_keys \
        UNION ALL SELECT synchronous FROM pragma_synchronous \
        UNION ALL SELECT recursive_triggers FROM pragma_recursive_triggers \
        UNION ALL SELECT timeout FROM pragma_busy_timeout";
    let sql = format!("SELECT CAST(foreign_keys AS TEXT) FROM ({sql})");
    let settings = migrate_runtime::sqlx::query_scalar(migrate_runtime::sqlx::AssertSqlSafe(sql));
    let mut session: Vec<String> = settings.fetch_all(&mut *connection).await.unwrap();
    session.extend(texts(connection, "SELECT name FROM pragma_database_list").await);
    session.extend(texts(connection, "SELECT name FROM sqlite_temp_master").await);
    session
}

/// Fails if somebody has the lease.
async fn assert_lease_is_free(connection: &mut SqliteConnection) {
    let held = "SELECT count(*) FROM _migrate_meta WHERE key = 'lease' AND value <> ''";
    assert_eq!(number(connection, held).await, 0);
}

#[tokio::test]
async fn the_connection_is_left_as_it_was_found() {
    for script in [CAREFREE, &failing()] {
        let scratch = Scratch::new();
        let mut connection = scratch.connect().await;
        let found = session(&mut connection).await;
        let run = migrator(&[("aaaa", script)]).run(&mut connection).await;
        assert_eq!(run.is_ok(), script == CAREFREE);
        let left: Vec<String> = session(&mut connection).await;
        // SQLite opens the database of temporary objects, and never closes it.
        assert_eq!(
            left.iter().filter(|it| *it != "temp").collect::<Vec<_>>(),
            found.iter().collect::<Vec<_>>()
        );
        assert_lease_is_free(&mut connection).await;
        assert_usable(&mut connection).await;
    }
}

#[tokio::test]
async fn what_fails_is_told_with_how_far_it_is_and_goes_on() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let error = migrator(&[("aaaa", &failing())]).run(&mut connection).await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!(failure.part_way, Some(PartWay { done: 12, total: 13 }));
    assert_eq!(failure.position.unwrap().line, 19);
    assert!(error.is_connection_usable());
    let mended = migrator(&[("aaaa", &failing().replace("nowhere", "ran"))]);
    let partial = mended.status(&mut connection).await.unwrap().partial;
    assert_eq!((partial[0].done, partial[0].goes_on), (12, true));
    // On the same connection, where what is temporary is made anew.
    assert_eq!(mended.run(&mut connection).await.unwrap().ids(), ["aaaa"]);
    let ran = texts(&mut connection, "SELECT CAST(x AS TEXT) FROM ran ORDER BY x").await;
    assert_eq!(ran, ["1", "2", "3"]);
    assert!(mended.verify(&mut connection).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_left_of_a_first_statement_that_fails() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let script = "-- migrate:up transaction:false\nINSERT INTO nowhere VALUES (3);\nSELECT 1;\n";
    let error = migrator(&[("aaaa", script)]).run(&mut connection).await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!(failure.rolled_back.len(), 1);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM _migrate_revisions").await, 0);
    assert_lease_is_free(&mut connection).await;
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

/// Drops a run at every await in turn. The next one goes on at once, and each row is there once.
async fn assert_can_be_dropped_anywhere(first: &Migrator) {
    let whole = migrator(&[TWO[0], ("cccc", CAREFREE), TWO[1]]);
    let mut times = 1;
    loop {
        let scratch = Scratch::new();
        let mut connection = scratch.connect().await;
        let found = session(&mut connection).await;
        let ended = polled(first.run(&mut connection), times).await;
        let left = session(&mut connection).await;
        let left: Vec<&String> = left.iter().filter(|it| *it != "temp").collect();
        assert_eq!(left, found.iter().collect::<Vec<_>>(), "after {times} polls");
        assert_usable(&mut connection).await;
        let whole = whole.clone().lock_timeout(Duration::ZERO);
        assert_eq!(whole.run(&mut connection).await.unwrap().after, ["bbbb"]);
        let ran = texts(&mut connection, "SELECT CAST(x AS TEXT) FROM ran ORDER BY x").await;
        assert_eq!(ran, ["1", "2"], "after {times} polls");
        assert_lease_is_free(&mut connection).await;
        if ended {
            return assert!(times > 20, "the run was never dropped half-way");
        }
        times += 1;
    }
}

#[tokio::test]
async fn it_can_be_dropped_at_any_await() {
    assert_can_be_dropped_anywhere(&migrator(&[TWO[0], ("cccc", CAREFREE), TWO[1]])).await;
}

#[tokio::test]
async fn it_can_be_dropped_at_any_await_while_it_fails() {
    assert_can_be_dropped_anywhere(&migrator(&[TWO[0], ("cccc", &failing())])).await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_and_the_rest_goes_on() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let slow = "INSERT INTO ran WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n \
                WHERE x < 1000000000) SELECT max(x) FROM n;\n";
    let script = format!("-- migrate:up transaction:false\nCREATE TABLE ran (x);\n{slow}");
    let run = migrator(&[("aaaa", &script)]).statement_timeout(Duration::from_millis(50));
    let error = run.run(&mut connection).await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!(failure.part_way, Some(PartWay { done: 1, total: 2 }));
    assert_eq!(failure.time_limit, Some(Duration::from_millis(50)));
    let mended = migrator(&[("aaaa", &script.replace("1000000000", "10"))]);
    assert_eq!(mended.run(&mut connection).await.unwrap().ids(), ["aaaa"]);
    assert_eq!(number(&mut connection, "SELECT sum(x) FROM ran").await, 10);
}

#[tokio::test]
async fn a_run_that_shall_stop_stops_between_two_statements() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let run = migrator(&[TWO[0], ("cccc", CAREFREE)]).stop_when(Arc::clone(&stop));
    let run = run.on_event(move |event| {
        if let Event::StatementFinished { statement, .. } = event {
            stopped.store(statement.starts_with("CREATE TABLE ran"), Ordering::Relaxed);
        }
    });
    let error = run.run(&mut connection).await.unwrap_err();
    let ErrorKind::Stopped { part_way, .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!(*part_way, PartWay { done: 9, total: 12 });
    assert_lease_is_free(&mut connection).await;
    stop.store(false, Ordering::Relaxed);
    assert_eq!(run.run(&mut connection).await.unwrap().ids(), ["cccc"]);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM ran").await, 2);
}

#[tokio::test]
async fn whoever_takes_the_lease_away_ends_the_run() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let script = "-- migrate:up transaction:false\nCREATE TABLE ran (x);\n\
                  UPDATE _migrate_meta SET value = '' WHERE key = 'lease';\n\
                  INSERT INTO ran VALUES (1);\n";
    let error = migrator(&[("aaaa", script)]).run(&mut connection).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LeaseLost), "{error:?}");
    assert_eq!(number(&mut connection, "SELECT done FROM _migrate_revisions").await, 2);
    migrator(&[("aaaa", script)]).run(&mut connection).await.unwrap();
    assert_eq!(number(&mut connection, "SELECT count(*) FROM ran").await, 1);
}

#[tokio::test]
async fn a_check_that_finds_faults_fails() {
    let script = "-- migrate:up transaction:false\n\
        CREATE TABLE parent (id INTEGER PRIMARY KEY);\n\
        CREATE TABLE child (parent INTEGER REFERENCES parent);\n\
        PRAGMA foreign_keys = OFF;\n\
        INSERT INTO child VALUES (7);\n\
        PRAGMA integrity_check;\n\
        PRAGMA foreign_key_check;\n\
        PRAGMA foreign_keys = ON;\n";
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let migrator = migrator(&[("aaaa", script)]);
    let error = migrator.run(&mut connection).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "revision aaaa failed at revisions/aaaa.sql:12:1: foreign_key_check has found faults: \
         row 1 of child refers to nothing in parent"
    );
    send(&mut connection, "INSERT INTO parent VALUES (7)").await;
    assert_eq!(migrator.run(&mut connection).await.unwrap().ids(), ["aaaa"]);
}

#[tokio::test]
async fn what_is_stored_goes_down_one_by_one_too() {
    let down = "-- migrate:down transaction:false\nPRAGMA foreign_keys = OFF;\n\
                DROP TABLE a;\nDROP TABLE b;\n";
    let up = "-- migrate:up\nCREATE TABLE a (x);\nCREATE TABLE b (x);\n";
    let with_file = migrator(&[("aaaa", &format!("{up}{down}"))]);
    let without = migrator(&[]).on_unknown(OnUnknown::RollBack);
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    with_file.run(&mut connection).await.unwrap();
    assert_eq!(without.run(&mut connection).await.unwrap().ids(), ["aaaa"]);
    assert!(tables(&mut connection).await.is_empty());
    assert_eq!(number(&mut connection, "SELECT * FROM pragma_foreign_keys").await, 1);

    with_file.run(&mut connection).await.unwrap();
    let all = without.clone().transaction(TransactionMode::All);
    assert_eq!(all.run(&mut connection).await.unwrap_err().code(), "script.transaction_false");
    send(&mut connection, "ALTER TABLE b RENAME TO c").await;
    let error = without.run(&mut connection).await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!(failure.part_way, Some(PartWay { done: 2, total: 3 }));
    // It goes on where it stopped, which is where it fails again.
    assert_eq!(without.run(&mut connection).await.unwrap_err().code(), "revision.failed");
    send(&mut connection, "ALTER TABLE c RENAME TO b").await;
    without.run(&mut connection).await.unwrap();
    assert!(tables(&mut connection).await.is_empty());
}
