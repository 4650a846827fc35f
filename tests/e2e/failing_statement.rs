//! A statement that fails in the middle of a script: its place in the file is told, nothing of
//! its revision is left, what came before stays.

use migrate_tests::{Revision, Workspace, query, state};

fn workspace() -> (Workspace, String) {
    let workspace = Workspace::new();
    workspace.revision(Revision {
        id: "aaaa1111",
        revises: "base",
        up: "CREATE TABLE users (name TEXT NOT NULL);",
        down: Some("DROP TABLE users;"),
    });
    let file = workspace.revision(Revision {
        id: "bbbb2222",
        revises: "aaaa1111",
        up: "CREATE TABLE çé (x);\nINSERT INTO çé VALUES (';'); /* ü */ INSERT INTO users\nVALUES (NULL);\n\
             CREATE TABLE never (x);",
        down: None,
    });
    (workspace, file)
}

#[test]
fn its_file_line_and_column_are_told() {
    let (workspace, file) = workspace();
    let run = workspace.migrate_json(["up"]).exits(8);
    let last = run.json();
    assert_eq!(last["applied"], serde_json::json!(["aaaa1111"]));
    assert_eq!(last["rolled_back"], "bbbb2222");
    let error = run.json_error();
    assert_eq!(error["code"], "revision.failed");
    assert_eq!(
        error["message"],
        "revision bbbb2222 failed: NOT NULL constraint failed: users.name"
    );
    assert_eq!(error["file"], file);
    assert_eq!((&error["line"], &error["column"]), (&9.into(), &38.into()));
    assert_eq!(error["statement"], "INSERT INTO users\nVALUES (NULL)");
    let types: Vec<_> = run.json_lines().iter().map(|line| line["type"].clone()).collect();
    assert_eq!(types, ["run_started", "step_started", "step_finished", "step_started", "error"]);
}

#[test]
fn nothing_of_the_revision_is_left_and_the_ones_before_stay() {
    let (workspace, file) = workspace();
    workspace.migrate(["up"]).exits(8);
    let database = workspace.path("shop.db");
    let left = state(&database);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].starts_with("table users"));
    assert_eq!(query(&database, "SELECT id AS x FROM _migrate_revisions"), ["aaaa1111"]);
    assert_eq!(
        query(
            &database,
            "SELECT action || ' ' || revision || ' ' || outcome AS x FROM _migrate_log"
        ),
        ["up aaaa1111 ok", "up bbbb2222 failed"]
    );
    workspace.replace(&file, "VALUES (NULL)", "VALUES ('a')");
    assert_eq!(workspace.migrate_json(["up"]).succeeds().json()["applied"], 1);
}

#[test]
fn a_script_with_its_own_commit_is_refused_before_anything_is_sent() {
    let (workspace, file) = workspace();
    workspace.replace(&file, "VALUES (NULL)", "VALUES ('a');\nCOMMIT");
    let error = workspace.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(error["code"], "script.transaction_control");
    assert_eq!((&error["line"], &error["column"]), (&11.into(), &1.into()));
    assert!(!workspace.path("shop.db").exists());
}

#[test]
fn what_this_version_does_not_run_is_refused_with_its_place() {
    let (workspace, file) = workspace();
    std::fs::remove_file(workspace.path(file)).unwrap();
    let rust = "//! x\n//!\n//! Revision: cccc3333\n//! Revises: aaaa1111\n";
    workspace.write("migrations/revisions/cccc3333.rs", rust);
    let error = workspace.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(error["code"], "script.rust");
}
