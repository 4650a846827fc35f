//! Processes that start at once on one database: exactly one of them applies each revision, and
//! all succeed.

use std::fs;

use migrate_tests::{Revision, Run, Running, Workspace, cargo_migrate, execute, query};

const PROCESSES: usize = 16;
const ROUNDS: usize = 50;
const IDS: [&str; 4] = ["r1", "r2", "r3", "r4"];

/// Revisions that leave a row each in a table without any constraint.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for (at, id) in IDS.into_iter().enumerate() {
        let table = if at == 0 { "CREATE TABLE ran (id TEXT);\n" } else { "" };
        let revises = if at == 0 { "base" } else { IDS[at - 1] };
        let up = format!("{table}INSERT INTO ran VALUES ('{id}');\nCREATE TABLE of_{id} (x);");
        workspace.revision(Revision { id, revises, up: &up, down: None });
    }
    workspace
}

#[test]
fn exactly_one_applies_each_revision_and_all_succeed() {
    let workspace = workspace();
    let mut shared = 0;
    for round in 0..ROUNDS {
        let name = format!("round{round}.db");
        let database = workspace.path(&name);
        let has_wal = round % 2 == 0;
        if has_wal {
            fs::write(&database, "").unwrap();
            execute(&database, "PRAGMA journal_mode = WAL");
        }
        let url = format!("sqlite:{name}");
        let arguments = ["up", "--format", "json", "-d", &url];
        let start = |_| Run::start(&mut workspace.command(cargo_migrate(), arguments));
        let running: Vec<Running> = (0..PROCESSES).map(start).collect();
        let applied: Vec<Vec<String>> =
            running.into_iter().map(|one| applied_by(&one.finish().succeeds())).collect();

        let mut all = applied.concat();
        all.sort_unstable();
        assert_eq!(all, IDS, "round {round}");
        assert_eq!(query(&database, "SELECT id AS x FROM ran ORDER BY rowid"), IDS);
        let rows = "SELECT id AS x FROM _migrate_revisions ORDER BY seq";
        assert_eq!(query(&database, rows), IDS, "round {round}");
        let log = "SELECT action || ' ' || revision || ' ' || outcome AS x \
                   FROM _migrate_log ORDER BY seq";
        assert_eq!(query(&database, log), IDS.map(|id| format!("up {id} ok")), "round {round}");
        let mode = "SELECT journal_mode AS x FROM pragma_journal_mode";
        assert_eq!(query(&database, mode), [if has_wal { "wal" } else { "delete" }]);
        shared += usize::from(applied.iter().filter(|ids| !ids.is_empty()).count() > 1);
    }
    println!("{ROUNDS} rounds of {PROCESSES} processes; in {shared} of them several did the work");
}

/// The revisions that a process says it has applied; its summary must be of one mind with itself.
fn applied_by(run: &Run) -> Vec<String> {
    let summary = run.json();
    assert_eq!(summary["type"], "summary", "{summary}");
    assert_eq!(summary["after"], serde_json::json!(["r4"]), "{summary}");
    let steps = summary["steps"].as_array().unwrap();
    assert_eq!(summary["applied"], steps.len(), "{summary}");
    steps.iter().map(|step| step["revision"].as_str().unwrap().to_owned()).collect()
}
