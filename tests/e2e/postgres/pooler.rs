//! Behind PgBouncer in transaction mode, where each message may meet another session of the
//! server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::{Connection, PgConnection, PgPool};
use migrate_runtime::{CrateInfo, ErrorKind, LockMode, Migrator, Registry, TransactionMode};
use migrate_tests::{Choice, Database, Pooler, Revision, Run, Running, Workspace, cargo_migrate};
use serde_json::json;

use super::{A, B, after, applied, schema, workspace};

const STARTERS: usize = 32;

/// A workspace, its database, and a pooler with four sessions in front of it.
fn pooled(choice: Choice) -> Option<(Workspace, Database, Pooler, String)> {
    let (workspace, database) = workspace()?;
    let pooler = Pooler::start(&database, SESSIONS, choice)?;
    let url = pooler.url(&database);
    Some((workspace, database, pooler, url))
}

const SESSIONS: u32 = 4;

/// A pooler that has all of its sessions and gives each transaction the next one.
fn pooled_in_turn() -> Option<(Workspace, Database, Pooler, String)> {
    let (workspace, database, pooler, url) = pooled(Choice::RoundRobin)?;
    // As many transactions at once need as many sessions.
    let hold = |_| {
        let url = url.clone();
        thread::spawn(move || migrate_tests::hold(&url, "SELECT 1", Duration::from_secs(1)))
    };
    let holders: Vec<JoinHandle<()>> = (0..SESSIONS).map(hold).collect();
    for holder in holders {
        holder.join().unwrap();
    }
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND pid <> pg_backend_pid()";
    assert_eq!(database.query(sessions), [SESSIONS.to_string()]);
    Some((workspace, database, pooler, url))
}

fn migrator(scripts: &[&str]) -> Migrator {
    let mut parent = "base".to_owned();
    let mut files = Vec::new();
    for (at, script) in scripts.iter().enumerate() {
        let text = format!("-- x\n--\n-- Revision: r{at}\n-- Revises: {parent}\n{script}");
        files.push(RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap());
        parent = format!("r{at}");
    }
    let registry = Registry::from_files(files, CrateInfo::new("tests", "0.1.0")).unwrap();
    Migrator::new(registry.into())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The advisory locks of the database, whoever has them.
fn locks(database: &Database) -> Vec<String> {
    database.query(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
}

#[test]
fn of_32_at_once_exactly_one_applies_each_revision() {
    let Some((workspace, database, _pooler, url)) = pooled(Choice::Last) else { return };
    workspace.configure("lock = \"transaction\"\n");
    let a = "CREATE TABLE ran (id text);\nINSERT INTO ran VALUES ('a');\nSELECT pg_sleep(0.2);";
    let b = "INSERT INTO ran VALUES ('b');\nSELECT pg_sleep(0.2);";
    workspace.revision(Revision { up: a, down: Some("DROP TABLE ran;"), ..A });
    workspace.revision(Revision { up: b, down: Some("DELETE FROM ran WHERE id = 'b';"), ..B });
    for mode in ["each", "all"] {
        let arguments = ["up", "-d", &url, "--transaction", mode, "--format", "json"];
        let start = |_| Run::start(&mut workspace.command(cargo_migrate(), arguments));
        let running: Vec<Running> = (0..STARTERS).map(start).collect();
        let mut steps = 0;
        for one in running {
            let run = one.finish().succeeds();
            assert_eq!(run.json()["after"], json!(["bbbb2222"]), "{mode}");
            steps += run.json()["steps"].as_array().unwrap().len();
        }
        assert_eq!(steps, 2, "{mode}");
        assert_eq!(database.query("SELECT id FROM ran ORDER BY id"), ["a", "b"]);
        assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
        assert_eq!(locks(&database), ["0"]);
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
}

#[test]
fn every_command_works_though_each_message_meets_another_session() {
    let Some((workspace, database, _pooler, url)) = pooled_in_turn() else { return };
    workspace.configure("lock = \"transaction\"\n");
    workspace.write(".env", format!("DATABASE_URL={url}\n"));
    let dump = "SELECT pg_catalog.set_config('search_path', '', false);\nSET ROLE pg_monitor;\n\
                RESET ROLE;\nSET lock_timeout = 7;\nSET statement_timeout = 7000;\n\
                CREATE TABLE public.a (x int);";
    let file = workspace.revision(Revision { up: dump, ..A });
    let branch = workspace.revision(B);
    let both = json!(["bbbb2222"]);
    assert_eq!(after(&workspace.migrate_json(["up"]).succeeds()), both);
    let newest = schema(&database);
    assert_eq!(after(&workspace.migrate_json(["down", "base"]).succeeds()), json!([]));
    assert!(schema(&database).is_empty());
    assert_eq!(after(&workspace.migrate_json(["up", "--transaction", "all"]).succeeds()), both);
    workspace.migrate(["redo", "2"]).succeeds();
    assert_eq!(schema(&database), newest);
    // What a script sets is on none of the sessions.
    for setting in ["search_path", "lock_timeout", "statement_timeout"] {
        let query = format!("SHOW {setting}");
        let seen: Vec<_> = (0..SESSIONS).map(|_| database.query_at(&url, &query)).collect();
        assert_eq!(seen, vec![database.query(&query); 4], "{setting}");
    }

    workspace.migrate(["stamp", "aaaa1111"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111"]);
    workspace.migrate(["stamp", "base", "--purge"]).succeeds();
    assert_eq!(applied(&database), [""; 0]);
    workspace.migrate(["stamp", "head", "--purge"]).succeeds();
    workspace.replace(&file, "CREATE TABLE", "/* a */ CREATE TABLE");
    assert_eq!(workspace.migrate_json(["up"]).exits(10).json_error()["code"], "integrity.edited");
    workspace.migrate(["accept", "aaaa1111", "--yes"]).succeeds();
    workspace.migrate(["verify"]).succeeds();
    std::fs::remove_file(workspace.path(branch)).unwrap();
    let run = workspace.migrate_json(["switch", "--yes"]).succeeds();
    assert_eq!(after(&run), json!(["aaaa1111"]));
    assert_eq!(locks(&database), ["0"]);
}

#[test]
fn tenants_are_migrated_through_it_side_by_side() {
    let Some((_workspace, database, _pooler, url)) = pooled_in_turn() else { return };
    block_on(async {
        let pool = PgPool::connect(&url).await.unwrap();
        let scripts = ["-- migrate:up\nCREATE TABLE users (name text);\n", SLOW];
        let tenant = |schema| migrator(&scripts).in_schema(schema).lock(LockMode::Transaction);
        let (one, two) = (tenant("tenant_1"), tenant("tenant_2"));
        let (first, second, third) = tokio::join!(one.run(&pool), two.run(&pool), one.run(&pool));
        assert_eq!(second.unwrap().ids(), ["r0", "r1"]);
        assert_eq!(first.unwrap().steps.len() + third.unwrap().steps.len(), 2);
        pool.close().await;
    });
    let names = "SELECT name FROM tenant_1.users UNION ALL SELECT name FROM tenant_2.users";
    assert_eq!(database.query(names), ["tenant_1", "tenant_2"]);
    assert_eq!(locks(&database), ["0"]);
}

const SLOW: &str =
    "-- migrate:up\nSELECT pg_sleep(0.3);\nINSERT INTO users VALUES (current_schema());\n";

#[test]
fn a_statement_is_ended_wherever_it_runs() {
    let Some((_workspace, database, _pooler, url)) = pooled_in_turn() else { return };
    for mode in [TransactionMode::Each, TransactionMode::All] {
        let stop = Arc::new(AtomicBool::new(false));
        let scripts =
            ["-- migrate:up\nCREATE TABLE a (x int);\n", "-- migrate:up\nSELECT pg_sleep(60);\n"];
        let migrator = migrator(&scripts).lock(LockMode::Transaction).transaction(mode);
        let migrator = migrator.stop_when(Arc::clone(&stop));
        let address = url.clone();
        let started = Instant::now();
        let run = thread::spawn(move || block_on(migrator.run(address.as_str())));
        let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND state = 'active' AND query LIKE '%pg_sleep(60)%' \
                      AND pid <> pg_backend_pid()";
        while database.query(sleeps) == ["0"] {
            assert!(!run.is_finished(), "it did not sleep");
            thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
        let error = run.join().unwrap().unwrap_err();
        assert_eq!(error.code(), "revision.interrupted", "{error}");
        assert!(started.elapsed() < Duration::from_secs(30));
        match mode {
            TransactionMode::Each => assert_eq!(applied(&database), ["r0"]),
            TransactionMode::All => assert_eq!(schema(&database), [""; 0]),
        }
        assert_eq!(locks(&database), ["0"]);
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
}

#[test]
fn a_lock_of_the_session_is_lost_and_given_back() {
    let Some((workspace, database, _pooler, url)) = pooled_in_turn() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    workspace.revision(Revision { up: "CREATE TABLE b (x int);\nSELECT 1;", ..B });
    let error = workspace.migrate_json(["up", "-d", &url]).exits(7).json_error();
    assert_eq!(error["code"], "lock.lost");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("`lock = \"transaction\"`"), "{hint}");
    // It was on one of the pooler's sessions, and that one was found.
    assert!(!hint.contains("pg_terminate_backend"), "{hint}");
    assert_eq!(locks(&database), ["0"]);
    assert_eq!(applied(&database), ["aaaa1111"]);
    assert_eq!(database.query("SELECT to_regclass('b') IS NULL"), ["t"]);
    workspace.configure("lock = \"transaction\"\n");
    workspace.migrate(["up", "-d", &url]).succeeds();
}

#[test]
fn what_keeps_a_lost_lock_is_named() {
    let Some((_workspace, database, _pooler, url)) = pooled_in_turn() else { return };
    let migrator = migrator(&["-- migrate:up\nSELECT 1;\n", "-- migrate:up\nSELECT 2;\n"]);
    let error = block_on(async {
        migrator.up(database.url(), "r0").await.unwrap();
        // Of a connection that was lent to us nobody knows how to make another one.
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let error = migrator.run(&mut connection).await.unwrap_err();
        connection.close().await.unwrap();
        error
    });
    let ErrorKind::LockLeft { process } = error.kind() else { panic!("{error}") };
    assert_eq!(error.code(), "lock.lost");
    let holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = \
                  (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.query(holder), [process.to_string()]);
    let end = format!("SELECT pg_terminate_backend({process});");
    assert!(error.hint().unwrap().ends_with(&end), "{:?}", error.hint());
    database.execute(&end);
    assert_eq!(applied(&database), ["r0"]);
}
