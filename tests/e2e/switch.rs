//! Branches of a checkout on one database: what the other branch has applied is taken down from the
//! database, where there is no file of it.

use migrate_tests::{Revision, Workspace, query, state};

/// Two revisions of the trunk; the branch adds two on top of the first.
fn on_a_branch() -> Workspace {
    let workspace = Workspace::new().with_tables(&[("aaaa1111", "base")]);
    workspace.migrate(["up"]).succeeds();
    workspace
}

fn check_out_branch(workspace: &Workspace) {
    for (id, revises) in [("bbbb2222", "aaaa1111"), ("cccc3333", "bbbb2222")] {
        let (up, down) = (format!("CREATE TABLE {id} (x);"), format!("DROP TABLE {id};"));
        workspace.revision(Revision { id, revises, up: &up, down: Some(&down) });
    }
}

fn leave_branch(workspace: &Workspace) {
    for id in ["bbbb2222", "cccc3333"] {
        std::fs::remove_file(workspace.path(format!("migrations/revisions/{id}.sql"))).unwrap();
    }
}

fn add_to_trunk(workspace: &Workspace) {
    workspace.revision(Revision {
        id: "dddd4444",
        revises: "aaaa1111",
        up: "CREATE TABLE dddd4444 (x);",
        down: Some("DROP TABLE dddd4444;"),
    });
}

#[test]
fn brings_the_database_to_the_checkout() {
    let workspace = on_a_branch();
    let database = workspace.path("shop.db");
    let trunk = state(&database);
    check_out_branch(&workspace);
    workspace.migrate(["up"]).succeeds();
    leave_branch(&workspace);

    let error = workspace.migrate(["up"]).exits(10).stderr;
    assert!(error.contains("bring it to this checkout: cargo migrate switch"), "{error}");
    workspace.migrate(["switch", "--yes"]).succeeds();
    assert_eq!(state(&database), trunk);
    let log = "SELECT revision AS x FROM _migrate_log WHERE action = 'down' ORDER BY seq";
    assert_eq!(query(&database, log), ["cccc3333", "bbbb2222"]);

    // And back again: here nothing is unknown.
    check_out_branch(&workspace);
    workspace.migrate(["switch", "--yes"]).succeeds();
    let current = workspace.migrate_json(["current"]).succeeds().json();
    assert_eq!(current["heads"], serde_json::json!(["cccc3333"]));
    let told = workspace.migrate(["switch"]).succeeds().stdout;
    assert!(told.contains("nothing to do, at cccc3333"), "{told}");
}

#[test]
fn tells_the_plan_asks_and_ends_with_the_summary() {
    let workspace = on_a_branch();
    check_out_branch(&workspace);
    workspace.migrate(["up"]).succeeds();
    leave_branch(&workspace);
    add_to_trunk(&workspace);
    let database = workspace.path("shop.db");
    let before = state(&database);

    let plan = workspace.migrate_json(["switch", "--dry-run"]).succeeds().json();
    let steps: Vec<_> = plan["steps"].as_array().unwrap().iter().collect();
    let steps: Vec<_> = steps.iter().map(|it| (&it["revision"], &it["direction"])).collect();
    let expected = serde_json::json!(["cccc3333", "down", "bbbb2222", "down", "dddd4444", "up"]);
    let expected = expected.as_array().unwrap();
    assert_eq!(steps, expected.chunks(2).map(|it| (&it[0], &it[1])).collect::<Vec<_>>());
    assert_eq!(plan["before"], serde_json::json!(["cccc3333"]));
    assert_eq!(plan["after"], serde_json::json!(["dddd4444"]));

    // Nobody can be asked here, so nothing is done.
    let told = workspace.migrate(["switch"]).succeeds().stdout;
    assert!(told.contains("Would down cccc3333") && told.contains("Would up dddd4444"), "{told}");
    let last = workspace.migrate_json(["switch"]).succeeds().json();
    assert_eq!((&last["type"], &last["applied"]), (&"summary".into(), &0.into()));
    assert_eq!(last["before"], last["after"]);
    assert_eq!(state(&database), before);

    let run = workspace.migrate_json(["switch", "--yes"]).succeeds();
    let lines = run.json_lines();
    assert_eq!((&lines[0]["type"], &lines[0]["after"]), (&"plan".into(), &plan["after"]));
    let summary = lines.last().unwrap();
    assert_eq!((&summary["type"], &summary["applied"]), (&"summary".into(), &3.into()));
    assert_eq!(summary["after"], plan["after"]);
}

#[test]
fn down_works_without_a_file() {
    let workspace = on_a_branch();
    check_out_branch(&workspace);
    workspace.migrate(["up"]).succeeds();
    leave_branch(&workspace);
    // What can't be applied again is not redone.
    let error = workspace.migrate_json(["redo"]).exits(10).json_error();
    assert_eq!(error["code"], "integrity.unknown");
    workspace.migrate(["down"]).succeeds();
    let status = workspace.migrate_json(["status"]).succeeds().json();
    assert_eq!(status["current"], serde_json::json!(["bbbb2222"]));
    workspace.migrate(["down", "base"]).succeeds();
    assert_eq!(state(&workspace.path("shop.db")), Vec::<String>::new());
}

#[test]
fn an_irreversible_revision_stops_it_before_anything_is_touched() {
    let workspace = on_a_branch();
    let up = "CREATE TABLE bbbb2222 (x);";
    let file = workspace.revision(Revision { id: "bbbb2222", revises: "aaaa1111", up, down: None });
    workspace.migrate(["up"]).succeeds();
    std::fs::remove_file(workspace.path(file)).unwrap();
    add_to_trunk(&workspace);
    let before = state(&workspace.path("shop.db"));
    for arguments in [&["switch", "--yes"][..], &["switch", "--dry-run"], &["down"]] {
        let error = workspace.migrate_json(arguments.iter().copied()).exits(10).json_error();
        assert_eq!(error["code"], "integrity.unknown", "{arguments:?}");
        assert_eq!(error["revision"], "bbbb2222");
    }
    assert_eq!(state(&workspace.path("shop.db")), before);
}

#[test]
fn an_error_tells_the_line_of_the_stored_section() {
    let workspace = on_a_branch();
    check_out_branch(&workspace);
    workspace.migrate(["up"]).succeeds();
    leave_branch(&workspace);
    migrate_tests::execute(
        &workspace.path("shop.db"),
        "UPDATE _migrate_revisions SET down_source = char(10) || 'DROP TABLE nope;' \
         WHERE id = 'cccc3333'",
    );
    let error = workspace.migrate_json(["switch", "--yes"]).exits(8).json_error();
    assert_eq!((&error["revision"], &error["line"]), (&"cccc3333".into(), &2.into()));
    assert_eq!(error["file"], "down section stored in the database");
    let shown = workspace.migrate(["down"]).exits(8).stderr;
    assert!(shown.contains("down section stored in the database:2:1"), "{shown}");
}
