//! Refusals that are not about edits: a newer database, a broken or newer history, no way down.

use migrate_tests::{Revision, Workspace, execute, query, state};

const FIRST: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE users (name TEXT);",
    down: Some("DROP TABLE users;"),
};

fn applied() -> (Workspace, String) {
    let workspace = Workspace::new();
    let first = workspace.revision(FIRST);
    workspace.migrate(["up"]).succeeds();
    (workspace, first)
}

#[test]
fn a_revision_that_is_unknown_here_is_refused() {
    let (workspace, first) = applied();
    std::fs::remove_file(workspace.path(first)).unwrap();
    workspace.revision(Revision { id: "bbbb2222", ..FIRST });
    let before = state(&workspace.path("shop.db"));
    let error = workspace.migrate_json(["up"]).exits(10).json_error();
    assert_eq!(
        (&error["code"], &error["revision"]),
        (&"integrity.unknown".into(), &"aaaa1111".into())
    );
    assert_eq!(state(&workspace.path("shop.db")), before);
    let status = workspace.migrate_json(["status"]).succeeds().json();
    assert_eq!(status["unknown"], serde_json::json!(["aaaa1111"]));
    assert_eq!(workspace.migrate(["verify"]).code, 1);
}

#[test]
fn history_tables_of_a_newer_format_are_refused() {
    let (workspace, _) = applied();
    execute(
        &workspace.path("shop.db"),
        "UPDATE _migrate_meta SET value = '99' WHERE key = 'format'",
    );
    for command in ["up", "down", "status", "verify", "current"] {
        let error = workspace.migrate_json([command]).exits(10).json_error();
        assert_eq!(error["code"], "history.version", "{command}");
    }
    execute(&workspace.path("shop.db"), "ALTER TABLE _migrate_revisions DROP COLUMN state");
    assert_eq!(workspace.migrate_json(["up"]).exits(10).json_error()["code"], "history.version");
}

#[test]
fn an_irreversible_revision_refuses_before_anything_is_touched() {
    let (workspace, _) = applied();
    workspace.revision(Revision { id: "bbbb2222", revises: "aaaa1111", up: "", down: None });
    workspace.revision(Revision { id: "cccc3333", revises: "bbbb2222", up: "", down: Some("") });
    workspace.migrate(["up"]).succeeds();
    let error = workspace.migrate_json(["down", "aaaa1111"]).exits(4).json_error();
    assert_eq!(
        (&error["code"], &error["revision"]),
        (&"revision.irreversible".into(), &"bbbb2222".into())
    );
    let heads = workspace.migrate_json(["current"]).succeeds().json();
    assert_eq!(heads["heads"], serde_json::json!(["cccc3333"]));
}

#[test]
fn two_heads_are_refused_with_their_names() {
    let (workspace, _) = applied();
    workspace.revision(Revision { id: "bbbb2222", revises: "aaaa1111", ..FIRST });
    workspace.revision(Revision { id: "cccc3333", revises: "aaaa1111", ..FIRST });
    for arguments in [["up", "head"], ["new", "x"]] {
        let error = workspace.migrate_json(arguments).exits(4).json_error();
        assert_eq!(error["code"], "graph.multiple_heads");
        assert_eq!(error["candidates"], serde_json::json!(["bbbb2222", "cccc3333"]));
    }
}

#[test]
fn the_history_remembers_where_each_row_came_from() {
    let (workspace, _) = applied();
    let row = "SELECT id || '|' || revises || '|' || message || '|' || file || '|' || kind || '|' || state \
               || '|' || origin || '|' || down_source || '|' || crate_name || '|' || tool_version AS x \
               FROM _migrate_revisions";
    assert_eq!(
        query(&workspace.path("shop.db"), row),
        [
            "aaaa1111||make aaaa1111|revisions/aaaa1111.sql|sql|applied|run|DROP TABLE users;\n|shop-migrations|0.1.0"
        ]
    );
    let format = "SELECT value AS x FROM _migrate_meta WHERE key = 'format'";
    assert_eq!(query(&workspace.path("shop.db"), format), ["1"]);
}
