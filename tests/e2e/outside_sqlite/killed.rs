//! Killed at any moment: what is recorded as done is done, and nothing else is. The next run goes
//! on there without a question, but where a statement leaves something outside of the database.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use migrate_tests::{Random, Run, Workspace, cargo_migrate, execute, query};
use serde_json::json;

use super::{database, journal, outside, ran};

/// Kills that hit a run, for each kind of journal.
const KILLS: usize = 40;
/// Rows that each direction writes into a table without any constraint.
const ROWS: usize = 12;

#[test]
fn with_a_rollback_journal_nothing_is_lost_and_nothing_runs_twice() {
    survives_kills("delete");
}

#[test]
fn with_a_write_ahead_log_nothing_is_lost_and_nothing_runs_twice() {
    survives_kills("wal");
}

/// Statements of all kinds: three that may run again, and then one that leaves a row.
fn statements(sign: &str) -> String {
    let four = |row| {
        let session = match row {
            2 => "ATTACH ':memory:' AS other",
            _ => "PRAGMA recursive_triggers = ON",
        };
        format!(
            "PRAGMA foreign_keys = OFF;\n{session};\nVACUUM;\n\
             INSERT INTO ran VALUES ({sign}{row});\n"
        )
    };
    (2..2 + ROWS).map(four).collect()
}

/// Fails if the row does not say exactly what is there.
fn assert_recorded(workspace: &Workspace, goes_up: bool, rounds: usize) {
    // A copy, so that it's the next run that finds the hot journal.
    let copy = tempfile::tempdir().unwrap();
    for name in ["shop.db", "shop.db-journal", "shop.db-wal"] {
        if workspace.path(name).exists() {
            fs::copy(workspace.path(name), copy.path().join(name)).unwrap();
        }
    }
    let file = copy.path().join("shop.db");
    let state = "SELECT state || ' ' || done AS x FROM _migrate_revisions WHERE id = 'cccc3333'";
    let state = query(&file, state).pop().unwrap_or_else(|| "none 0".to_owned());
    let done: usize = state.rsplit(' ').next().unwrap().parse().unwrap();
    let rows = match (state.split(' ').next().unwrap(), goes_up) {
        ("none", true) | ("applied", false) => 0,
        ("none", false) | ("applied", true) => ROWS,
        ("up_partial", true) | ("down_partial", false) => done / 4,
        (other, _) => panic!("{other}"),
    };
    let (up, down) = if goes_up { (rows, 0) } else { (ROWS, rows) };
    let counts = "SELECT sum(x > 1) || ' ' || sum(x < 0) || ' ' || count(*) AS x FROM ran";
    let all = 1 + 2 * ROWS * rounds + up + down;
    let expected = format!("{} {} {all}", ROWS * rounds + up, ROWS * rounds + down);
    assert_eq!(query(&file, counts), [expected], "{state}");
}

fn survives_kills(journal_mode: &str) {
    let mut random = Random::from_environment();
    let workspace = Workspace::new();
    outside(&workspace, &statements(""), &statements("-"));
    fs::write(database(&workspace), "").unwrap();
    execute(&database(&workspace), &format!("PRAGMA journal_mode = {journal_mode}"));
    workspace.migrate(["up", "+1"]).succeeds();
    let now = Instant::now();
    workspace.migrate(["up"]).succeeds();
    let whole = now.elapsed();
    workspace.migrate(["down"]).succeeds();

    let (mut kills, mut in_between, mut rounds, mut goes_up) = (0, 0, 1, true);
    while kills < KILLS {
        let command = match (goes_up, journal(&workspace).first()) {
            (true, _) => ["up"],
            (false, Some(state)) if state.starts_with("down_partial") => ["resume"],
            (false, _) => ["down"],
        };
        let running = Run::start(&mut workspace.command(cargo_migrate(), command));
        let is_killed = random.fraction() < 0.9;
        let run = if is_killed {
            sleep(whole.mul_f64(random.fraction()));
            running.kill()
        } else {
            running.finish()
        };
        assert_recorded(&workspace, goes_up, rounds);
        if run.code == Run::KILLED {
            kills += 1;
        } else {
            run.succeeds();
        }
        match (goes_up, journal(&workspace).first().map(String::as_str)) {
            (true, Some(state)) if state.starts_with("applied") => goes_up = false,
            (false, None) => (goes_up, rounds) = (true, rounds + 1),
            (_, Some(state)) if state.contains("partial") => in_between += 1,
            _ => {}
        }
    }
    println!("{journal_mode}: {kills} kills, {in_between} times half-way, {rounds} rounds");
    assert!(in_between > 0, "no kill hit a run half-way");
    let lock = ["--lock-timeout", "40s"];
    match journal(&workspace).first().map(String::as_str) {
        Some(state) if state.contains("partial") => {
            workspace.migrate(["resume"].into_iter().chain(lock)).succeeds();
        }
        _ => drop(workspace.migrate(["status"]).succeeds()),
    }
    let check = "SELECT integrity_check AS x FROM pragma_integrity_check";
    assert_eq!(query(&database(&workspace), check), ["ok"]);
}

#[test]
fn some_of_many_are_killed_and_the_others_take_over() {
    let mut random = Random::from_environment();
    let workspace = Workspace::new();
    outside(&workspace, &statements(""), &statements("-"));
    workspace.migrate(["up", "+1"]).succeeds();
    let now = Instant::now();
    workspace.migrate(["up"]).succeeds();
    let whole = now.elapsed();
    let expected: Vec<String> = (1..2 + ROWS).map(|row| row.to_string()).collect();
    for round in 0..8 {
        workspace.migrate(["down"]).succeeds();
        execute(&database(&workspace), "DELETE FROM ran WHERE x <> 1");
        let start = |_| Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
        let mut running: Vec<_> = (0..6).map(start).collect();
        for one in running.drain(..3) {
            sleep(whole.mul_f64(random.fraction() / 2.0));
            one.kill();
        }
        for one in running {
            one.finish().succeeds();
        }
        let rows = "SELECT x FROM (SELECT x AS x FROM ran ORDER BY x)";
        assert_eq!(query(&database(&workspace), rows), expected, "round {round}");
        assert_eq!(journal(&workspace), ["applied 48/48"]);
    }
}

#[test]
fn a_copy_that_was_being_written_is_asked_for() {
    let workspace = Workspace::new();
    let up = "CREATE TABLE much AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 \
              FROM n WHERE x < 200) SELECT randomblob(500000) AS x FROM n;\n\
              VACUUM INTO 'copy.db';\n\
              INSERT INTO ran VALUES (2);";
    let file = outside(&workspace, up, "SELECT 1;");
    workspace.migrate(["up", "+1"]).succeeds();
    let running = Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
    let deadline = Instant::now() + Duration::from_mins(1);
    while !workspace.path("copy.db").exists() {
        assert!(Instant::now() < deadline, "the copy is not begun");
        sleep(Duration::from_millis(1));
    }
    running.kill();
    assert_eq!(journal(&workspace), ["up_partial 1/3"], "it was too fast");
    let error = workspace.migrate_json(["up"]).exits(9).json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("revision.undecided"), &json!(9)));
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("resume cccc3333 --done") && hint.contains("--again"), "{hint}");
    workspace.migrate(["resume"]).exits(9);
    // It's not half of a copy that is wanted.
    workspace.replace(&file, "copy.db", "other.db");
    workspace.migrate(["resume", "cccc3333", "--again"]).succeeds();
    assert!(workspace.path("other.db").exists());
    assert_eq!(ran(&workspace), ["1", "2"]);
    assert_eq!(journal(&workspace), ["applied 3/3"]);
}
