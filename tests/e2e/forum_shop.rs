//! Real input: a forum and a shop in 27 revisions, 25 tables and 31 foreign keys, with triggers,
//! views, partial indexes, odd literals and data updates; up step by step, down to base and up
//! again, comparing the schema and all rows at every step.

use std::fs;

use migrate_tests::{Workspace, query, repository, state};

fn workspace() -> (Workspace, usize) {
    let workspace = Workspace::new();
    let mut count = 0;
    for entry in fs::read_dir(repository().join("tests/cases/forum_shop/revisions")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read(entry.path()).unwrap();
        workspace.write(format!("migrations/revisions/{name}"), text);
        count += 1;
    }
    (workspace, count)
}

#[test]
fn every_step_up_and_down_reaches_the_same_state_again() {
    let (workspace, count) = workspace();
    assert!(count >= 25);
    let database = workspace.path("shop.db");

    let mut states = vec![Vec::new()];
    for step in 1..=count {
        let summary = workspace.migrate_json(["up", "+1"]).succeeds().json();
        assert_eq!(summary["applied"], 1, "step {step}");
        assert_violations(&workspace);
        states.push(state(&database));
    }
    assert!(states[count].len() > 150, "rows are there to be compared");
    assert_eq!(workspace.migrate_json(["up"]).succeeds().json()["applied"], 0);

    for step in (0..count).rev() {
        let summary = workspace.migrate_json(["down"]).succeeds().json();
        assert_eq!(summary["applied"], 1);
        assert_violations(&workspace);
        assert_eq!(state(&database), states[step], "down to step {step}");
    }
    assert_eq!(
        workspace.migrate_json(["current"]).succeeds().json()["heads"],
        serde_json::json!([])
    );

    for (step, expected) in states.iter().enumerate().skip(1) {
        workspace.migrate(["up", "+1"]).succeeds();
        assert_eq!(state(&database), *expected, "up again to step {step}");
    }
    workspace.migrate(["verify"]).succeeds();
}

#[test]
fn all_at_once_reaches_the_same_state_as_step_by_step() {
    let (stepwise, count) = workspace();
    for _ in 0..count {
        stepwise.migrate(["up", "+1"]).succeeds();
    }
    let (at_once, _) = workspace();
    let summary = at_once.migrate_json(["up", "--transaction", "all"]).succeeds().json();
    assert_eq!(summary["applied"], count);
    assert_eq!(state(&at_once.path("shop.db")), state(&stepwise.path("shop.db")));

    at_once.migrate(["down", "base"]).succeeds();
    assert_eq!(state(&at_once.path("shop.db")), Vec::<String>::new());
}

fn assert_violations(workspace: &Workspace) {
    let sql = "SELECT \"table\" AS x FROM pragma_foreign_key_check";
    assert_eq!(query(&workspace.path("shop.db"), sql), Vec::<String>::new());
}
