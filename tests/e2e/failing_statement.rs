//! A statement that fails in the middle of a script: its place in the file is told, nothing of
//! its revision is left, what came before stays.

use migrate_tests::{Dialect, Ground, Revision, Workspace};
use serde_json::json;

migrate_tests::on_every_dialect!(
    its_file_line_and_column_are_told,
    what_came_before_stays_and_the_mended_file_goes_on,
    a_script_with_its_own_commit_is_refused_before_anything_is_sent,
);
migrate_tests::on_dialects!([sqlite, postgres] nothing_of_the_revision_is_left);
migrate_tests::on_dialects!([mariadb] how_far_it_is_is_told);

fn revisions(workspace: &Workspace) -> String {
    workspace.revision(Revision {
        id: "aaaa1111",
        revises: "base",
        up: "CREATE TABLE users (name VARCHAR(20) NOT NULL);",
        down: Some("DROP TABLE users;"),
    });
    workspace.revision(Revision {
        id: "bbbb2222",
        revises: "aaaa1111",
        up: "CREATE TABLE çé (x text);\nINSERT INTO çé VALUES (';'); /* ü */ INSERT INTO users\n\
             VALUES (NULL);\nCREATE TABLE never (x int);",
        down: None,
    })
}

/// Where a change of the schema commits by itself, the revision is left as it is.
fn exit_code(ground: &Ground) -> i32 {
    match ground.dialect() {
        Dialect::Sqlite | Dialect::Postgres => 8,
        Dialect::Mariadb => 9,
    }
}

fn its_file_line_and_column_are_told(ground: &Ground) {
    let file = revisions(ground);
    let run = ground.migrate_json(["up"]).exits(exit_code(ground));
    let last = run.json();
    assert_eq!(last["applied"], json!(["aaaa1111"]));
    let error = run.json_error();
    assert_eq!(error["code"], "revision.failed");
    let (message, rolled_back) = match ground.dialect() {
        Dialect::Sqlite => ("NOT NULL constraint failed: users.name", json!("bbbb2222")),
        Dialect::Postgres => (
            "null value in column \"name\" of relation \"users\" violates not-null constraint",
            json!("bbbb2222"),
        ),
        Dialect::Mariadb => ("Column 'name' cannot be null", json!(null)),
    };
    let told = error["message"].as_str().unwrap();
    assert!(told.starts_with(&format!("revision bbbb2222 failed: {message}")), "{told}");
    assert_eq!(last["rolled_back"], rolled_back);
    assert_eq!(error["file"], file);
    assert_eq!((&error["line"], &error["column"]), (&9.into(), &38.into()));
    assert_eq!(error["statement"], "INSERT INTO users\nVALUES (NULL)");
    let types: Vec<_> = run.json_lines().iter().map(|line| line["type"].clone()).collect();
    assert_eq!(types, ["run_started", "step_started", "step_finished", "step_started", "error"]);
}

fn what_came_before_stays_and_the_mended_file_goes_on(ground: &Ground) {
    let file = revisions(ground);
    ground.migrate(["up"]).exits(exit_code(ground));
    let applied = "SELECT id FROM _migrate_revisions WHERE state = 'applied'";
    assert_eq!(ground.query(applied), ["aaaa1111"]);
    assert_eq!(ground.log(), ["up aaaa1111 ok", "up bbbb2222 failed"]);
    let status = ground.migrate_json(["status"]).succeeds().json();
    assert_eq!((&status["current"], &status["applied"]), (&json!(["aaaa1111"]), &json!(1)));
    ground.replace(&file, "VALUES (NULL)", "VALUES ('a')");
    assert_eq!(ground.migrate_json(["up"]).succeeds().json()["applied"], 1);
    assert_eq!(ground.applied(), ["aaaa1111", "bbbb2222"]);
    assert_eq!(ground.query("SELECT x FROM çé"), [";"]);
    assert_eq!(ground.query("SELECT name FROM users"), ["a"]);
    assert_eq!(ground.query("SELECT count(*) FROM never"), ["0"]);
    ground.migrate(["verify"]).succeeds();
}

fn nothing_of_the_revision_is_left(ground: &Ground) {
    revisions(ground);
    ground.migrate(["up", "+1"]).succeeds();
    let before = ground.state();
    ground.migrate(["up"]).exits(8);
    assert_eq!(ground.state(), before);
    assert_eq!(ground.applied(), ["aaaa1111"]);
}

fn how_far_it_is_is_told(ground: &Ground) {
    revisions(ground);
    let told = ground.migrate(["up"]).exits(9).stderr;
    assert!(told.contains("  2 of 4 statements are done and recorded"), "{told}");
    assert!(told.ends_with("help: correct the file, then: cargo migrate up\n"), "{told}");
    let rows = "SELECT concat(id, ' ', state, ' ', done, ' ', total) FROM _migrate_revisions \
                ORDER BY seq";
    assert_eq!(ground.query(rows), ["aaaa1111 applied 1 1", "bbbb2222 up_partial 2 4"]);
    let status = ground.migrate_json(["status"]).succeeds().json();
    assert_eq!((&status["partial"], &status["pending"]), (&json!(["bbbb2222"]), &json!([])));
    let told = ground.migrate(["status"]).succeeds().stdout;
    assert!(
        told.contains("bbbb2222 is applied only in part: 2 of 4 statements are done"),
        "{told}"
    );
    assert!(told.contains("revisions/bbbb2222.sql:9:38, statement 3\n"), "{told}");
}

fn a_script_with_its_own_commit_is_refused_before_anything_is_sent(ground: &Ground) {
    let file = revisions(ground);
    ground.replace(&file, "VALUES (NULL)", "VALUES ('a');\nCOMMIT");
    let error = ground.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(error["code"], "script.transaction_control");
    assert_eq!((&error["line"], &error["column"]), (&11.into(), &1.into()));
    assert!(ground.place().is_untouched());
}

#[test]
fn what_this_version_does_not_run_is_refused_with_its_place() {
    let workspace = Workspace::new();
    let file = revisions(&workspace);
    std::fs::remove_file(workspace.path(file)).unwrap();
    let rust = "//! x\n//!\n//! Revision: cccc3333\n//! Revises: aaaa1111\n";
    workspace.write("migrations/revisions/cccc3333.rs", rust);
    let error = workspace.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(error["code"], "script.rust");
}
