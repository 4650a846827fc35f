//! `transaction:false` on SQLite: what has no effect in a transaction, statement by statement. What
//! fails or is killed half-way goes on where it stopped, and nobody else writes in between.

mod killed;
mod lease;

use std::path::PathBuf;

use migrate_tests::{Revision, Run, Running, Workspace, cargo_migrate, execute, query, state};
use serde_json::json;

const A: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE ran (x);\nINSERT INTO ran VALUES (1);",
    down: Some("DROP TABLE ran;"),
};

/// A revision on top of `A` whose sections run outside of a transaction. Gives its file.
fn outside(workspace: &Workspace, up: &str, down: &str) -> String {
    workspace.revision(A);
    let id = "cccc3333";
    let file = workspace.revision(Revision { id, revises: A.id, up, down: Some(down) });
    for direction in ["up", "down"] {
        let marker = format!("-- migrate:{direction}\n");
        let outside = format!("-- migrate:{direction} transaction:false\n");
        workspace.replace(&file, &marker, &outside);
    }
    file
}

fn database(workspace: &Workspace) -> PathBuf {
    workspace.path("shop.db")
}

/// State, statements that are done, and all of them.
fn journal(workspace: &Workspace) -> Vec<String> {
    query(
        &database(workspace),
        "SELECT state || ' ' || done || '/' || total AS x FROM _migrate_revisions \
         WHERE id = 'cccc3333'",
    )
}

fn ran(workspace: &Workspace) -> Vec<String> {
    query(&database(workspace), "SELECT x FROM (SELECT x AS x FROM ran ORDER BY x)")
}

fn log(workspace: &Workspace) -> Vec<String> {
    query(
        &database(workspace),
        "SELECT action || ' ' || outcome AS x FROM _migrate_log WHERE revision = 'cccc3333' \
         ORDER BY seq",
    )
}

#[test]
fn a_table_that_others_reference_is_made_anew() {
    let workspace = Workspace::new();
    workspace.revision(Revision {
        id: "aaaa1111",
        revises: "base",
        up: "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n\
             CREATE TABLE orders (user INTEGER REFERENCES users ON DELETE CASCADE);\n\
             INSERT INTO users VALUES (1, 'ann'), (2, 'bob');\n\
             INSERT INTO orders VALUES (1), (1), (2);",
        down: None,
    });
    let rebuild = |columns: &str, names: &str| {
        format!(
            "PRAGMA foreign_keys = OFF;\n\
             CREATE TABLE users_new ({columns});\n\
             INSERT INTO users_new ({names}) SELECT {names} FROM users;\n\
             DROP TABLE users;\n\
             ALTER TABLE users_new RENAME TO users;\n\
             PRAGMA foreign_key_check;\n\
             PRAGMA foreign_keys = ON;"
        )
    };
    let up = rebuild("id INTEGER PRIMARY KEY, name TEXT NOT NULL", "id, name");
    let down = rebuild("id INTEGER PRIMARY KEY, name TEXT", "id, name");
    let file = workspace.revision(Revision {
        id: "cccc3333",
        revises: "aaaa1111",
        up: &up,
        down: Some(&down),
    });
    // In a transaction the PRAGMA would do nothing, and the orders would go with the users.
    let error = workspace.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(error["code"], "script.no_effect");
    assert!(error["hint"].as_str().unwrap().contains("transaction:false"), "{error}");
    workspace.replace(&file, "-- migrate:up", "-- migrate:up transaction:false");
    workspace.replace(&file, "-- migrate:down", "-- migrate:down transaction:false");

    workspace.migrate(["up"]).succeeds();
    let orders = "SELECT count(*) AS x FROM orders JOIN users ON user = id";
    let definition = "SELECT sql AS x FROM sqlite_master WHERE name = 'users'";
    assert_eq!(query(&database(&workspace), orders), ["3"]);
    assert!(query(&database(&workspace), definition)[0].contains("name TEXT NOT NULL"));
    workspace.migrate(["verify"]).succeeds();
    workspace.migrate(["down"]).succeeds();
    assert_eq!(query(&database(&workspace), orders), ["3"]);
    assert!(!query(&database(&workspace), definition)[0].contains("name TEXT NOT NULL"));
    assert_eq!(log(&workspace), ["up ok", "down ok"]);
    workspace.migrate(["up"]).succeeds();
    workspace.migrate(["redo"]).succeeds();
    assert_eq!(query(&database(&workspace), orders), ["3"]);
}

#[test]
fn what_a_transaction_forbids_runs() {
    let workspace = Workspace::new();
    let up = "PRAGMA journal_mode = WAL;\n\
              CREATE TABLE much AS SELECT randomblob(500000) AS x;\n\
              DROP TABLE much;\n\
              VACUUM;\n-- the end";
    outside(&workspace, up, "PRAGMA journal_mode = DELETE;\nVACUUM;");
    let up = workspace.migrate_json(["up"]).succeeds().json();
    assert_eq!(up["after"], json!(["cccc3333"]));
    assert_eq!(journal(&workspace), ["applied 4/4"]);
    let mode = "SELECT journal_mode AS x FROM pragma_journal_mode";
    assert_eq!(query(&database(&workspace), mode), ["wal"]);
    let free = "SELECT freelist_count AS x FROM pragma_freelist_count";
    assert_eq!(query(&database(&workspace), free), ["0"]);
    workspace.migrate(["down"]).succeeds();
    assert_eq!(query(&database(&workspace), mode), ["delete"]);
    assert!(journal(&workspace).is_empty());
}

#[test]
fn what_failed_goes_on_where_it_stopped() {
    let workspace = Workspace::new();
    let up =
        "INSERT INTO ran VALUES (2);\nINSERT INTO nope VALUES (3);\nINSERT INTO ran VALUES (4);";
    let down = "DELETE FROM ran WHERE x > 3;\nDELETE FROM nope;\nVACUUM;";
    let file = outside(&workspace, up, down);
    let run = workspace.migrate_json(["up"]).exits(9);
    let error = run.json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("revision.failed"), &json!(9)));
    assert_eq!(run.json()["applied"], json!(["aaaa1111"]));
    assert_eq!(journal(&workspace), ["up_partial 1/3"]);
    let status = workspace.migrate_json(["status"]).succeeds().json();
    assert_eq!((&status["partial"], &status["pending"]), (&json!(["cccc3333"]), &json!([])));
    let status = workspace.migrate(["status"]).succeeds().stdout;
    for expected in [":9:1, statement 2", "INSERT INTO nope VALUES (3)", "cargo migrate up"] {
        assert!(status.contains(expected), "{expected} is not in {status}");
    }
    let error = workspace.migrate_json(["down"]).exits(9).json_error();
    assert_eq!(error["code"], "integrity.partial");

    // What is done must stay as it was; the rest may be corrected.
    workspace.replace(&file, "VALUES (2)", "VALUES (22)");
    let error = workspace.migrate_json(["up"]).exits(10).json_error();
    assert_eq!(error["code"], "integrity.edited");
    workspace.replace(&file, "VALUES (22)", "VALUES (2)");
    workspace.replace(&file, "INSERT INTO nope", "INSERT INTO ran");
    workspace.migrate(["up"]).succeeds();
    assert_eq!(ran(&workspace), ["1", "2", "3", "4"]);
    assert_eq!(journal(&workspace), ["applied 3/3"]);
    workspace.migrate(["verify"]).succeeds();

    workspace.migrate(["down"]).exits(9);
    assert_eq!(journal(&workspace), ["down_partial 1/3"]);
    let error = workspace.migrate_json(["up"]).exits(9).json_error();
    assert_eq!(error["code"], "integrity.partial");
    workspace.replace(&file, "DELETE FROM nope", "DELETE FROM ran WHERE x > 1");
    workspace.migrate(["resume"]).succeeds();
    assert_eq!(ran(&workspace), ["1"]);
    assert_eq!(log(&workspace), ["up failed", "up ok", "down failed", "down ok"]);
    workspace.migrate(["resume"]).succeeds();
}

#[test]
fn nothing_is_left_of_a_first_statement_that_fails() {
    let workspace = Workspace::new();
    outside(&workspace, "INSERT INTO nope VALUES (3);\nVACUUM;", "DELETE FROM nope;");
    let run = workspace.migrate_json(["up"]).exits(8);
    assert_eq!(run.json()["rolled_back"], "cccc3333");
    assert!(journal(&workspace).is_empty());
    execute(&database(&workspace), "CREATE TABLE nope (x)");
    workspace.migrate(["up"]).succeeds();
    execute(&database(&workspace), "DROP TABLE nope");
    workspace.migrate(["down"]).exits(8);
    assert!(journal(&workspace)[0].starts_with("applied"));
}

#[test]
fn one_of_many_processes_runs_each_statement() {
    let workspace = Workspace::new();
    let up = "PRAGMA foreign_keys = OFF;\nINSERT INTO ran VALUES (2);\nVACUUM;\n\
              INSERT INTO ran VALUES (3);";
    outside(&workspace, up, "VACUUM;\nDELETE FROM ran WHERE x > 1;");
    workspace.revision(Revision {
        id: "dddd4444",
        revises: "cccc3333",
        up: "INSERT INTO ran VALUES (4);",
        down: Some("DELETE FROM ran WHERE x = 4;"),
    });
    for round in 0..10 {
        let start = |_| {
            let arguments = ["up", "--format", "json", "--lock-timeout", "2m"];
            Run::start(&mut workspace.command(cargo_migrate(), arguments))
        };
        let running: Vec<Running> = (0..16).map(start).collect();
        let steps = running
            .into_iter()
            .map(|one| one.finish().succeeds().json()["steps"].as_array().map_or(0, Vec::len));
        assert_eq!(steps.sum::<usize>(), 3, "round {round}");
        assert_eq!(ran(&workspace), ["1", "2", "3", "4"]);
        assert_eq!(journal(&workspace), ["applied 4/4"]);
        workspace.migrate(["down", "base"]).succeeds();
    }
}

#[test]
fn one_transaction_for_all_is_refused_before_anything_runs() {
    let workspace = Workspace::new();
    outside(&workspace, "VACUUM;", "SELECT 1;");
    let error = workspace.migrate_json(["up", "--transaction", "all"]).exits(4).json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("script.transaction_false"), &json!(7)));
    assert!(!database(&workspace).exists());
}

#[test]
fn the_script_runs_it_outside_of_a_transaction() {
    let workspace = Workspace::new();
    let up = "PRAGMA foreign_keys = OFF;\nINSERT INTO ran VALUES (2);\nVACUUM;";
    outside(&workspace, up, "VACUUM;\nDELETE FROM ran WHERE x = 2;");
    let script = workspace.migrate(["up", "--sql"]).succeeds().stdout;
    let expected = "COMMIT;\nPRAGMA foreign_keys = OFF;\nINSERT INTO ran VALUES (2);\nVACUUM;\n\
                    PRAGMA foreign_keys = ON;\nBEGIN IMMEDIATE;\n";
    assert!(script.contains(expected), "{script}");
    std::fs::write(workspace.path("offline.db"), "").unwrap();
    execute(&workspace.path("offline.db"), &script);
    workspace.migrate(["up"]).succeeds();
    assert_eq!(state(&workspace.path("offline.db")), state(&database(&workspace)));
    workspace.migrate(["verify", "-d", "sqlite:offline.db"]).succeeds();
    let script = workspace.migrate(["down", "head:base", "--sql"]).succeeds().stdout;
    execute(&workspace.path("offline.db"), &script);
    assert_eq!(state(&workspace.path("offline.db")), Vec::<String>::new());
}

#[test]
fn what_is_stored_is_taken_down_without_its_file() {
    let workspace = Workspace::new();
    let file = outside(&workspace, "INSERT INTO ran VALUES (2);", "DELETE FROM ran WHERE x = 2;");
    workspace.migrate(["up"]).succeeds();
    std::fs::remove_file(workspace.path(file)).unwrap();
    workspace.migrate(["switch", "--yes"]).succeeds();
    assert_eq!(ran(&workspace), ["1"]);
    assert_eq!(log(&workspace), ["up ok", "down ok"]);
}
