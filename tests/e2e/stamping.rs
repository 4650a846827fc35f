//! `stamp` records without running; `redo` runs down and up again.

use std::fs;

use migrate_tests::{Revision, Run, Workspace, execute, query, state};
use serde_json::json;

fn line() -> Workspace {
    Workspace::new().with_tables(&[
        ("aaaa1111", "base"),
        ("bbbb2222", "aaaa1111"),
        ("cccc3333", "bbbb2222"),
    ])
}

/// What the database remembers: revision and origin, in the order of application.
fn rows(workspace: &Workspace) -> Vec<String> {
    let rows = "SELECT id || ' ' || origin || ' ' || state AS x FROM _migrate_revisions \
                ORDER BY seq";
    query(&workspace.path("shop.db"), rows)
}

fn tables(workspace: &Workspace) -> Vec<String> {
    let tables = "SELECT name AS x FROM sqlite_master WHERE type = 'table' \
                  AND name NOT LIKE '\\_migrate%' ESCAPE '\\' ORDER BY name";
    query(&workspace.path("shop.db"), tables)
}

#[track_caller]
fn steps(run: &Run) -> Vec<String> {
    let summary = run.json();
    let steps = summary["steps"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    steps.map(|step| text(&step["direction"]) + " " + &text(&step["revision"])).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn a_state_is_recorded_and_nothing_runs() {
    let workspace = line();
    let stamp = |target| workspace.migrate_json(["stamp", target]).succeeds().stdout;
    assert_eq!(stamp("bbbb"), "{\"before\":[],\"after\":[\"bbbb2222\"]}\n");
    assert_eq!(rows(&workspace), ["aaaa1111 stamp applied", "bbbb2222 stamp applied"]);
    assert_eq!(stamp("head"), "{\"before\":[\"bbbb2222\"],\"after\":[\"cccc3333\"]}\n");
    assert_eq!(rows(&workspace)[2], "cccc3333 stamp applied");
    assert_eq!(stamp("aaaa1111"), "{\"before\":[\"cccc3333\"],\"after\":[\"aaaa1111\"]}\n");
    assert_eq!(rows(&workspace), ["aaaa1111 stamp applied"]);
    assert_eq!(stamp("base"), "{\"before\":[\"aaaa1111\"],\"after\":[]}\n");
    assert_eq!(rows(&workspace), NONE);
    assert_eq!(tables(&workspace), NONE);
}

#[test]
fn eyes_are_told_what_was_recorded_and_that_the_file_is_new() {
    let workspace = line();
    assert_eq!(
        workspace.migrate(["stamp", "head"]).succeeds().stdout,
        "     Created sqlite:shop.db\n     Stamped base -> cccc3333; nothing was run\n"
    );
    assert_eq!(
        workspace.migrate(["stamp", "base"]).succeeds().stdout,
        "     Stamped cccc3333 -> base; nothing was run\n"
    );
    for mode in ["rw", "ro"] {
        let url = format!("sqlite:other.db?mode={mode}");
        let error = workspace.migrate_json(["stamp", "head", "-d", &url]).exits(6).json_error();
        assert_eq!(error["code"], "database.unreachable");
        assert!(!workspace.path("other.db").exists(), "{mode}");
    }
}

#[test]
fn runs_go_on_from_what_was_stamped() {
    let workspace = line();
    workspace.migrate(["stamp", "bbbb"]).succeeds();
    assert_eq!(steps(&workspace.migrate_json(["up"]).succeeds()), ["up cccc3333"]);
    assert_eq!(tables(&workspace), ["cccc3333"]);
    assert_eq!(rows(&workspace)[2], "cccc3333 run applied");
    workspace.migrate(["verify"]).succeeds();
    // What ran stays where it is, too.
    workspace.migrate(["stamp", "aaaa"]).succeeds();
    assert_eq!(tables(&workspace), ["cccc3333"]);
    let log = "SELECT action || ' ' || revision AS x FROM _migrate_log ORDER BY seq";
    assert_eq!(
        query(&workspace.path("shop.db"), log),
        ["stamp aaaa1111", "stamp bbbb2222", "up cccc3333", "stamp cccc3333", "stamp bbbb2222"]
    );
}

#[test]
fn several_targets_are_recorded_together() {
    let workspace = line();
    workspace.configure("multiple-heads = \"allow\"\n");
    workspace.revision(Revision { id: "dddd4444", revises: "aaaa1111", up: "", down: None });
    let stamp = workspace.migrate_json(["stamp", "dddd", "bbbb"]).succeeds().json();
    assert_eq!(stamp, json!({ "before": [], "after": ["bbbb2222", "dddd4444"] }));
    let mut ids = rows(&workspace);
    ids.sort_unstable();
    let expected = ["aaaa1111 stamp applied", "bbbb2222 stamp applied", "dddd4444 stamp applied"];
    assert_eq!(ids, expected);
    let stamp = workspace.migrate_json(["stamp", "heads", "--purge"]).succeeds().json();
    assert_eq!(stamp["after"], json!(["cccc3333", "dddd4444"]));
}

#[test]
fn a_name_that_is_unknown_records_nothing_and_makes_no_file() {
    let workspace = line();
    for arguments in [["stamp", "bbbb", "nope"], ["stamp", "nope", "--sql"]] {
        let error = workspace.migrate_json(arguments).exits(4).json_error();
        assert_eq!(error["code"], "graph.unresolved");
        assert!(!workspace.path("shop.db").exists(), "{arguments:?}");
    }
    workspace.migrate(["up", "aaaa"]).succeeds();
    workspace.migrate(["stamp", "bbbb", "nope"]).exits(4);
    assert_eq!(rows(&workspace), ["aaaa1111 run applied"]);
    assert_eq!(workspace.migrate_json(["stamp"]).exits(2).json_error()["code"], "usage.arguments");
}

#[test]
fn purge_forgets_what_is_edited_or_unknown() {
    for fault in ["integrity.edited", "integrity.unknown"] {
        let workspace = line();
        workspace.migrate(["up"]).succeeds();
        match fault {
            "integrity.edited" => {
                workspace.replace("migrations/revisions/aaaa1111.sql", "(x)", "(y)");
            }
            _ => fs::remove_file(workspace.path("migrations/revisions/cccc3333.sql")).unwrap(),
        }
        let before = rows(&workspace);
        let error = workspace.migrate_json(["stamp", "bbbb"]).exits(10).json_error();
        assert_eq!(error["code"], fault);
        assert_eq!(rows(&workspace), before);

        let stamp = workspace.migrate_json(["stamp", "--purge", "bbbb"]).succeeds().stdout;
        assert_eq!(stamp, "{\"before\":[\"cccc3333\"],\"after\":[\"bbbb2222\"]}\n");
        assert_eq!(rows(&workspace), ["aaaa1111 stamp applied", "bbbb2222 stamp applied"]);
        assert_eq!(tables(&workspace), ["aaaa1111", "bbbb2222", "cccc3333"]);
        workspace.migrate(["verify"]).succeeds();
    }
}

#[test]
fn purge_down_to_the_base_leaves_an_empty_history() {
    let workspace = line();
    workspace.migrate(["up"]).succeeds();
    let stamp = workspace.migrate_json(["stamp", "--purge", "base"]).succeeds().json();
    assert_eq!(stamp, json!({ "before": ["cccc3333"], "after": [] }));
    assert_eq!(rows(&workspace), NONE);
    let log = "SELECT count(*) AS x FROM _migrate_log WHERE action = 'up'";
    assert_eq!(query(&workspace.path("shop.db"), log), ["3"], "the log only grows");
}

#[test]
fn the_script_leads_a_fresh_database_to_the_same_rows() {
    let workspace = line();
    let script = workspace.migrate(["stamp", "bbbb", "--sql"]).succeeds().stdout;
    assert!(!workspace.path("shop.db").exists());
    let document = workspace.migrate_json(["stamp", "bbbb", "--sql"]).succeeds().json();
    assert_eq!(document.as_object().unwrap().keys().collect::<Vec<_>>(), ["sql"]);

    fs::write(workspace.path("offline.db"), "").unwrap();
    execute(&workspace.path("offline.db"), &script);
    workspace.migrate(["stamp", "bbbb"]).succeeds();
    let row = "SELECT seq || id || revises || message || file || created || kind || checksum \
               || source || down_source || state || origin || done || total AS x \
               FROM _migrate_revisions";
    let log = "SELECT seq || action || revision || outcome AS x FROM _migrate_log";
    for sql in [row, log] {
        let offline = query(&workspace.path("offline.db"), sql);
        assert_eq!(offline, query(&workspace.path("shop.db"), sql));
        assert_eq!(offline.len(), 2);
    }
    assert_eq!(state(&workspace.path("offline.db")), NONE);
    let current = workspace.migrate_json(["current", "-d", "sqlite:offline.db"]).succeeds().json();
    assert_eq!(current, json!({ "heads": ["bbbb2222"] }));
}

#[test]
fn redo_takes_the_newest_down_and_applies_it_again() {
    let workspace = line();
    workspace.migrate(["up"]).succeeds();
    for table in ["aaaa1111", "bbbb2222", "cccc3333"] {
        execute(&workspace.path("shop.db"), &format!("INSERT INTO {table} VALUES (1)"));
    }
    let run = workspace.migrate_json(["redo"]).succeeds();
    assert_eq!(steps(&run), ["down cccc3333", "up cccc3333"]);
    let (before, after) = (&run.json()["before"], &run.json()["after"]);
    assert_eq!((before, after), (&json!(["cccc3333"]), &json!(["cccc3333"])));
    let left = "SELECT (SELECT count(*) FROM bbbb2222) || (SELECT count(*) FROM cccc3333) AS x";
    assert_eq!(query(&workspace.path("shop.db"), left), ["10"]);

    let run = workspace.migrate_json(["redo", "2"]).succeeds();
    let expected = ["down cccc3333", "down bbbb2222", "up bbbb2222", "up cccc3333"];
    assert_eq!(steps(&run), expected);
    assert_eq!(query(&workspace.path("shop.db"), left), ["00"]);
    let oldest = "SELECT count(*) AS x FROM aaaa1111";
    assert_eq!(query(&workspace.path("shop.db"), oldest), ["1"]);
}

#[test]
fn redo_counts_revisions_and_not_steps() {
    let workspace = line();
    workspace.migrate(["up"]).succeeds();
    for (count, expected) in [("1", "1 revision redone"), ("3", "3 revisions redone")] {
        let stdout = workspace.migrate(["redo", count]).succeeds().stdout;
        let last = stdout.lines().last().unwrap();
        let wanted = format!("    Finished {expected}, now at cccc3333 (");
        assert!(last.starts_with(&wanted), "{last}");
    }
}

#[test]
fn redo_goes_on_from_where_the_database_is() {
    let workspace = line();
    workspace.migrate(["up", "bbbb"]).succeeds();
    let run = workspace.migrate_json(["redo"]).succeeds();
    assert_eq!(steps(&run), ["down bbbb2222", "up bbbb2222"]);
    assert_eq!(workspace.migrate_json(["current"]).json(), json!({ "heads": ["bbbb2222"] }));
}

#[test]
fn redo_past_the_base_is_refused_and_nothing_runs() {
    let workspace = line();
    workspace.migrate(["redo"]).exits(6);
    assert!(!workspace.path("shop.db").exists());
    workspace.migrate(["up", "aaaa"]).succeeds();
    let error = workspace.migrate_json(["redo", "2"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.relative_out_of_reach");
    assert_eq!(rows(&workspace), ["aaaa1111 run applied"]);
    workspace.migrate(["down", "base"]).succeeds();
    let error = workspace.migrate_json(["redo"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.relative_out_of_reach");
    assert_eq!(
        workspace.migrate_json(["redo", "0"]).exits(2).json_error()["code"],
        "usage.arguments"
    );
}

#[test]
fn redo_of_what_is_irreversible_or_edited_changes_nothing() {
    let workspace = line();
    let last = Revision { id: "dddd4444", revises: "cccc3333", up: "", down: Some("") };
    workspace.revision(Revision { down: None, ..last });
    workspace.revision(Revision { id: "eeee5555", revises: "dddd4444", ..last });
    workspace.migrate(["up"]).succeeds();
    let content = || fs::read(workspace.path("shop.db")).unwrap();
    let before = content();
    let error = workspace.migrate_json(["redo", "2"]).exits(4).json_error();
    assert_eq!([&error["code"], &error["revision"]], ["revision.irreversible", "dddd4444"]);
    assert!(content() == before);

    workspace.replace("migrations/revisions/aaaa1111.sql", "(x)", "(y)");
    let error = workspace.migrate_json(["redo"]).exits(10).json_error();
    assert_eq!(error["code"], "integrity.edited");
    assert!(content() == before);
}

/// `down` has left the table behind, so the way up fails.
#[test]
fn a_redo_that_fails_on_its_way_up_does_not_hide_what_was_taken_down() {
    let workspace = line();
    let up = "CREATE TABLE d (x);";
    workspace.revision(Revision { id: "dddd4444", revises: "cccc3333", up, down: Some("") });
    workspace.migrate(["up"]).succeeds();
    let run = workspace.migrate(["redo"]).exits(8);
    assert!(run.stdout.contains("Down dddd4444"), "{}", run.stdout);
    assert!(run.stderr.contains("rolled back: dddd4444\n"), "{}", run.stderr);
    assert!(!run.stderr.contains("nothing else was run"), "{}", run.stderr);
    assert_eq!(workspace.migrate_json(["current"]).json(), json!({ "heads": ["cccc3333"] }));
}

#[test]
fn several_heads_are_told_with_dates_states_and_ways_out() {
    let workspace = Workspace::new().with_tables(&[
        ("aaaa1111", "base"),
        ("bbbb2222", "aaaa1111"),
        ("cccc3333", "aaaa1111"),
    ]);
    let ways = "help: put one after the other:   cargo migrate rebase cccc3333 --onto bbbb2222\n\
                help: or keep both and join:     cargo migrate merge -m \"merge make cccc3333 and make bbbb2222\"\n";
    let told = |command: &str, states: [&str; 2]| {
        let line = |id: &str, state: &str| {
            format!("  {id} make {id}   2026-11-23 10:12   {state}").trim_end().to_owned() + "\n"
        };
        format!(
            "error[graph.multiple_heads]: two heads, so `{command}` has no single target\n{}{}  \
             both revise aaaa1111 make aaaa1111; nothing was run\n{ways}",
            line("bbbb2222", states[0]),
            line("cccc3333", states[1])
        )
    };
    let says = |arguments: &[&str]| workspace.migrate(arguments.iter().copied()).exits(4).stderr;
    assert_eq!(says(&["stamp", "head"]), told("stamp", ["", ""]), "no database");
    assert_eq!(says(&["stamp", "head", "--sql"]), told("stamp", ["", ""]));
    workspace.migrate(["up", "bbbb"]).succeeds();
    let states = ["applied here", "pending"];
    assert_eq!(says(&["stamp", "head"]), told("stamp", states));
    assert_eq!(says(&["stamp", "--purge", "head"]), told("stamp --purge", states));
}

#[test]
fn separate_lineages_are_stamped_together() {
    let workspace = Workspace::new().with_tables(&[("aaaa1111", "base"), ("bbbb2222", "base")]);
    let error = workspace.migrate(["stamp", "head"]).exits(4).stderr;
    assert!(error.contains("take all of them:          cargo migrate stamp heads\n"), "{error}");
    workspace.migrate(["stamp", "heads"]).succeeds();
}

#[test]
fn redo_says_how_it_is_tried_again() {
    let workspace = line();
    workspace.migrate(["up"]).succeeds();
    workspace.replace(
        "migrations/revisions/cccc3333.sql",
        "DROP TABLE cccc3333",
        "DROP TABLE gone",
    );
    workspace.migrate(["accept", "cccc3333", "--yes"]).succeeds();
    let error = workspace.migrate(["redo"]).exits(8).stderr;
    assert!(error.ends_with("then: cargo migrate redo 1\n"), "{error}");
}
