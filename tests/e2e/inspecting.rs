//! What there is, and what is wrong with it: `heads`, `branches`, `show` and `check`.

use std::fs;

use migrate_tests::{Dialect, Ground, Revision, Run, Workspace};
use serde_json::{Value, json};

migrate_tests::on_every_dialect!(
    a_line_has_one_head_and_no_branch_point,
    show_finds_what_a_name_stands_for,
    show_asks_the_database_only_for_what_counts_from_there,
    show_sql_prints_exactly_the_statements_that_are_sent,
    check_finds_a_script_with_its_own_commit,
    check_compares_the_database_and_leaves_it_as_it_is,
);

const LINE: [(&str, &str); 3] =
    [("aaaa1111", "base"), ("bbbb2222", "aaaa1111"), ("cccc3333", "bbbb2222")];

fn line() -> Workspace {
    Workspace::new().with_tables(&LINE)
}

/// Newer revisions have smaller ids here, so that what is sorted by id is not sorted by age.
fn forked() -> Workspace {
    let workspace = Workspace::new().with_tables(&[
        ("dddd4444", "base"),
        ("cccc3333", "dddd4444"),
        ("eeee5555", "dddd4444"),
        ("bbbb2222", "cccc3333"),
        ("aaaa1111", "cccc3333"),
    ]);
    workspace.configure("multiple-heads = \"allow\"\n");
    workspace
}

#[track_caller]
fn ids(run: &Run) -> Vec<String> {
    let document = run.json();
    let revisions = document["revisions"].as_array().unwrap();
    revisions.iter().map(|one| one["revision"].as_str().unwrap().to_owned()).collect()
}

/// Code, file and line of each finding.
#[track_caller]
fn findings(run: &Run) -> Vec<(String, String, u64)> {
    let document = run.json();
    let findings = document["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .map(|one| (text(&one["code"]), text(&one["file"]), one["line"].as_u64().unwrap_or(0)))
        .collect()
}

fn finding(code: &str, file: &str, line: u64) -> (String, String, u64) {
    (code.to_owned(), file.to_owned(), line)
}

fn a_line_has_one_head_and_no_branch_point(ground: &Ground) {
    ground.tables(&LINE);
    assert_eq!(ground.migrate(["heads"]).succeeds().stdout, "cccc3333 make cccc3333 (head)\n");
    assert_eq!(
        ground.migrate_json(["heads"]).succeeds().stdout,
        "{\"revisions\":[{\"revision\":\"cccc3333\",\"revises\":[\"bbbb2222\"],\"depends_on\":[],\
         \"labels\":[],\"message\":\"make cccc3333\",\"file\":\"migrations/revisions/cccc3333.sql\",\
         \"created\":\"2026-11-23T10:12:13Z\",\"state\":null}]}\n"
    );
    assert_eq!(ground.migrate(["branches"]).succeeds().stdout, "");
    assert_eq!(ground.migrate_json(["branches"]).succeeds().stdout, "{\"revisions\":[]}\n");
    assert!(ground.place().is_untouched());
}

#[test]
fn a_project_without_revisions_has_neither() {
    let workspace = Workspace::new();
    for command in ["heads", "branches", "show"] {
        let run = workspace.migrate_json([command]).succeeds();
        assert_eq!(run.stdout, "{\"revisions\":[]}\n", "{command}");
    }
}

#[test]
fn a_forked_graph_has_several_heads_and_branch_points_sorted_by_id() {
    let workspace = forked();
    let heads = workspace.migrate_json(["heads"]).succeeds();
    assert_eq!(ids(&heads), ["aaaa1111", "bbbb2222", "eeee5555"]);
    let points = workspace.migrate_json(["branches"]).succeeds();
    assert_eq!(ids(&points), ["cccc3333", "dddd4444"]);
    assert_eq!(
        workspace.migrate(["branches"]).succeeds().stdout,
        "cccc3333 make cccc3333 (branch point)\n    \
             -> aaaa1111 make aaaa1111\n    \
             -> bbbb2222 make bbbb2222\n\
         dddd4444 make dddd4444 (branch point)\n    \
             -> cccc3333 make cccc3333\n    \
             -> eeee5555 make eeee5555\n"
    );
}

#[test]
fn several_heads_are_listed_where_they_are_an_error_too() {
    let workspace = line();
    workspace.revision(Revision { id: "dddd4444", revises: "aaaa1111", up: "", down: None });
    assert_eq!(
        workspace.migrate(["heads"]).succeeds().stdout,
        "cccc3333 make cccc3333 (head)\ndddd4444 make dddd4444 (head)\n"
    );
    let error = workspace.migrate_json(["show", "head"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.multiple_heads");
    assert_eq!(error["candidates"], json!(["cccc3333", "dddd4444"]));
    let heads = workspace.migrate_json(["show", "heads"]).succeeds();
    assert_eq!(ids(&heads), ["cccc3333", "dddd4444"]);
}

fn show_finds_what_a_name_stands_for(ground: &Ground) {
    ground.tables(&LINE);
    let nothing: [&str; 0] = [];
    assert_eq!(ids(&ground.migrate_json(["show", "base"]).succeeds()), nothing);
    for (name, expected) in [
        ("aaaa1111", "aaaa1111"),
        ("b", "bbbb2222"),
        ("head", "cccc3333"),
        ("heads", "cccc3333"),
        ("-2", "aaaa1111"),
        ("aaaa@head", "cccc3333"),
    ] {
        let run = ground.migrate_json(["show", name]).succeeds();
        assert_eq!(ids(&run), [expected], "{name}");
    }
    let history = ground.migrate_json(["history", "bbbb:bbbb"]).succeeds();
    assert_eq!(ground.migrate_json(["show", "bbbb"]).succeeds().stdout, history.stdout);
}

fn show_asks_the_database_only_for_what_counts_from_there(ground: &Ground) {
    ground.tables(&LINE);
    let current = ground.migrate_json(["show", "current"]);
    match ground.dialect() {
        Dialect::Sqlite => assert_eq!(current.json_error()["code"], "database.unreachable"),
        Dialect::Postgres | Dialect::Mariadb => assert_eq!(ids(&current), [""; 0]),
    }
    assert_eq!(ids(&ground.migrate_json(["show", "-1"]).succeeds()), ["bbbb2222"]);
    assert!(ground.place().is_untouched());
    ground.migrate(["up", "aaaa"]).succeeds();
    assert_eq!(ids(&ground.migrate_json(["show", "current"]).succeeds()), ["aaaa1111"]);
}

#[test]
fn show_names_what_it_does_not_find() {
    let workspace = line();
    let error = workspace.migrate_json(["show", "bbbb2223"]).exits(4).json_error();
    assert_eq!(
        error,
        json!({
            "code": "graph.unresolved",
            "message": "`bbbb2223` names no revision (did you mean `bbbb2222`?)",
            "hint": "list what there is: cargo migrate history",
            "candidates": ["bbbb2222"],
        })
    );
    workspace.revision(Revision { id: "bbbb9999", revises: "cccc3333", up: "", down: None });
    let error = workspace.migrate_json(["show", "bbbb"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.partial_ambiguous");
    assert_eq!(error["candidates"], json!(["bbbb2222", "bbbb9999"]));
}

#[test]
fn show_tells_eyes_all_about_a_revision() {
    let workspace = line();
    let shown = workspace.migrate(["show"]).succeeds().stdout;
    let (facts, text) = shown.split_once("\n\n").unwrap();
    let (facts, checksum) = facts.split_once("\n    Checksum sha256:").unwrap();
    assert_eq!(
        facts,
        "    Revision cccc3333 (head)\n     Message make cccc3333\n     Revises bbbb2222\n     \
         Created 2026-11-23T10:12:13Z\n        File migrations/revisions/cccc3333.sql"
    );
    assert_eq!(checksum.len(), 64);
    assert!(text.ends_with("\n    -- migrate:down\n    DROP TABLE cccc3333;\n"), "{text}");
    let first = workspace.migrate(["show", "aaaa"]).succeeds().stdout;
    assert!(first.starts_with("    Revision aaaa1111\n"), "{first}");
    assert!(first.contains("\n     Revises base\n"), "{first}");
}

/// A revision of a table, of something with a `;` inside of it, and of a row; and its statements,
/// up and down.
fn statements(ground: &Ground) -> ([&'static str; 3], [&'static str; 2]) {
    let (program, drop) = match ground.dialect() {
        Dialect::Sqlite => (
            "CREATE TRIGGER t AFTER INSERT ON d BEGIN\n  DELETE FROM aaaa1111;\nEND",
            "DROP TRIGGER t",
        ),
        Dialect::Postgres => (
            "CREATE FUNCTION t() RETURNS void LANGUAGE sql AS $$\n  DELETE FROM aaaa1111;\n$$",
            "DROP FUNCTION t",
        ),
        Dialect::Mariadb => (
            "CREATE TRIGGER t AFTER INSERT ON d FOR EACH ROW BEGIN\n  DELETE FROM aaaa1111;\nEND",
            "DROP TRIGGER t",
        ),
    };
    let (table, row) =
        ("CREATE TABLE d (x VARCHAR(9) DEFAULT ';')", "INSERT INTO d VALUES ('it''s')");
    let up = format!("-- a comment; with a semicolon\n{table}; ;\n{program};\n{row} -- the last");
    let down = format!("{drop};\nDROP TABLE d;");
    let revision = Revision { id: "dddd4444", revises: "cccc3333", up: &up, down: Some(&down) };
    ground.revision(revision);
    ([table, program, row], [drop, "DROP TABLE d"])
}

fn show_sql_prints_exactly_the_statements_that_are_sent(ground: &Ground) {
    ground.tables(&LINE);
    let (up, down) = statements(ground);
    let shown = ground.migrate(["show", "head", "--sql"]).succeeds().stdout;
    assert_eq!(shown, up.join(";\n") + ";\n");
    let shown = ground.migrate(["show", "head", "--sql", "--down"]).succeeds().stdout;
    assert_eq!(shown, down.join(";\n") + ";\n");
    let document = ground.migrate_json(["show", "head", "--sql", "--down"]).succeeds().json();
    assert_eq!(document, json!({ "statements": down }));

    let by_hand = ground.another_place();
    for id in ["aaaa", "bbbb", "cccc", "dddd"] {
        let document = ground.migrate_json(["show", id, "--sql"]).succeeds().json();
        for sql in document["statements"].as_array().unwrap() {
            by_hand.execute(sql.as_str().unwrap());
        }
    }
    ground.migrate(["up"]).succeeds();
    assert_eq!(by_hand.state(), ground.state());
}

#[test]
fn show_sql_prints_nothing_where_nothing_is_sent() {
    let workspace = line();
    workspace.revision(Revision { id: "dddd4444", revises: "cccc3333", up: "", down: Some("") });
    for arguments in [&["show", "dddd", "--sql"][..], &["show", "dddd", "--sql", "--down"]] {
        let run = workspace.migrate(arguments.iter().copied()).succeeds();
        assert_eq!(run.stdout, "", "{arguments:?}");
        let document = workspace.migrate_json(arguments.iter().copied()).succeeds().json();
        assert_eq!(document, json!({ "statements": [] }), "{arguments:?}");
    }
}

#[test]
fn show_sql_down_of_an_irreversible_revision_says_so() {
    let workspace = line();
    let up = "CREATE TABLE d (x int);";
    let last = Revision { id: "dddd4444", revises: "cccc3333", up, down: None };
    let file = workspace.revision(last);
    let error = workspace.migrate_json(["show", "dddd", "--sql", "--down"]).exits(4).json_error();
    assert_eq!(
        [&error["code"], &error["revision"], &error["file"]],
        ["revision.irreversible", "dddd4444", &file]
    );
    let error = workspace.migrate_json(["show", "dddd", "--down"]).exits(2).json_error();
    assert_eq!(error["code"], "usage.arguments");
}

#[test]
fn a_clean_project_passes_the_check_without_a_database() {
    let workspace = line();
    for _ in ["a database that is not there yet", "no database"] {
        let run = workspace.migrate(["check"]).succeeds();
        assert_eq!(run.stdout, "     Checked 3 revisions: nothing found\n");
        assert_eq!(workspace.migrate_json(["check"]).succeeds().stdout, "{\"findings\":[]}\n");
        assert!(!workspace.path("shop.db").exists());
        workspace.write(".env", "");
    }
}

#[test]
fn check_tells_the_faults_of_all_files_at_once() {
    let workspace = line();
    workspace.replace("migrations/revisions/aaaa1111.sql", "-- Created:", "-- Crated:");
    workspace.replace("migrations/revisions/cccc3333.sql", "migrate:down", "migrate:back");
    let expected = [
        finding("header.unknown_key", "migrations/revisions/aaaa1111.sql", 5),
        finding("script.unknown_marker", "migrations/revisions/cccc3333.sql", 10),
    ];
    let run = workspace.migrate_json(["check"]).exits(1);
    assert_eq!(findings(&run), expected);
    let document = run.json();
    let keys: Vec<_> = document["findings"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "message", "file", "line"]);
    assert_eq!(
        workspace.migrate(["check"]).exits(1).stdout,
        "header.unknown_key: migrations/revisions/aaaa1111.sql:5:4: unknown header key `Crated` \
         (did you mean `Created`?)\n\
         help: keys of your own begin with `X-`\n\
         script.unknown_marker: migrations/revisions/cccc3333.sql:10:1: a marker is \
         `-- migrate:up` or `-- migrate:down`, not `-- migrate:back`\n\
         help: `transaction:false` and `dialect:sqlite,postgres,mysql,mariadb` may follow\n"
    );
    // What stops every other command is a finding here.
    assert_eq!(workspace.migrate(["up"]).code, 4);
}

fn check_finds_a_script_with_its_own_commit(ground: &Ground) {
    ground.tables(&LINE);
    ground.replace("migrations/revisions/bbbb2222.sql", "CREATE", "BEGIN;\nCREATE");
    ground.replace("migrations/revisions/cccc3333.sql", "DROP", "commit;\nDROP");
    let expected = [
        finding("script.transaction_control", "migrations/revisions/bbbb2222.sql", 8),
        finding("script.transaction_control", "migrations/revisions/cccc3333.sql", 11),
    ];
    assert_eq!(findings(&ground.migrate_json(["check"]).exits(1)), expected);
}

#[test]
fn check_finds_a_missing_parent_with_its_place() {
    let workspace = line();
    workspace.replace(
        "migrations/revisions/bbbb2222.sql",
        "Revises: aaaa1111",
        "Revises: aaaa1112",
    );
    let run = workspace.migrate_json(["check"]).exits(1);
    assert_eq!(
        run.json(),
        json!({ "findings": [{
            "code": "graph.unresolved",
            "message": "revision bbbb2222 revises aaaa1112, which does not exist",
            "revision": "bbbb2222",
            "file": "migrations/revisions/bbbb2222.sql",
            "line": 4,
        }]})
    );
}

#[test]
fn check_finds_an_id_that_two_files_have() {
    let workspace = line();
    let text = workspace.read("migrations/revisions/aaaa1111.sql");
    workspace.write("migrations/revisions/copy.sql", text);
    let expected = [finding("graph.duplicate", "migrations/revisions/copy.sql", 3)];
    assert_eq!(findings(&workspace.migrate_json(["check"]).exits(1)), expected);
}

#[test]
fn check_finds_several_heads_unless_they_are_allowed() {
    let workspace = forked();
    workspace.migrate(["check"]).succeeds();
    workspace.replace("migrations/Cargo.toml", "\"allow\"", "\"deny\"");
    let run = workspace.migrate_json(["check"]).exits(1);
    assert_eq!(findings(&run), [finding("graph.multiple_heads", "", 0)]);
    let document = run.json();
    let message = document["findings"][0]["message"].as_str().unwrap();
    assert_eq!(message, "3 heads, so `up` has no single target");
    let text = workspace.migrate(["check"]).exits(1).stdout;
    for id in ["aaaa1111", "bbbb2222", "eeee5555"] {
        assert!(text.contains(&format!("\n  {id} make {id}")), "{text}");
    }
}

fn check_compares_the_database_and_leaves_it_as_it_is(ground: &Ground) {
    ground.tables(&LINE);
    ground.revision(Revision { id: "dddd4444", revises: "bbbb2222", up: "", down: None });
    ground.configure("multiple-heads = \"allow\"\n");
    for id in ["bbbb2222", "dddd4444"] {
        ground.migrate(["up", id]).succeeds();
    }
    fs::remove_file(ground.path("migrations/revisions/dddd4444.sql")).unwrap();
    ground.replace("migrations/revisions/aaaa1111.sql", "(x int)", "(y int)");
    let before = ground.everything();

    let run = ground.migrate_json(["check"]).exits(1);
    let expected = [
        finding("integrity.edited", "migrations/revisions/aaaa1111.sql", 0),
        finding("integrity.unknown", "", 0),
        finding("check.pending", "migrations/revisions/cccc3333.sql", 0),
    ];
    assert_eq!(findings(&run), expected);
    let document = run.json();
    let of = |index: usize| document["findings"][index]["revision"].clone();
    assert_eq!([of(0), of(1), of(2)], ["aaaa1111", "dddd4444", "cccc3333"]);
    let pending = document["findings"][2]["message"].as_str().unwrap();
    assert!(pending.starts_with("cccc3333 is not applied to "), "{pending}");
    assert!(pending.ends_with(ground.place().address()), "{pending}");
    assert_eq!(ground.everything(), before);
}

#[test]
fn a_database_that_check_can_not_read_is_an_error_and_no_finding() {
    let workspace = line();
    workspace.write("shop.db", "this is no database, though it is long enough to be looked at");
    let error = workspace.migrate_json(["check"]).exits(6).json_error();
    assert_eq!(error["code"], "database.unreachable");
}

#[test]
fn check_without_the_folder_of_the_revisions_is_an_error_as_for_all_commands() {
    let workspace = line();
    fs::rename(workspace.path("migrations/revisions"), workspace.path("elsewhere")).unwrap();
    for command in ["heads", "up", "check"] {
        let error = workspace.migrate_json([command]).exits(3).json_error();
        assert_eq!(error["code"], "project.no_revisions", "{command}");
    }
}
