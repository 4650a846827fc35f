//! Other sessions: one that keeps the lock, and one that keeps a table.

use std::thread;
use std::time::Duration;

use migrate_tests::{Revision, Run, cargo_migrate};

use super::{A, B, applied, workspace};

#[test]
fn one_that_waits_too_long_names_the_holder() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(Revision { up: "DO SLEEP(4);", ..A });
    let slow = Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
    thread::sleep(Duration::from_millis(1500));
    let run = workspace.migrate_json(["up", "--lock-timeout", "300ms"]).exits(7);
    let error = run.json_error();
    assert_eq!(error["code"], "lock.timeout");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("root from ") && message.contains("(connection "), "{message}");
    assert!(run.json_lines().iter().any(|line| line["type"] == "lock_wait"));
    slow.finish().succeeds();
    assert_eq!(applied(&database), ["aaaa1111"]);
}

#[test]
fn a_table_that_is_held_is_waited_for() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    workspace.revision(B);
    let url = database.url().to_owned();
    let reader = thread::spawn(move || {
        migrate_tests::hold_mysql(&url, "SELECT * FROM a", Duration::from_secs(6));
    });
    thread::sleep(Duration::from_millis(700));
    let error = workspace.migrate_json(["up", "--lock-timeout", "1s"]).exits(7).json_error();
    assert_eq!(error["code"], "lock.timeout");
    assert!(error["hint"].as_str().unwrap().contains("--lock-timeout"), "{error}");
    assert_eq!(applied(&database), ["aaaa1111"]);
    let run = workspace.migrate_json(["up"]).succeeds();
    assert!(run.json_lines().iter().any(|line| line["type"] == "lock_wait"), "{}", run.stdout);
    reader.join().unwrap();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
}
