//! `stamp` records without running; `redo` runs down and up again.

use std::fs;

use migrate_tests::{Dialect, Ground, Revision, Run, Workspace};
use serde_json::json;

migrate_tests::on_every_dialect!(
    a_state_is_recorded_and_nothing_runs,
    runs_go_on_from_what_was_stamped,
    several_targets_are_recorded_together,
    a_name_that_is_unknown_records_nothing_and_makes_no_file,
    purge_forgets_what_is_edited,
    purge_forgets_what_is_unknown,
    purge_down_to_the_base_leaves_an_empty_history,
    the_script_leads_a_fresh_database_to_the_same_rows,
    redo_takes_the_newest_down_and_applies_it_again,
    redo_counts_revisions_and_not_steps,
    redo_goes_on_from_where_the_database_is,
    redo_past_the_base_is_refused_and_nothing_runs,
    redo_of_what_is_irreversible_or_edited_changes_nothing,
    a_redo_that_fails_on_its_way_up_does_not_hide_what_was_taken_down,
    several_heads_are_told_with_dates_states_and_ways_out,
    separate_lineages_are_stamped_together,
    redo_says_how_it_is_tried_again,
);

const LINE: [(&str, &str); 3] =
    [("aaaa1111", "base"), ("bbbb2222", "aaaa1111"), ("cccc3333", "bbbb2222")];

/// What the database remembers: revision and origin, in the order of application.
fn rows(ground: &Ground) -> Vec<String> {
    let rows = "SELECT concat(id, ' ', origin, ' ', state) FROM _migrate_revisions ORDER BY seq";
    ground.query(rows)
}

/// The tables that are not the history's.
fn tables(ground: &Ground) -> Vec<String> {
    let mut tables = ground.place().tables();
    tables.retain(|name| !name.starts_with("_migrate"));
    tables
}

#[track_caller]
fn steps(run: &Run) -> Vec<String> {
    let summary = run.json();
    let steps = summary["steps"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    steps.map(|step| text(&step["direction"]) + " " + &text(&step["revision"])).collect()
}

const NONE: [&str; 0] = [];

fn a_state_is_recorded_and_nothing_runs(ground: &Ground) {
    ground.tables(&LINE);
    let stamp = |target| ground.migrate_json(["stamp", target]).succeeds().stdout;
    assert_eq!(stamp("bbbb"), "{\"before\":[],\"after\":[\"bbbb2222\"]}\n");
    assert_eq!(rows(ground), ["aaaa1111 stamp applied", "bbbb2222 stamp applied"]);
    assert_eq!(stamp("head"), "{\"before\":[\"bbbb2222\"],\"after\":[\"cccc3333\"]}\n");
    assert_eq!(rows(ground)[2], "cccc3333 stamp applied");
    assert_eq!(stamp("aaaa1111"), "{\"before\":[\"cccc3333\"],\"after\":[\"aaaa1111\"]}\n");
    assert_eq!(rows(ground), ["aaaa1111 stamp applied"]);
    assert_eq!(stamp("base"), "{\"before\":[\"aaaa1111\"],\"after\":[]}\n");
    assert_eq!(rows(ground), NONE);
    assert_eq!(tables(ground), NONE);
}

#[test]
fn eyes_are_told_what_was_recorded_and_that_the_file_is_new() {
    let workspace = Workspace::new().with_tables(&LINE);
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

fn runs_go_on_from_what_was_stamped(ground: &Ground) {
    ground.tables(&LINE);
    ground.migrate(["stamp", "bbbb"]).succeeds();
    assert_eq!(steps(&ground.migrate_json(["up"]).succeeds()), ["up cccc3333"]);
    assert_eq!(tables(ground), ["cccc3333"]);
    assert_eq!(rows(ground)[2], "cccc3333 run applied");
    ground.migrate(["verify"]).succeeds();
    // What ran stays where it is, too.
    ground.migrate(["stamp", "aaaa"]).succeeds();
    assert_eq!(tables(ground), ["cccc3333"]);
    let log = "SELECT concat(action, ' ', revision) FROM _migrate_log ORDER BY seq";
    assert_eq!(
        ground.query(log),
        ["stamp aaaa1111", "stamp bbbb2222", "up cccc3333", "stamp cccc3333", "stamp bbbb2222"]
    );
}

fn several_targets_are_recorded_together(ground: &Ground) {
    ground.tables(&LINE);
    ground.configure("multiple-heads = \"allow\"\n");
    ground.revision(Revision { id: "dddd4444", revises: "aaaa1111", up: "", down: None });
    let stamp = ground.migrate_json(["stamp", "dddd", "bbbb"]).succeeds().json();
    assert_eq!(stamp, json!({ "before": [], "after": ["bbbb2222", "dddd4444"] }));
    let mut ids = rows(ground);
    ids.sort_unstable();
    let expected = ["aaaa1111 stamp applied", "bbbb2222 stamp applied", "dddd4444 stamp applied"];
    assert_eq!(ids, expected);
    let stamp = ground.migrate_json(["stamp", "heads", "--purge"]).succeeds().json();
    assert_eq!(stamp["after"], json!(["cccc3333", "dddd4444"]));
}

fn a_name_that_is_unknown_records_nothing_and_makes_no_file(ground: &Ground) {
    ground.tables(&LINE);
    for arguments in [["stamp", "bbbb", "nope"], ["stamp", "nope", "--sql"]] {
        let error = ground.migrate_json(arguments).exits(4).json_error();
        assert_eq!(error["code"], "graph.unresolved");
        assert!(ground.place().is_untouched(), "{arguments:?}");
    }
    ground.migrate(["up", "aaaa"]).succeeds();
    ground.migrate(["stamp", "bbbb", "nope"]).exits(4);
    assert_eq!(rows(ground), ["aaaa1111 run applied"]);
    assert_eq!(ground.migrate_json(["stamp"]).exits(2).json_error()["code"], "usage.arguments");
}

fn purge_forgets_what_is_edited(ground: &Ground) {
    ground.tables(&LINE);
    ground.migrate(["up"]).succeeds();
    ground.replace("migrations/revisions/aaaa1111.sql", "(x int)", "(y int)");
    purge_forgets(ground, "integrity.edited");
}

fn purge_forgets_what_is_unknown(ground: &Ground) {
    ground.tables(&LINE);
    ground.migrate(["up"]).succeeds();
    fs::remove_file(ground.path("migrations/revisions/cccc3333.sql")).unwrap();
    purge_forgets(ground, "integrity.unknown");
}

fn purge_forgets(ground: &Ground, fault: &str) {
    let before = rows(ground);
    let error = ground.migrate_json(["stamp", "bbbb"]).exits(10).json_error();
    assert_eq!(error["code"], fault);
    assert_eq!(rows(ground), before);

    let stamp = ground.migrate_json(["stamp", "--purge", "bbbb"]).succeeds().stdout;
    assert_eq!(stamp, "{\"before\":[\"cccc3333\"],\"after\":[\"bbbb2222\"]}\n");
    assert_eq!(rows(ground), ["aaaa1111 stamp applied", "bbbb2222 stamp applied"]);
    assert_eq!(tables(ground), ["aaaa1111", "bbbb2222", "cccc3333"]);
    ground.migrate(["verify"]).succeeds();
}

fn purge_down_to_the_base_leaves_an_empty_history(ground: &Ground) {
    ground.tables(&LINE);
    ground.migrate(["up"]).succeeds();
    let stamp = ground.migrate_json(["stamp", "--purge", "base"]).succeeds().json();
    assert_eq!(stamp, json!({ "before": ["cccc3333"], "after": [] }));
    assert_eq!(rows(ground), NONE);
    let log = "SELECT count(*) FROM _migrate_log WHERE action = 'up'";
    assert_eq!(ground.query(log), ["3"], "the log only grows");
}

fn the_script_leads_a_fresh_database_to_the_same_rows(ground: &Ground) {
    ground.tables(&LINE);
    let script = ground.migrate(["stamp", "bbbb", "--sql"]).succeeds().stdout;
    assert!(ground.place().is_untouched());
    let document = ground.migrate_json(["stamp", "bbbb", "--sql"]).succeeds().json();
    assert_eq!(document.as_object().unwrap().keys().collect::<Vec<_>>(), ["sql"]);

    let offline = ground.another_place();
    offline.run_by_client(&script);
    ground.migrate(["stamp", "bbbb"]).succeeds();
    let row = "SELECT concat_ws('|', seq, id, revises, message, file, created, kind, checksum, \
               source, down_source, state, origin, done, total) \
               FROM _migrate_revisions ORDER BY seq";
    let rows = offline.query(row);
    assert_eq!(rows, ground.query(row));
    assert_eq!((rows.len(), offline.log()), (2, ground.log()));
    assert_eq!(offline.state(), NONE);
    let current = ground.migrate_json(["current", "-d", offline.url()]).succeeds().json();
    assert_eq!(current, json!({ "heads": ["bbbb2222"] }));
}

fn redo_takes_the_newest_down_and_applies_it_again(ground: &Ground) {
    ground.tables(&LINE);
    ground.migrate(["up"]).succeeds();
    for table in ["aaaa1111", "bbbb2222", "cccc3333"] {
        ground.execute(&format!("INSERT INTO {table} VALUES (1)"));
    }
    let run = ground.migrate_json(["redo"]).succeeds();
    assert_eq!(steps(&run), ["down cccc3333", "up cccc3333"]);
    let (before, after) = (&run.json()["before"], &run.json()["after"]);
    assert_eq!((before, after), (&json!(["cccc3333"]), &json!(["cccc3333"])));
    let left = "SELECT concat((SELECT count(*) FROM bbbb2222), (SELECT count(*) FROM cccc3333))";
    assert_eq!(ground.query(left), ["10"]);

    let run = ground.migrate_json(["redo", "2"]).succeeds();
    let expected = ["down cccc3333", "down bbbb2222", "up bbbb2222", "up cccc3333"];
    assert_eq!(steps(&run), expected);
    assert_eq!(ground.query(left), ["00"]);
    let oldest = "SELECT count(*) FROM aaaa1111";
    assert_eq!(ground.query(oldest), ["1"]);
}

fn redo_counts_revisions_and_not_steps(ground: &Ground) {
    ground.tables(&LINE);
    ground.migrate(["up"]).succeeds();
    for (count, expected) in [("1", "1 revision redone"), ("3", "3 revisions redone")] {
        let stdout = ground.migrate(["redo", count]).succeeds().stdout;
        let last = stdout.lines().last().unwrap();
        let wanted = format!("    Finished {expected}, now at cccc3333 (");
        assert!(last.starts_with(&wanted), "{last}");
    }
}

fn redo_goes_on_from_where_the_database_is(ground: &Ground) {
    ground.tables(&LINE);
    ground.migrate(["up", "bbbb"]).succeeds();
    let run = ground.migrate_json(["redo"]).succeeds();
    assert_eq!(steps(&run), ["down bbbb2222", "up bbbb2222"]);
    assert_eq!(ground.migrate_json(["current"]).json(), json!({ "heads": ["bbbb2222"] }));
}

fn redo_past_the_base_is_refused_and_nothing_runs(ground: &Ground) {
    ground.tables(&LINE);
    // A missing file is a missing database; a server's is there and empty.
    let code = if ground.dialect() == Dialect::Sqlite { 6 } else { 4 };
    ground.migrate(["redo"]).exits(code);
    assert!(ground.place().is_untouched());
    ground.migrate(["up", "aaaa"]).succeeds();
    let error = ground.migrate_json(["redo", "2"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.relative_out_of_reach");
    assert_eq!(rows(ground), ["aaaa1111 run applied"]);
    ground.migrate(["down", "base"]).succeeds();
    let error = ground.migrate_json(["redo"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.relative_out_of_reach");
    assert_eq!(ground.migrate_json(["redo", "0"]).exits(2).json_error()["code"], "usage.arguments");
}

fn redo_of_what_is_irreversible_or_edited_changes_nothing(ground: &Ground) {
    ground.tables(&LINE);
    let last = Revision { id: "dddd4444", revises: "cccc3333", up: "", down: Some("") };
    ground.revision(Revision { down: None, ..last });
    ground.revision(Revision { id: "eeee5555", revises: "dddd4444", ..last });
    ground.migrate(["up"]).succeeds();
    let before = ground.everything();
    let error = ground.migrate_json(["redo", "2"]).exits(4).json_error();
    assert_eq!([&error["code"], &error["revision"]], ["revision.irreversible", "dddd4444"]);
    assert_eq!(ground.everything(), before);

    ground.replace("migrations/revisions/aaaa1111.sql", "(x int)", "(y int)");
    let error = ground.migrate_json(["redo"]).exits(10).json_error();
    assert_eq!(error["code"], "integrity.edited");
    assert_eq!(ground.everything(), before);
}

/// `down` has left the table behind, so the way up fails.
fn a_redo_that_fails_on_its_way_up_does_not_hide_what_was_taken_down(ground: &Ground) {
    ground.tables(&LINE);
    let up = "CREATE TABLE d (x int);";
    ground.revision(Revision { id: "dddd4444", revises: "cccc3333", up, down: Some("") });
    ground.migrate(["up"]).succeeds();
    let run = ground.migrate(["redo"]).exits(8);
    assert!(run.stdout.contains("Down dddd4444"), "{}", run.stdout);
    assert!(run.stderr.contains("rolled back: dddd4444\n"), "{}", run.stderr);
    assert!(!run.stderr.contains("nothing else was run"), "{}", run.stderr);
    assert_eq!(ground.migrate_json(["current"]).json(), json!({ "heads": ["cccc3333"] }));
}

fn several_heads_are_told_with_dates_states_and_ways_out(ground: &Ground) {
    ground.tables(&[("aaaa1111", "base"), ("bbbb2222", "aaaa1111"), ("cccc3333", "aaaa1111")]);
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
    let says = |arguments: &[&str]| ground.migrate(arguments.iter().copied()).exits(4).stderr;
    // Where there is no database yet, nothing is said of it.
    let state = if ground.dialect() == Dialect::Sqlite { "" } else { "pending" };
    assert_eq!(says(&["stamp", "head"]), told("stamp", [state; 2]));
    assert_eq!(says(&["stamp", "head", "--sql"]), told("stamp", ["", ""]));
    ground.migrate(["up", "bbbb"]).succeeds();
    let states = ["applied here", "pending"];
    assert_eq!(says(&["stamp", "head"]), told("stamp", states));
    assert_eq!(says(&["stamp", "--purge", "head"]), told("stamp --purge", states));
}

fn separate_lineages_are_stamped_together(ground: &Ground) {
    ground.tables(&[("aaaa1111", "base"), ("bbbb2222", "base")]);
    let error = ground.migrate(["stamp", "head"]).exits(4).stderr;
    assert!(error.contains("take all of them:          cargo migrate stamp heads\n"), "{error}");
    ground.migrate(["stamp", "heads"]).succeeds();
}

fn redo_says_how_it_is_tried_again(ground: &Ground) {
    ground.tables(&LINE);
    ground.migrate(["up"]).succeeds();
    ground.replace("migrations/revisions/cccc3333.sql", "DROP TABLE cccc3333", "DROP TABLE gone");
    ground.migrate(["accept", "cccc3333", "--yes"]).succeeds();
    let error = ground.migrate(["redo"]).exits(8).stderr;
    assert!(error.ends_with("then: cargo migrate redo 1\n"), "{error}");
}
