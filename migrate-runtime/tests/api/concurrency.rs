//! Several writers at once: each revision is applied exactly once, and all of them succeed.

use std::time::Duration;

use crate::common::{Scratch, TWO, migrator, send, tables, texts};
use migrate_runtime::sqlx::Sqlite;
use migrate_runtime::sqlx::pool::PoolConnection;
use migrate_runtime::sqlx::sqlite::SqlitePoolOptions;
use migrate_runtime::{ErrorKind, Event, Migrator, Report};

/// Ids from `r00`; each inserts its number into a table that takes it as often as it comes.
fn twenty() -> Migrator {
    let scripts: Vec<(String, String)> = (0..20)
        .map(|at| {
            let table = if at == 0 { "CREATE TABLE t (x);\n" } else { "" };
            let script = format!("-- migrate:up\n{table}INSERT INTO t VALUES ('r{at:02}');\n");
            (format!("r{at:02}"), script)
        })
        .collect();
    let scripts: Vec<_> = scripts.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    migrator(&scripts).lock_timeout(Duration::from_secs(50))
}

async fn eight_at_once(scratch: &Scratch) -> Vec<Report> {
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let mut connection = scratch.connect().await;
        tasks.push(tokio::spawn(async move { twenty().run(&mut connection).await }));
    }
    let mut reports = Vec::new();
    for task in tasks {
        reports.push(task.await.expect("no task panics").expect("every run succeeds"));
    }
    reports
}

async fn assert_each_is_applied_once(journal_mode: &'static str) {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    let sql =
        if journal_mode == "wal" { "PRAGMA journal_mode = WAL" } else { "PRAGMA journal_mode" };
    assert_eq!(texts(&mut connection, sql).await, [journal_mode]);
    let reports = eight_at_once(&scratch).await;

    let expected: Vec<String> = (0..20).map(|at| format!("r{at:02}")).collect();
    assert_eq!(texts(&mut connection, "SELECT x FROM t ORDER BY rowid").await, expected);
    let history = "SELECT id FROM _migrate_revisions ORDER BY seq";
    assert_eq!(texts(&mut connection, history).await, expected);
    let log =
        "SELECT revision FROM _migrate_log WHERE action = 'up' AND outcome = 'ok' ORDER BY seq";
    assert_eq!(texts(&mut connection, log).await, expected);
    assert_eq!(
        texts(&mut connection, "SELECT outcome FROM _migrate_log WHERE outcome <> 'ok'").await,
        [""; 0]
    );
    let mut done: Vec<&str> = reports.iter().flat_map(Report::ids).collect();
    done.sort_unstable();
    assert_eq!(done, expected);
    assert!(reports.iter().all(|report| report.after == ["r19"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_a_rollback_journal() {
    assert_each_is_applied_once("delete").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_a_write_ahead_log() {
    assert_each_is_applied_once("wal").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn by_url() {
    let scratch = Scratch::new();
    let run = |url: String| tokio::spawn(async move { twenty().run(url).await });
    let tasks: Vec<_> = (0..8).map(|_| run(scratch.url())).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().after, ["r19"]);
    }
    let rows = texts(&mut scratch.connect().await, "SELECT x FROM t").await;
    assert_eq!((rows.len(), rows.first().unwrap().as_str()), (20, "r00"));
}

/// The first start of an application in several places: the history tables appear while others
/// look for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_databases_that_are_new() {
    for _ in 0..20 {
        let scratch = Scratch::new();
        let mut connection = scratch.connect().await;
        send(&mut connection, "PRAGMA journal_mode = WAL").await;
        for report in eight_at_once(&scratch).await {
            assert_eq!(report.after, ["r19"]);
        }
        assert_eq!(texts(&mut connection, "SELECT x FROM t").await.len(), 20);
    }
}

/// A migrator of `TWO` that lets `other` go up to `target` between its plan and its first step.
fn overtaken(scratch: &Scratch, other: &'static Migrator, target: &'static str) -> Migrator {
    let url = scratch.url();
    migrator(&TWO).on_event(move |event| {
        if let Event::RunStarted { steps: 2, .. } = event {
            let url = url.clone();
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(other.up(url, target)).unwrap();
            });
            thread.join().unwrap();
        }
    })
}

fn leaked(migrator: Migrator) -> &'static Migrator {
    Box::leak(Box::new(migrator))
}

#[tokio::test]
async fn what_another_has_done_since_the_plan_is_not_done_again() {
    for (target, done) in [("aaaa", vec!["bbbb"]), ("bbbb", vec![])] {
        let scratch = Scratch::new();
        let migrator = overtaken(&scratch, leaked(migrator(&TWO)), target);
        let report = migrator.run(scratch.url()).await.unwrap();
        assert_eq!(report.ids(), done);
        assert_eq!(report.after, ["bbbb"]);
        assert_eq!(tables(&mut scratch.connect().await).await, ["a", "b"]);
    }
}

#[tokio::test]
async fn what_another_has_done_differently_is_refused() {
    let scratch = Scratch::new();
    let edited = leaked(migrator(&[("aaaa", "-- migrate:up\nCREATE TABLE edited (x);\n")]));
    let error = overtaken(&scratch, edited, "aaaa").run(scratch.url()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Edited(edited) if edited.len() == 1), "{error:?}");
    assert!(error.report().is_empty());
    assert_eq!(tables(&mut scratch.connect().await).await, ["edited"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory_with_a_shared_cache() {
    let options = SqlitePoolOptions::new().max_connections(8);
    let pool = options.connect("sqlite::memory:").await.unwrap();
    // Opening one beside a writer fails in SQLite itself, so all are opened before.
    let mut connections = Vec::new();
    for _ in 0..8 {
        connections.push(pool.acquire().await.unwrap());
    }
    let run = |mut connection: PoolConnection<Sqlite>| {
        tokio::spawn(async move { twenty().run(&mut connection).await })
    };
    let tasks: Vec<_> = connections.into_iter().map(run).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().after, ["r19"]);
    }
    let rows = texts(&mut pool.acquire().await.unwrap(), "SELECT x FROM t").await;
    assert_eq!((rows.len(), rows.first().unwrap().as_str()), (20, "r00"));
}
