//! Somebody who keeps the lock, and somebody who keeps a table.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use migrate_tests::{Database, Revision, Run, Workspace, cargo_migrate};

use super::{A, B, applied, workspace};

#[test]
fn one_that_waits_too_long_names_the_holder() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(Revision { up: "SELECT pg_sleep(5);", ..A });
    let slow = Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
    thread::sleep(Duration::from_millis(1500));
    let run = workspace.migrate_json(["up", "--lock-timeout", "300ms"]).exits(7);
    let error = run.json_error();
    assert_eq!(error["code"], "lock.timeout");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("cargo-migrate as postgres"), "{message}");
    assert!(run.json_lines().iter().any(|line| line["type"] == "lock_wait"));
    slow.finish().succeeds();
    assert_eq!(applied(&database), ["aaaa1111"]);
}

/// Somebody else's transaction holds a table that the newest revision changes. It has it when this
/// returns.
fn held_table(seconds: u64) -> Option<(Workspace, Database, JoinHandle<()>)> {
    let (workspace, database) = workspace()?;
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    workspace.revision(B);
    let url = database.url().to_owned();
    let holder = thread::spawn(move || {
        migrate_tests::hold(
            &url,
            "LOCK TABLE a IN ACCESS SHARE MODE",
            Duration::from_secs(seconds),
        );
    });
    let is_held = "SELECT count(*) FROM pg_locks WHERE relation = 'a'::regclass AND granted \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while database.query(is_held) == ["0"] {
        assert!(!holder.is_finished(), "the table was never held");
        thread::sleep(Duration::from_millis(20));
    }
    Some((workspace, database, holder))
}

#[test]
fn a_lock_of_a_table_that_is_held_for_too_long_is_no_fault_of_the_file() {
    let Some((workspace, database, holder)) = held_table(4) else { return };
    let error = workspace.migrate_json(["up", "--lock-timeout", "500ms"]).exits(7).json_error();
    assert_eq!(error["code"], "lock.timeout");
    assert!(error["hint"].as_str().unwrap().contains("--lock-timeout"), "{error}");
    holder.join().unwrap();
    assert_eq!(applied(&database), ["aaaa1111"]);
    workspace.migrate(["up"]).succeeds();
}

#[test]
fn a_lock_of_a_table_is_waited_for_and_tried_again() {
    // It is held for longer than a statement waits.
    let Some((workspace, database, holder)) = held_table(5) else { return };
    let run = workspace.migrate_json(["up"]).succeeds();
    assert!(run.json_lines().iter().any(|line| line["type"] == "lock_wait"), "{}", run.stdout);
    holder.join().unwrap();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
}

#[test]
fn in_one_transaction_what_came_before_the_held_table_is_kept() {
    // It is held for longer than a statement waits.
    let Some((workspace, database, holder)) = held_table(5) else { return };
    // A sequence is not rolled back, so it tells how often the revision ran.
    database.execute("CREATE SEQUENCE counted");
    workspace.replace("migrations/revisions/bbbb2222.sql", B.up, "SELECT nextval('counted');");
    let up = "ALTER TABLE a ADD z text;";
    workspace.revision(Revision { id: "cccc3333", revises: "bbbb2222", up, down: None });
    let run = workspace.migrate_json(["up", "--transaction", "all"]).succeeds();
    assert!(run.json_lines().iter().any(|line| line["type"] == "lock_wait"), "{}", run.stdout);
    holder.join().unwrap();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222", "cccc3333"]);
    assert_eq!(database.query("SELECT last_value FROM counted"), ["1"]);
}
