//! `lock = "transaction"` without a pooler: each revision's transaction has the lock, and nothing
//! of it is left behind.

use std::thread;
use std::time::Duration;

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::postgres::PgPoolOptions;
use migrate_runtime::sqlx::{self, PgPool};
use migrate_runtime::{CrateInfo, LockMode, Migrator, Registry, TransactionMode};
use migrate_tests::{Revision, Run, cargo_migrate, postgres};

use super::{A, B, applied, schema, workspace};

fn migrator(scripts: &[&str]) -> Migrator {
    let mut parent = "base".to_owned();
    let mut files = Vec::new();
    for (at, script) in scripts.iter().enumerate() {
        let text = format!("-- x\n--\n-- Revision: r{at}\n-- Revises: {parent}\n{script}");
        files.push(RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap());
        parent = format!("r{at}");
    }
    let registry = Registry::from_files(files, CrateInfo::new("tests", "0.1.0")).unwrap();
    Migrator::new(registry.into()).lock(LockMode::Transaction)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn text(pool: &PgPool, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

const LOCKS: &str = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' \
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[test]
fn one_that_waits_too_long_names_the_holder() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.configure("lock = \"transaction\"\n");
    workspace.revision(Revision { up: "SELECT pg_sleep(3);", ..A });
    let slow = Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
    while database.query(LOCKS) == ["0"] {
        thread::sleep(Duration::from_millis(20));
    }
    let run = workspace.migrate_json(["up", "--lock-timeout", "300ms"]).exits(7);
    let error = run.json_error();
    assert_eq!(error["code"], "lock.timeout");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("cargo-migrate as postgres"), "{message}");
    let lines = run.json_lines();
    assert!(lines.iter().any(|line| line["type"] == "lock_wait"), "{lines:?}");
    // Nothing has begun while somebody else is at work.
    assert!(!lines.iter().any(|line| line["type"] == "step_started"), "{lines:?}");
    slow.finish().succeeds();
    assert_eq!(applied(&database), ["aaaa1111"]);
}

#[test]
fn a_lock_of_the_session_keeps_it_waiting_and_the_other_way_round() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(Revision { up: "SELECT pg_sleep(2);", ..A });
    let slow = Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
    while database.query(LOCKS) == ["0"] {
        thread::sleep(Duration::from_millis(20));
    }
    workspace.configure("lock = \"transaction\"\n");
    let error = workspace.migrate_json(["up", "--lock-timeout", "100ms"]).exits(7).json_error();
    assert_eq!(error["code"], "lock.timeout");
    assert_eq!(workspace.migrate_json(["up"]).succeeds().json()["steps"], serde_json::json!([]));
    slow.finish().succeeds();
}

#[test]
fn what_it_does_not_go_with_is_refused_before_anything_runs() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.configure("lock = \"transaction\"\n");
    workspace.revision(A);
    let id = "cccc3333";
    let up = "\n-- migrate:up transaction:false\nVACUUM;\n";
    let file = workspace.revision(Revision { id, ..B });
    workspace.replace(&file, "\n-- migrate:up\n", up);
    let error = workspace.migrate_json(["up"]).exits(3).json_error();
    assert_eq!(error["code"], "config.lock");
    assert!(error["hint"].as_str().unwrap().contains("`lock = \"session\"`"), "{error}");
    assert_eq!(schema(&database), [""; 0]);
    workspace.replace("migrations/Cargo.toml", "lock = \"transaction\"", "lock = \"lease\"");
    let error = workspace.migrate_json(["up"]).exits(3).json_error();
    assert_eq!(error["code"], "config.lock");
    assert_eq!(schema(&database), [""; 0]);
}

#[test]
fn a_run_that_is_dropped_leaves_no_transaction_in_the_pool() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        let others = PgPool::connect(database.url()).await.unwrap();
        let scripts =
            ["-- migrate:up\nCREATE TABLE a (x int);\n", "-- migrate:up\nSELECT pg_sleep(2);\n"];
        for mode in [TransactionMode::All, TransactionMode::Each] {
            let slow = migrator(&scripts).transaction(mode);
            let dropped = tokio::time::timeout(Duration::from_millis(500), slow.run(&pool)).await;
            assert!(dropped.is_err());
            assert_eq!(text(&pool, "SELECT 'usable'").await, "usable");
            // The server finishes the message that it has, then it notices that nobody is there.
            while text(&others, LOCKS).await != "0" {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        pool.close().await;
        others.close().await;
    });
}

#[test]
fn a_stricter_isolation_does_not_hide_what_others_have_done() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    database.execute(&format!(
        "ALTER DATABASE {} SET default_transaction_isolation = 'serializable'",
        database.name()
    ));
    block_on(async {
        let pool = PgPoolOptions::new().max_connections(4).connect(database.url()).await.unwrap();
        let scripts = [
            "-- migrate:up\nCREATE TABLE a (x int);\nSELECT pg_sleep(0.2);\n",
            "-- migrate:up\nINSERT INTO a VALUES (1);\nSELECT pg_sleep(0.2);\n",
        ];
        let one = migrator(&scripts);
        let all = tokio::join!(one.run(&pool), one.run(&pool), one.run(&pool), one.run(&pool));
        let reports = [all.0.unwrap(), all.1.unwrap(), all.2.unwrap(), all.3.unwrap()];
        assert_eq!(reports.iter().map(|report| report.steps.len()).sum::<usize>(), 2);
        assert_eq!(text(&pool, "SELECT count(*)::text FROM a").await, "1");
        assert_eq!(text(&pool, "SHOW transaction_isolation").await, "serializable");
        pool.close().await;
    });
}

#[test]
fn what_fails_is_rolled_back_with_the_lock() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        let make = "CREATE PROCEDURE sly() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$";
        sqlx::raw_sql(make).execute(&pool).await.unwrap();
        for script in ["SELECT nope;", "SELECT 1 / 0;", "CALL sly();"] {
            let sections = format!("-- migrate:up\nCREATE TABLE t (x int);\n{script}\n");
            let error = migrator(&[&sections]).run(&pool).await.unwrap_err();
            assert_eq!(error.code(), "revision.failed", "{error}");
            assert!(error.to_string().contains("a.sql:7:"), "{error}");
            assert_eq!(text(&pool, LOCKS).await, "0");
            assert_eq!(text(&pool, "SELECT (to_regclass('t') IS NULL)::text").await, "true");
        }
        pool.close().await;
    });
}
