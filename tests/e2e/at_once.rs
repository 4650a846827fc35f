//! Processes that start at once on one database: exactly one of them applies each revision, and
//! all succeed.

use std::fs;

use migrate_tests::{Ground, Revision, Run, Running, Workspace, cargo_migrate, execute, query};

migrate_tests::on_every_dialect!(
    exactly_one_applies_each_revision_and_all_succeed,
    those_that_go_up_and_those_that_go_down_wait_for_each_other,
);

const PROCESSES: usize = 16;
/// Rounds on a database that is taken down in between, and on new ones.
const ROUNDS: usize = 10;
/// Rounds on a new file of SQLite's each.
const FILES: usize = 50;
const IDS: [&str; 4] = ["r1", "r2", "r3", "r4"];

/// Revisions that leave a row each in a table without any constraint.
fn revisions(workspace: &Workspace) {
    for (at, id) in IDS.into_iter().enumerate() {
        let (first, last) = match at {
            0 => ("CREATE TABLE ran (id VARCHAR(9));\n", "DROP TABLE ran;"),
            _ => ("", ""),
        };
        let revises = if at == 0 { "base" } else { IDS[at - 1] };
        let up = format!("{first}INSERT INTO ran VALUES ('{id}');\nCREATE TABLE of_{id} (x int);");
        let down = format!("DROP TABLE of_{id};\nDELETE FROM ran WHERE id = '{id}';\n{last}");
        workspace.revision(Revision { id, revises, up: &up, down: Some(&down) });
    }
}

/// Starts all of them and gives what each has applied.
fn start_all(workspace: &Workspace, url: &str) -> Vec<Vec<String>> {
    let arguments = ["up", "--format", "json", "-d", url];
    let start = |_| Run::start(&mut workspace.command(cargo_migrate(), arguments));
    let running: Vec<Running> = (0..PROCESSES).map(start).collect();
    running.into_iter().map(|one| applied_by(&one.finish().succeeds())).collect()
}

fn exactly_one_applies_each_revision_and_all_succeed(ground: &Ground) {
    revisions(ground);
    for round in 0..ROUNDS {
        // On a new one all of them make the tables of the history, too.
        let new = (round % 2 == 1).then(|| ground.another_place());
        let place = new.as_ref().unwrap_or(ground.place());
        let mut all = start_all(ground, place.url()).concat();
        all.sort_unstable();
        assert_eq!(all, IDS, "round {round}");
        assert_eq!(place.query("SELECT id FROM ran ORDER BY id"), IDS, "round {round}");
        assert_eq!(place.applied(), IDS, "round {round}");
        let mut log = place.log();
        let log = log.split_off(log.len() - IDS.len());
        assert_eq!(log, IDS.map(|id| format!("up {id} ok")), "round {round}");
        ground.migrate(["down", "base", "-d", place.url()]).succeeds();
        assert_eq!(place.state(), [""; 0], "round {round}");
    }
}

fn those_that_go_up_and_those_that_go_down_wait_for_each_other(ground: &Ground) {
    revisions(ground);
    for round in 0..ROUNDS {
        let start = |process: usize| {
            let arguments: &[&str] =
                if process.is_multiple_of(2) { &["up"] } else { &["down", "base"] };
            Run::start(&mut ground.command(cargo_migrate(), arguments.iter().copied()))
        };
        // A database must be there before one that goes down asks for it.
        ground.migrate(["up"]).succeeds();
        let running: Vec<Running> = (0..PROCESSES).map(start).collect();
        for one in running {
            one.finish().succeeds();
        }
        // Whoever came last, all of it is as one of them leaves it.
        ground.migrate(["verify"]).succeeds();
        let status = ground.migrate_json(["status"]).succeeds().json();
        assert_eq!(status["partial"], serde_json::json!([]), "round {round}");
        ground.migrate(["up"]).succeeds();
        assert_eq!(ground.applied(), IDS, "round {round}");
        assert_eq!(ground.query("SELECT id FROM ran ORDER BY id"), IDS, "round {round}");
    }
}

/// Half of the files have a write-ahead log.
#[test]
fn the_same_on_files_of_both_journals() {
    let workspace = Workspace::new();
    revisions(&workspace);
    let mut shared = 0;
    for round in 0..FILES {
        let name = format!("round{round}.db");
        let database = workspace.path(&name);
        let has_wal = round % 2 == 0;
        if has_wal {
            fs::write(&database, "").unwrap();
            execute(&database, "PRAGMA journal_mode = WAL");
        }
        let applied = start_all(&workspace, &format!("sqlite:{name}"));

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
    println!("{FILES} rounds of {PROCESSES} processes; in {shared} of them several did the work");
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
