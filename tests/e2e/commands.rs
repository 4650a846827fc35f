//! The contract of the commands: JSON keys, their order, exit codes.

use std::fs;

use migrate_tests::{Dialect, Ground, Run, Workspace};
use serde_json::json;

migrate_tests::on_every_dialect!(
    a_dry_run_plans_and_touches_nothing,
    a_run_prints_a_line_for_each_moment_and_a_summary,
    targets_are_ids_prefixes_words_and_walks,
    history_lists_newest_first_and_asks_the_database_only_when_told,
    status_says_it_all_in_one_document,
    new_writes_a_revision_on_top_of_the_head,
);

const THREE: [(&str, &str); 3] =
    [("aaaa1111", "base"), ("bbbb2222", "aaaa1111"), ("cccc3333", "bbbb2222")];

fn keys(value: &serde_json::Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn targets(run: &Run) -> Vec<String> {
    let steps = run.json()["steps"].as_array().unwrap().clone();
    let step = |step: &serde_json::Value| {
        format!("{} {}", step["direction"].as_str().unwrap(), step["revision"].as_str().unwrap())
    };
    steps.iter().map(step).collect()
}

fn a_dry_run_plans_and_touches_nothing(ground: &Ground) {
    ground.tables(&THREE);
    let plan = ground.migrate_json(["up", "--dry-run"]).succeeds();
    assert_eq!(targets(&plan), ["up aaaa1111", "up bbbb2222", "up cccc3333"]);
    assert_eq!(keys(&plan.json()), ["steps", "before", "after"]);
    assert_eq!(
        keys(&plan.json()["steps"][0]),
        ["revision", "direction", "message", "kind", "file"]
    );
    assert_eq!((&plan.json()["before"], &plan.json()["after"]), (&json!([]), &json!(["cccc3333"])));
    assert!(ground.place().is_untouched());

    ground.migrate(["up"]).succeeds();
    let plan = ground.migrate_json(["down", "base", "--dry-run"]).succeeds();
    assert_eq!(targets(&plan), ["down cccc3333", "down bbbb2222", "down aaaa1111"]);
    let current = ground.migrate_json(["current"]).succeeds().json();
    assert_eq!(current, json!({ "heads": ["cccc3333"] }));
}

fn a_run_prints_a_line_for_each_moment_and_a_summary(ground: &Ground) {
    ground.tables(&THREE);
    let run = ground.migrate_json(["up", "bbbb"]).succeeds();
    let types: Vec<_> = run.json_lines().iter().map(|line| line["type"].clone()).collect();
    assert_eq!(
        types,
        [
            "run_started",
            "step_started",
            "step_finished",
            "step_started",
            "step_finished",
            "summary",
        ]
    );
    assert_eq!(keys(&run.json()), ["type", "steps", "before", "after", "applied", "duration_ms"]);
    assert_eq!(
        keys(&run.json()["steps"][0]),
        ["revision", "direction", "message", "kind", "file", "duration_ms",]
    );
    assert_eq!(run.json()["applied"], 2);
}

fn targets_are_ids_prefixes_words_and_walks(ground: &Ground) {
    ground.tables(&THREE);
    for (arguments, expected) in [
        (["up", "+1"], vec!["up aaaa1111"]),
        (["upgrade", "aaaa1111+1"], vec!["up bbbb2222"]),
        (["up", "heads"], vec!["up cccc3333"]),
        (["up", "a"], vec![]),
        (["down", "-2"], vec!["down cccc3333", "down bbbb2222"]),
        (["up", "head"], vec!["up bbbb2222", "up cccc3333"]),
        (["downgrade", "aaaa"], vec!["down cccc3333", "down bbbb2222"]),
        (["down", "base"], vec!["down aaaa1111"]),
    ] {
        assert_eq!(targets(&ground.migrate_json(arguments).succeeds()), expected, "{arguments:?}");
    }
    for (arguments, code) in [
        (["up", "zzzz"], "graph.unresolved"),
        (["up", "+9"], "graph.relative_out_of_reach"),
        (["down", "-1"], "graph.relative_out_of_reach"),
        (["up", "a:b"], "graph.range_not_allowed"),
        (["down", "bbbb"], "graph.range_not_ancestor"),
    ] {
        let error = ground.migrate_json(arguments).exits(4).json_error();
        assert_eq!(error["code"], code, "{arguments:?}");
    }
}

fn history_lists_newest_first_and_asks_the_database_only_when_told(ground: &Ground) {
    ground.tables(&THREE);
    let history = ground.migrate_json(["history"]).succeeds().json();
    let ids = |history: &serde_json::Value| -> Vec<String> {
        let revisions = history["revisions"].as_array().unwrap().clone();
        revisions.iter().map(|one| one["revision"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&history), ["cccc3333", "bbbb2222", "aaaa1111"]);
    assert_eq!(
        history["revisions"][1],
        json!({
            "revision": "bbbb2222", "revises": ["aaaa1111"], "depends_on": [], "labels": [],
            "message": "make bbbb2222", "file": "migrations/revisions/bbbb2222.sql",
            "created": "2026-11-23T10:12:13Z", "state": null,
        })
    );
    assert!(ground.place().is_untouched());

    ground.migrate(["up", "bbbb2222"]).succeeds();
    let history = ground.migrate_json(["history", "-i"]).succeeds().json();
    let states: Vec<_> =
        history["revisions"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["pending", "applied", "applied"]);
    assert_eq!(ids(&ground.migrate_json(["history", ":bbbb"]).json()), ["bbbb2222", "aaaa1111"]);
    assert_eq!(ids(&ground.migrate_json(["history", "current:"]).json()), ["cccc3333", "bbbb2222"]);
    let run = ground.migrate(["history", "-i"]).succeeds();
    assert_eq!(
        run.stdout.lines().nth(1).unwrap(),
        "2026-11-23 bbbb2222 make bbbb2222 (applied, current)"
    );
}

fn status_says_it_all_in_one_document(ground: &Ground) {
    let dialect = match ground.dialect() {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
        Dialect::Mariadb => "mariadb",
    };
    ground.tables(&THREE);
    ground.migrate(["up", "+1"]).succeeds();
    let status = ground.migrate_json(["status"]).succeeds().json();
    let database = status["database"].as_str().unwrap();
    assert!(database.ends_with(ground.place().address()), "{database}");
    assert_eq!(
        status,
        json!({
            "database": database, "dialect": dialect, "heads": ["cccc3333"],
            "current": ["aaaa1111"], "applied": 1, "pending": ["bbbb2222", "cccc3333"],
            "edited": [], "unknown": [], "partial": [],
        })
    );
}

#[test]
fn what_only_reads_creates_neither_file_nor_table() {
    let workspace = Workspace::new().with_tables(&THREE);
    for command in ["status", "current", "verify", "down"] {
        let error = workspace.migrate_json([command]).exits(6).json_error();
        assert_eq!(error["code"], "database.unreachable", "{command}");
        assert!(!workspace.path("shop.db").exists(), "{command}");
    }
    fs::write(workspace.path("shop.db"), "").unwrap();
    for command in ["status", "current", "verify"] {
        workspace.migrate([command]).succeeds();
        assert_eq!(fs::metadata(workspace.path("shop.db")).unwrap().len(), 0, "{command}");
    }
}

#[test]
fn up_creates_a_missing_file_unless_the_url_says_otherwise() {
    let workspace = Workspace::new().with_tables(&THREE);
    let error = workspace.migrate_json(["up", "-d", "sqlite:new.db?mode=rw"]).exits(6).json_error();
    assert_eq!(error["code"], "database.unreachable");
    let run = workspace.migrate(["up", "-d", "sqlite:new.db"]).succeeds();
    assert!(
        run.stdout.starts_with("     Created sqlite:new.db\n          Up aaaa1111"),
        "{}",
        run.stdout
    );
    assert!(workspace.path("new.db").exists());
}

fn new_writes_a_revision_on_top_of_the_head(ground: &Ground) {
    ground.tables(&THREE);
    let run = ground.migrate_json(["new", "Add users' table", "--rev-id", "dddd4444"]).succeeds();
    let document = run.json();
    assert_eq!(keys(&document), ["revision", "file", "revises"]);
    assert_eq!(
        (&document["revision"], &document["revises"]),
        (&"dddd4444".into(), &json!(["cccc3333"]))
    );
    let file = document["file"].as_str().unwrap();
    assert!(
        file.starts_with("migrations/revisions/")
            && file.ends_with("_dddd4444_add_users_table.sql")
    );
    let text = ground.read(file);
    assert!(text.starts_with(
        "-- Add users' table\n--\n-- Revision: dddd4444\n-- Revises: cccc3333\n-- Created: 2"
    ));
    assert!(text.ends_with("\n\n-- migrate:up\n\n-- migrate:down\n"));

    let second = ground.migrate_json(["revision", "-m", "next"]).succeeds().json();
    assert_eq!(second["revises"], json!(["dddd4444"]));
    assert_eq!(second["revision"].as_str().unwrap().len(), 12);
    for (arguments, exit) in [
        (vec!["new", "x", "--rev-id", "aaaa1111"], 4),
        (vec!["new", "x", "--rev-id", "head"], 4),
        (vec!["new", "two\nlines"], 2),
        (vec!["new"], 2),
        (vec!["up", "--unknown"], 2),
    ] {
        let run = ground.migrate_json(arguments.clone()).exits(exit);
        assert_eq!(run.json()["type"], "error", "{arguments:?}");
    }
}
