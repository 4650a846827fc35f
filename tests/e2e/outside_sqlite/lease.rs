//! The lease: who else wants to write waits for it, and is told for whom; one that nobody renews
//! runs out.

use std::time::{Duration, Instant};

use migrate_tests::{Run, Workspace, cargo_migrate, execute, query};
use serde_json::json;

use super::{A, database, journal, outside, ran};

/// A workspace with `A` applied, and a revision that is pending.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    outside(&workspace, "INSERT INTO ran VALUES (2);\nVACUUM;", "DELETE FROM ran WHERE x = 2;");
    workspace.migrate(["up", "+1"]).succeeds();
    workspace
}

/// Writes a lease that ends in so many seconds, of a process elsewhere.
fn lease(workspace: &Workspace, seconds: i32) {
    execute(
        &database(workspace),
        &format!(
            "INSERT OR REPLACE INTO _migrate_meta VALUES ('lease', \
             strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '{seconds:+} seconds') \
             || ' 00ff 7 4711 elsewhere box ann')"
        ),
    );
}

/// What the lease's row has.
fn found(workspace: &Workspace) -> Vec<String> {
    query(&database(workspace), "SELECT value AS x FROM _migrate_meta WHERE key = 'lease'")
}

#[test]
fn every_writer_waits_for_it_and_is_told_who_has_it() {
    let workspace = workspace();
    workspace.configure("lock-timeout = \"300ms\"");
    lease(&workspace, 30);
    let held = found(&workspace);
    for command in [&["up"][..], &["down"], &["stamp", "head"], &["stamp", "base", "--purge"]] {
        let error = workspace.migrate_json(command.iter().copied()).exits(7).json_error();
        assert_eq!(error["code"], "lock.timeout", "{command:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("a run of ann on box (process 4711"), "{message}");
        assert!(message.contains(" UTC)"), "{message}");
    }
    assert_eq!((found(&workspace), ran(&workspace)), (held, vec!["1".to_owned()]));
    // Looking is free, and so is a run that has nothing to do.
    workspace.migrate(["status"]).succeeds();
    workspace.migrate(["verify"]).exits(0);
    workspace.migrate(["up", "aaaa1111", "--lock-timeout", "0s"]).succeeds();
}

#[test]
fn what_is_half_way_is_judged_once_nobody_is_at_it() {
    let workspace = Workspace::new();
    outside(&workspace, "INSERT INTO ran VALUES (2);\nSELECT nope;", "SELECT 1;");
    workspace.migrate(["up"]).exits(9);
    workspace.configure("lock-timeout = \"300ms\"");
    lease(&workspace, 30);
    assert_eq!(workspace.migrate_json(["down"]).exits(7).json_error()["code"], "lock.timeout");
    lease(&workspace, -1);
    assert_eq!(workspace.migrate_json(["down"]).exits(9).json_error()["code"], "integrity.partial");
}

#[test]
fn one_that_is_not_renewed_runs_out() {
    let workspace = workspace();
    lease(&workspace, 2);
    let run = workspace.migrate(["up"]).succeeds();
    assert!(run.stdout.contains("Waiting for a run of ann on box"), "{}", run.stdout);
    assert_eq!((ran(&workspace).len(), found(&workspace)), (2, vec![String::new()]));
    lease(&workspace, 2);
    let lines = workspace.migrate_json(["down"]).succeeds().json_lines();
    let waits = lines.iter().find(|line| line["type"] == "lock_wait").unwrap();
    assert!(waits["holder"].as_str().unwrap().starts_with("a run of ann on box"), "{waits}");
}

#[test]
fn what_is_no_lease_any_more_holds_nobody_up() {
    let workspace = workspace();
    workspace.configure("lock-timeout = \"0s\"");
    for command in ["up", "down", "up"] {
        lease(&workspace, -1);
        workspace.migrate([command]).succeeds();
        assert_eq!(found(&workspace), [""]);
    }
    // Nobody can have one for a year, and this is none at all.
    for text in ["2999-01-01T00:00:00.000Z 00ff 7 4711 elsewhere box ann", "nonsense"] {
        let set = format!("UPDATE _migrate_meta SET value = '{text}' WHERE key = 'lease'");
        execute(&database(&workspace), &set);
        workspace.migrate(["redo"]).succeeds();
    }
    assert_eq!(ran(&workspace), ["1", "2"]);
}

#[test]
fn a_lease_that_is_gone_with_its_number_is_none() {
    let workspace = workspace();
    execute(&database(&workspace), "DELETE FROM _migrate_meta WHERE key IN ('lease', 'epoch')");
    workspace.migrate(["up"]).succeeds();
    workspace.migrate(["down"]).succeeds();
    assert_eq!(ran(&workspace), ["1"]);
}

/// Starts `up` and kills it while the second statement runs; the lease stays.
fn killed_between_statements() -> Workspace {
    let workspace = Workspace::new();
    let up = "INSERT INTO ran VALUES (2);\n\
              INSERT INTO ran WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n \
              WHERE x < 1000000000) SELECT 3 FROM n WHERE x = 1000000000;\n\
              INSERT INTO ran VALUES (4);";
    let file = outside(&workspace, up, "DELETE FROM ran WHERE x > 1;");
    workspace.migrate(["up", "+1"]).succeeds();
    let running = Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
    let deadline = Instant::now() + Duration::from_secs(20);
    while journal(&workspace) != ["up_partial 1/3"] {
        assert!(Instant::now() < deadline, "the first statement is not done");
        std::thread::sleep(Duration::from_millis(5));
    }
    running.kill();
    assert_eq!(journal(&workspace), ["up_partial 1/3"]);
    assert_ne!(found(&workspace), [""]);
    workspace.replace(&file, "WHERE x = 1000000000", "WHERE x = 5");
    workspace.replace(&file, "x < 1000000000", "x < 5");
    workspace
}

#[test]
#[cfg(target_os = "linux")]
fn the_lease_of_a_process_that_is_gone_is_taken_at_once() {
    let workspace = killed_between_statements();
    workspace.migrate(["up", "--lock-timeout", "0s"]).succeeds();
    assert_eq!(ran(&workspace), ["1", "2", "3", "4"]);
    assert_eq!(journal(&workspace), ["applied 3/3"]);
}

#[test]
fn where_nobody_can_tell_whether_a_process_is_gone_its_lease_runs_out() {
    let workspace = killed_between_statements();
    let text = found(&workspace).remove(0);
    let words: Vec<&str> = text.split(' ').collect();
    // It would end in half a minute.
    let moved = format!("{} elsewhere {}", words[1..4].join(" "), words[5..].join(" "));
    let set = format!(
        "UPDATE _migrate_meta SET value = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+2 seconds') \
         || ' {moved}' WHERE key = 'lease'"
    );
    execute(&database(&workspace), &set);
    let error = workspace.migrate_json(["up", "--lock-timeout", "0s"]).exits(7).json_error();
    assert!(error["message"].as_str().unwrap().contains("(process "), "{error}");
    workspace.migrate(["up"]).succeeds();
    assert_eq!(ran(&workspace), ["1", "2", "3", "4"]);
}

#[test]
fn an_edit_is_accepted_behind_it() {
    let workspace = workspace();
    let file = format!("migrations/revisions/{}.sql", A.id);
    workspace.replace(&file, "-- make", "-- made");
    lease(&workspace, 1);
    workspace.migrate(["accept", A.id, "--yes"]).succeeds();
    lease(&workspace, -1);
    workspace.replace(&file, "-- made", "-- make");
    workspace.migrate(["accept", A.id, "--yes"]).succeeds();
    assert_eq!(found(&workspace), [""]);
    let current = workspace.migrate_json(["current"]).succeeds().json();
    assert_eq!(current["heads"], json!([A.id]));
}
