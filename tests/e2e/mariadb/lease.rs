//! `lock = "lease"`: for clusters and proxies where `GET_LOCK` can't be had. It does not end before
//! the statement that is running under it.

use std::thread;
use std::time::{Duration, Instant};

use migrate_model::Checksum;
use migrate_tests::{Database, Revision, Run, Running, Workspace, cargo_migrate};
use serde_json::json;

use super::{A, B, applied, progress, workspace};

const STARTERS: usize = 16;

fn leased() -> Option<(Workspace, Database)> {
    let (workspace, database) = workspace()?;
    workspace.configure("lock = \"lease\"\n");
    Some((workspace, database))
}

fn lease(database: &Database) -> String {
    database.query("SELECT value FROM _migrate_meta WHERE `key` = 'lease'").remove(0)
}

/// Makes the lease one that has run out, whoever has it.
fn run_out(database: &Database) {
    database.execute(
        "UPDATE _migrate_meta SET value = CONCAT('2026-01-01T00:00:00.000Z', SUBSTRING(value, 25)) \
         WHERE `key` = 'lease' AND value <> ''",
    );
}

/// Whether a connection has the lock of a session.
fn is_locked(database: &Database) -> bool {
    let text = format!("cargo-migrate\n{}\n_migrate_revisions", database.name());
    let digest = Checksum::of(text.as_bytes()).to_string();
    let name = format!("migrate {}", &digest["sha256:".len()..][..32]);
    database.query(&format!("SELECT IS_USED_LOCK('{name}') IS NOT NULL")) == ["1"]
}

fn runs(database: &Database, statement: &str) -> bool {
    let count = database.query(&format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() \
         AND id <> CONNECTION_ID() AND info LIKE '%{statement}%'"
    ));
    count != ["0"]
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Starts `up` and waits until the server runs that statement.
fn started(workspace: &Workspace, database: &Database, statement: &str) -> Running {
    let arguments = ["up", "--format", "json"];
    let running = Run::start(&mut workspace.command(cargo_migrate(), arguments));
    wait_until(statement, || runs(database, statement));
    running
}

#[test]
fn of_16_at_once_exactly_one_applies_each_revision() {
    let Some((workspace, database)) = leased() else { return };
    workspace.revision(A);
    workspace.revision(B);
    let (id, up) = ("cccc3333", "INSERT INTO a VALUES (3, 'c');\nDO SLEEP(0.3);");
    workspace.revision(Revision { id, revises: B.id, up, down: None });
    let arguments = ["up", "--format", "json"];
    let start = |_| Run::start(&mut workspace.command(cargo_migrate(), arguments));
    let running: Vec<Running> = (0..STARTERS).map(start).collect();
    let mut steps = 0;
    for one in running {
        let run = one.finish().succeeds();
        assert_eq!(run.json()["after"], json!(["cccc3333"]));
        steps += run.json()["steps"].as_array().unwrap().len();
    }
    assert_eq!(steps, 3);
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "3"]);
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222", "cccc3333"]);
    assert_eq!(lease(&database), "");
}

#[test]
fn no_lock_of_the_server_is_used() {
    for (lock, is_used) in [("session", true), ("lease", false)] {
        let Some((workspace, database)) = workspace() else { return };
        workspace.configure(&format!("lock = \"{lock}\"\n"));
        workspace.revision(A);
        workspace.revision(Revision { up: "DO SLEEP(1.5);", ..B });
        let slow = started(&workspace, &database, "SLEEP(1.5)");
        assert_eq!(is_locked(&database), is_used, "{lock}");
        let error = workspace.migrate_json(["up", "--lock-timeout", "200ms"]).exits(7).json_error();
        assert_eq!(error["code"], "lock.timeout");
        slow.finish().succeeds();
        assert_eq!(workspace.migrate_json(["up"]).succeeds().json()["steps"], json!([]));
    }
}

#[test]
fn every_command_works_with_it() {
    let Some((workspace, database)) = leased() else { return };
    workspace.revision(A);
    workspace.revision(B);
    workspace.migrate(["up"]).succeeds();
    workspace.migrate(["redo", "2"]).succeeds();
    workspace.migrate(["down", "base"]).succeeds();
    workspace.migrate(["up"]).succeeds();
    workspace.migrate(["stamp", "aaaa1111"]).succeeds();
    workspace.migrate(["stamp", "base", "--purge"]).succeeds();
    workspace.migrate(["stamp", "head", "--purge"]).succeeds();
    workspace.migrate(["verify"]).succeeds();
    let (id, up) = ("cccc3333", "INSERT INTO a VALUES (3, 'c');");
    workspace.revision(Revision { id, revises: B.id, up, down: Some("SELECT nope;") });
    workspace.migrate(["up"]).succeeds();
    workspace.migrate(["down"]).exits(8);
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222", "cccc3333"]);
    assert_eq!(lease(&database), "");
}

#[test]
fn a_holder_that_hangs_keeps_it_as_long_as_its_statement_runs() {
    let Some((workspace, database)) = leased() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    workspace.revision(Revision {
        up: "ALTER TABLE a ADD y text;\nINSERT INTO a VALUES (2, 'b');",
        ..B
    });
    let url = database.url().to_owned();
    let reader = thread::spawn(move || {
        migrate_tests::hold_mysql(&url, "SELECT * FROM a", Duration::from_secs(2));
    });
    wait_until("the reader does not read", || {
        let open = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() \
                    AND id <> CONNECTION_ID() AND command = 'Sleep'";
        database.query(open) != ["0"]
    });
    let hangs = started(&workspace, &database, "ALTER TABLE a ADD");
    hangs.signal("STOP");
    run_out(&database);
    let run = workspace.migrate_json(["up", "--lock-timeout", "300ms"]).exits(7);
    let message = run.json_error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("its statement is still running on the server"), "{message}");
    assert_eq!(progress(&database, B.id), ["up_partial 0/2"]);
    workspace.migrate(["up"]).succeeds();
    reader.join().unwrap();
    hangs.signal("CONT");
    assert_eq!(hangs.finish().exits(7).json_error()["code"], "lock.lost");
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2"]);
    assert_eq!(progress(&database, B.id), ["applied 2/2"]);
}

#[test]
fn what_was_killed_is_finished_once_its_statement_is_over() {
    let Some((workspace, database)) = leased() else { return };
    workspace.revision(A);
    let up = "INSERT INTO a VALUES (2);\nINSERT INTO a SELECT 3 + SLEEP(1);";
    let file = workspace.revision(Revision { up, ..B });
    workspace.replace(&file, "-- migrate:up\n", "-- migrate:up transaction:false\n");
    started(&workspace, &database, "SLEEP(1)").kill();
    assert_eq!(progress(&database, B.id), ["up_partial 1/2"]);
    workspace.migrate(["up"]).succeeds();
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2", "3"]);
    assert_eq!(
        (progress(&database, B.id), lease(&database)),
        (vec!["applied 2/2".into()], String::new())
    );
}

#[test]
fn without_it_nothing_is_done_any_more() {
    // A definition is recorded by itself; rows are one transaction.
    for up in
        ["ALTER TABLE a ADD y int AS (x) STORED, ALGORITHM = COPY", "INSERT INTO a VALUES (9)"]
    {
        let Some((workspace, database)) = leased() else { return };
        workspace.revision(A);
        let up = format!("INSERT INTO a SELECT 2 + SLEEP(1.5);\n{up};");
        workspace.revision(Revision { up: &up, ..B });
        let running = started(&workspace, &database, "SLEEP(1.5)");
        database.execute(
            "UPDATE _migrate_meta SET value = '2026-01-01T00:00:00.000Z 0f 99 1 elsewhere box ann' \
             WHERE `key` = 'lease'",
        );
        assert_eq!(running.finish().exits(7).json_error()["code"], "lock.lost", "{up}");
        assert_eq!(database.query("SELECT x FROM a"), ["1"], "{up}");
        assert_eq!(applied(&database), ["aaaa1111"], "{up}");
        assert!(lease(&database).ends_with(" 0f 99 1 elsewhere box ann"));
        workspace.migrate(["up"]).succeeds();
        assert_eq!(lease(&database), "");
    }
}

#[test]
fn it_is_renewed_while_a_statement_runs() {
    let Some((workspace, database)) = leased() else { return };
    workspace.revision(A);
    let up = "INSERT INTO a SELECT 2 + SLEEP(12);\nINSERT INTO a VALUES (3);";
    workspace.revision(Revision { up, ..B });
    let running = started(&workspace, &database, "SLEEP(12)");
    run_out(&database);
    wait_until("it is not renewed", || {
        assert!(runs(&database, "SLEEP(12)"), "the statement is over");
        !lease(&database).starts_with("2026-01-01")
    });
    running.finish().succeeds();
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2", "3"]);
}

#[test]
fn a_lock_of_each_transaction_is_refused() {
    let Some((workspace, _database)) = workspace() else { return };
    workspace.configure("lock = \"transaction\"\n");
    workspace.revision(A);
    let error = workspace.migrate_json(["up"]).exits(3).json_error();
    assert_eq!(error["code"], "config.lock");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("`lock = \"session\"`") && hint.contains("`lock = \"lease\"`"), "{hint}");
}
