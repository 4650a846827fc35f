//! The lease: for the whole run with `lock = "lease"`, and for what runs outside of a transaction
//! with `lock = "transaction"`. It holds where no session can be counted on, and it does not end
//! before the statement that is running under it.

use std::thread;
use std::time::{Duration, Instant};

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::postgres::PgPoolOptions;
use migrate_runtime::sqlx::{Connection, PgConnection};
use migrate_runtime::{CrateInfo, LockMode, Migrator, Registry};
use migrate_tests::{
    Choice, Database, Pooler, Revision, Run, Running, Workspace, cargo_migrate, postgres,
};
use serde_json::json;

use super::{A, B, applied, workspace};

const STARTERS: usize = 32;

const MODES: [&str; 2] = ["lease", "transaction"];

/// A workspace with that lock.
fn with_lock(mode: &str) -> Option<(Workspace, Database)> {
    let (workspace, database) = workspace()?;
    workspace.configure(&format!("lock = \"{mode}\"\n"));
    Some((workspace, database))
}

/// A revision on top of `A` that runs outside of a transaction.
fn outside(workspace: &Workspace, up: &str) {
    workspace.revision(A);
    let file = workspace.revision(Revision { id: C, revises: A.id, up, down: None });
    workspace.replace(&file, "-- migrate:up\n", "-- migrate:up transaction:false\n");
}

const C: &str = "cccc3333";

fn lease(database: &Database) -> String {
    database.query("SELECT value FROM _migrate_meta WHERE key = 'lease'").remove(0)
}

/// Makes the lease one that has run out, whoever has it.
fn run_out(database: &Database) {
    database.execute(
        "UPDATE _migrate_meta SET value = '2026-01-01T00:00:00.000Z' || substr(value, 25) \
         WHERE key = 'lease' AND value <> ''",
    );
}

fn journal(database: &Database) -> Vec<String> {
    database.query(
        "SELECT state || ' ' || done || '/' || total FROM _migrate_revisions WHERE id = 'cccc3333'",
    )
}

fn indexes(database: &Database) -> Vec<String> {
    database.query(
        "SELECT relname || CASE WHEN indisvalid THEN '' ELSE ' invalid' END FROM pg_index \
         JOIN pg_class ON oid = indexrelid WHERE relname LIKE 'i%' \
         AND indrelid::regclass::text = 'a' ORDER BY 1",
    )
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Starts `up` and waits until the server runs that statement.
fn started(workspace: &Workspace, database: &Database, url: &str, statement: &str) -> Running {
    let arguments = ["up", "-d", url, "--format", "json"];
    let running = Run::start(&mut workspace.command(cargo_migrate(), arguments));
    wait_until(statement, || runs(database, statement));
    running
}

fn runs(database: &Database, statement: &str) -> bool {
    let count = database.query(&format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
         AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%{statement}%'"
    ));
    count != ["0"]
}

/// Keeps what is built concurrently on table `a` waiting.
fn writer(database: &Database, time: Duration) -> thread::JoinHandle<()> {
    let url = database.url().to_owned();
    let held = "INSERT INTO a VALUES (7)";
    let writer = thread::spawn(move || migrate_tests::hold(&url, held, time));
    let is_open = "SELECT count(*) FROM pg_locks WHERE relation = to_regclass('a') \
                   AND mode = 'RowExclusiveLock'";
    wait_until("the writer does not write", || database.query(is_open) == ["1"]);
    writer
}

#[test]
fn of_32_behind_a_pooler_exactly_one_applies_each_revision() {
    for mode in MODES {
        let Some((workspace, database)) = with_lock(mode) else { return };
        let Some(pooler) = Pooler::start(&database, 4, Choice::RoundRobin) else { return };
        let url = pooler.url(&database);
        outside(
            &workspace,
            "INSERT INTO a VALUES (2);\nCREATE INDEX CONCURRENTLY i ON a (x);\nVACUUM a;\n\
             INSERT INTO a VALUES (3);",
        );
        workspace.revision(Revision { revises: C, up: "INSERT INTO a VALUES (4);", ..B });
        let arguments = ["up", "-d", &url, "--format", "json", "--lock-timeout", "2m"];
        let start = |_| Run::start(&mut workspace.command(cargo_migrate(), arguments));
        let running: Vec<Running> = (0..STARTERS).map(start).collect();
        let mut steps = 0;
        for one in running {
            let run = one.finish().succeeds();
            assert_eq!(run.json()["after"], json!(["bbbb2222"]), "{mode}");
            steps += run.json()["steps"].as_array().unwrap().len();
        }
        assert_eq!(steps, 3, "{mode}");
        assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2", "3", "4"]);
        assert_eq!(applied(&database), ["aaaa1111", "cccc3333", "bbbb2222"]);
        assert_eq!((indexes(&database), lease(&database)), (vec!["i".to_owned()], String::new()));
    }
}

#[test]
fn every_command_works_with_nothing_but_a_lease() {
    let Some((workspace, database)) = with_lock("lease") else { return };
    let Some(pooler) = Pooler::start(&database, 4, Choice::RoundRobin) else { return };
    workspace.write(".env", format!("DATABASE_URL={}\n", pooler.url(&database)));
    workspace.revision(A);
    workspace.revision(B);
    workspace.migrate(["up"]).succeeds();
    workspace.migrate(["redo", "2"]).succeeds();
    workspace.migrate(["down", "base"]).succeeds();
    workspace.migrate(["up", "--transaction", "all"]).succeeds();
    workspace.migrate(["stamp", "aaaa1111"]).succeeds();
    workspace.migrate(["stamp", "base", "--purge"]).succeeds();
    workspace.migrate(["stamp", "head", "--purge"]).succeeds();
    workspace.migrate(["verify"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
    assert_eq!(lease(&database), "");
    // What fails gives it back, too.
    workspace.revision(Revision { id: C, revises: B.id, up: "SELECT 1 / 0;", down: None });
    let error = workspace.migrate_json(["up"]).exits(8).json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("revision.failed"), &json!(8)));
    assert_eq!(lease(&database), "");
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                 (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.query(locks), ["0"]);
}

#[test]
fn what_was_killed_behind_a_pooler_is_finished_once_its_statement_is_over() {
    for mode in MODES {
        let Some((workspace, database)) = with_lock(mode) else { return };
        let Some(pooler) = Pooler::start(&database, 4, Choice::RoundRobin) else { return };
        let url = pooler.url(&database);
        outside(&workspace, "CREATE INDEX CONCURRENTLY i ON a (x);\nINSERT INTO a VALUES (2);");
        workspace.migrate(["up", "+1", "-d", &url]).succeeds();
        let writer = writer(&database, Duration::from_secs(3));
        started(&workspace, &database, &url, "CREATE INDEX CONCURRENTLY").kill();
        assert_eq!(journal(&database), ["up_partial 0/2"], "{mode}");
        assert!(runs(&database, "CREATE INDEX CONCURRENTLY"), "{mode}");
        let run = workspace.migrate_json(["up", "-d", &url]).succeeds();
        writer.join().unwrap();
        let waited = run.json_lines().into_iter().filter(|line| line["type"] == "lock_wait");
        let holders: Vec<String> = waited.map(|line| line["holder"].to_string()).collect();
        assert!(holders.iter().any(|who| who.contains("still running on the server")), "{run:?}");
        assert_eq!(journal(&database), ["applied 2/2"], "{mode}");
        assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2"]);
        assert_eq!((indexes(&database), lease(&database)), (vec!["i".to_owned()], String::new()));
    }
}

#[test]
fn a_holder_that_hangs_keeps_it_as_long_as_its_statement_runs() {
    for mode in MODES {
        let Some((workspace, database)) = with_lock(mode) else { return };
        outside(&workspace, "CREATE INDEX CONCURRENTLY i ON a (x);\nINSERT INTO a VALUES (2);");
        workspace.migrate(["up", "+1"]).succeeds();
        let writer = writer(&database, Duration::from_secs(4));
        let hangs = started(&workspace, &database, database.url(), "CREATE INDEX CONCURRENTLY");
        hangs.signal("STOP");
        run_out(&database);
        let run = workspace.migrate_json(["up", "--lock-timeout", "500ms"]).exits(7);
        let error = run.json_error();
        assert_eq!(error["code"], "lock.timeout");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("its statement is still running on the server"), "{message}");
        assert_eq!(journal(&database), ["up_partial 0/2"], "{mode}");
        // Then the statement is over, and what became of it is certain.
        workspace.migrate(["up"]).succeeds();
        writer.join().unwrap();
        hangs.signal("CONT");
        let error = hangs.finish().exits(7).json_error();
        assert_eq!(error["code"], "lock.lost", "{mode}");
        assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2"]);
        assert_eq!((journal(&database), indexes(&database)), (applied_of(2), vec!["i".to_owned()]));
    }
}

fn applied_of(statements: usize) -> Vec<String> {
    vec![format!("applied {statements}/{statements}")]
}

#[test]
fn without_it_nothing_is_done_any_more() {
    for mode in MODES {
        let Some((workspace, database)) = with_lock(mode) else { return };
        outside(&workspace, "SELECT pg_sleep(2);\nINSERT INTO a VALUES (2);\nVACUUM a;");
        let running = started(&workspace, &database, database.url(), "pg_sleep(2)");
        let other = "UPDATE _migrate_meta SET value = \
                     to_char(clock_timestamp() AT TIME ZONE 'UTC' + interval '30 seconds', \
                     'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') || ' 0f 99 1 elsewhere box ann' \
                     WHERE key = 'lease'";
        database.execute(other);
        let error = running.finish().exits(7).json_error();
        assert_eq!(error["code"], "lock.lost", "{mode}");
        assert_eq!(database.query("SELECT x FROM a"), ["1"]);
        assert_eq!(journal(&database), ["up_partial 0/3"]);
        assert!(lease(&database).ends_with(" 0f 99 1 elsewhere box ann"));
        let error = workspace.migrate_json(["up", "--lock-timeout", "200ms"]).exits(7).json_error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("a run of ann on box (process 1, not renewed"), "{message}");
    }
}

#[test]
fn a_revision_in_a_transaction_is_rolled_back_without_it() {
    let Some((workspace, database)) = with_lock("lease") else { return };
    workspace.revision(A);
    workspace.revision(Revision { up: "SELECT pg_sleep(2);", ..B });
    let id = "dddd4444";
    workspace.revision(Revision { id, revises: B.id, up: "CREATE TABLE d (x int);", down: None });
    let running = started(&workspace, &database, database.url(), "pg_sleep(2)");
    let error = workspace.migrate_json(["up", "--lock-timeout", "300ms"]).exits(7).json_error();
    assert_eq!(error["code"], "lock.timeout");
    // The transaction keeps the row locked, so this comes between it and the next one.
    database.execute(
        "UPDATE _migrate_meta SET value = '2026-01-01T00:00:00.000Z 0f 99 1 p box ann' \
         WHERE key = 'lease'",
    );
    let error = running.finish().exits(7).json_error();
    assert_eq!(error["code"], "lock.lost");
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
    assert_eq!(database.query("SELECT to_regclass('d') IS NULL"), ["t"]);
}

#[test]
fn it_is_renewed_while_a_statement_runs() {
    let Some((workspace, database)) = with_lock("lease") else { return };
    outside(&workspace, "SELECT pg_sleep(12);\nINSERT INTO a VALUES (2);");
    let running = started(&workspace, &database, database.url(), "pg_sleep(12)");
    run_out(&database);
    let is_renewed = || {
        assert!(runs(&database, "pg_sleep(12)"), "the statement is over");
        !lease(&database).starts_with("2026-01-01")
    };
    wait_until("it is not renewed", is_renewed);
    running.finish().succeeds();
    assert_eq!(journal(&database), applied_of(2));
}

#[test]
fn a_statement_is_ended_for_its_time_wherever_it_runs() {
    for mode in MODES {
        let Some((workspace, database)) = with_lock(mode) else { return };
        let Some(pooler) = Pooler::start(&database, 4, Choice::RoundRobin) else { return };
        let url = pooler.url(&database);
        outside(&workspace, "INSERT INTO a VALUES (2);\nSELECT pg_sleep(60);");
        let run = workspace.migrate_json(["up", "-d", &url, "--statement-timeout", "1s"]);
        let error = run.exits(9).json_error();
        assert_eq!((&error["code"], &error["line"]), (&json!("revision.failed"), &json!(9)));
        assert_eq!(journal(&database), ["up_partial 1/2"], "{mode}");
        assert!(!runs(&database, "pg_sleep(60)"));
        assert_eq!(lease(&database), "");
        // No limit is left on the pooler's sessions.
        let shown: Vec<_> =
            (0..4).map(|_| database.query_at(&url, "SHOW statement_timeout")).collect();
        assert_eq!(shown, vec![["0"]; 4]);
    }
}

#[test]
fn what_somebody_is_at_just_now_is_not_taken_for_left_half_way() {
    for mode in MODES {
        let Some((workspace, database)) = with_lock(mode) else { return };
        outside(&workspace, "INSERT INTO a VALUES (2);\nSELECT pg_sleep(1.5);");
        let slow = started(&workspace, &database, database.url(), "pg_sleep(1.5)");
        assert_eq!(journal(&database), ["up_partial 1/2"]);
        // Of this revision there is no way down, which is said once it's there.
        let error = workspace.migrate_json(["down"]).exits(4).json_error();
        assert_eq!(error["code"], "revision.irreversible", "{mode}");
        slow.finish().succeeds();
    }
}

#[test]
fn each_kind_of_lock_keeps_the_others_waiting() {
    let locks = ["session", "transaction", "lease"];
    for (first, second) in locks.iter().flat_map(|one| locks.map(|other| (*one, other))) {
        let Some((workspace, database)) = with_lock(first) else { return };
        outside(&workspace, "INSERT INTO a VALUES (2);\nSELECT pg_sleep(1.5);");
        let slow = started(&workspace, &database, database.url(), "pg_sleep(1.5)");
        let (from, to) = (format!("lock = \"{first}\""), format!("lock = \"{second}\""));
        workspace.replace("migrations/Cargo.toml", &from, &to);
        let error = workspace.migrate_json(["up", "--lock-timeout", "100ms"]).exits(7).json_error();
        assert_eq!(error["code"], "lock.timeout", "{first}, {second}");
        let run = workspace.migrate_json(["up"]).succeeds();
        assert_eq!(run.json()["steps"], json!([]), "{first}, {second}");
        slow.finish().succeeds();
        assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2"]);
    }
}

#[test]
fn a_run_that_is_dropped_leaves_it_to_run_out_and_a_borrowed_connection_will_do() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    let file = |id: &str, revises: &str, script: &str| {
        let text = format!("-- x\n--\n-- Revision: {id}\n-- Revises: {revises}\n{script}");
        RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap()
    };
    let files = vec![
        file("r0", "base", "-- migrate:up\nCREATE TABLE a (x int);\nSELECT pg_sleep(1);\n"),
        file("r1", "r0", "-- migrate:up transaction:false\nVACUUM a;\n"),
    ];
    let registry = Registry::from_files(files, CrateInfo::new("tests", "0.1.0")).unwrap();
    let migrator = Migrator::new(registry.into()).lock(LockMode::Lease);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        let dropped = tokio::time::timeout(Duration::from_millis(400), migrator.run(&pool)).await;
        assert!(dropped.is_err());
        let impatient = migrator.clone().lock_timeout(Duration::from_millis(100));
        assert_eq!(impatient.run(&pool).await.unwrap_err().code(), "lock.timeout");
        pool.close().await;
    });
    // The server finishes the message that it has.
    wait_until("the statement does not end", || !runs(&database, "pg_sleep(1)"));
    assert_ne!(lease(&database), "");
    run_out(&database);
    runtime.block_on(async {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        assert_eq!(migrator.run(&mut connection).await.unwrap().after, ["r1"]);
        assert!(migrator.run(&mut connection).await.unwrap().steps.is_empty());
        connection.close().await.unwrap();
    });
    assert_eq!(lease(&database), "");
}
