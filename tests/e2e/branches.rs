//! Branches: two people write a revision on the same day, and every way on from there.

use migrate_tests::{Ground, Revision, Run, Workspace};
use serde_json::{Value, json};

migrate_tests::on_every_dialect!(
    two_heads_are_told_with_the_ways_out_as_commands,
    both_revise_the_same_is_said_where_they_do,
    the_suggested_rebase_edits_one_line_and_the_run_goes_on,
    where_a_rebased_revision_was_applied_it_is_accepted,
    a_rebase_onto_what_needs_it_is_refused_with_the_cycle,
    a_merge_joins_all_heads_and_comes_down_again,
    names_on_a_branch,
    a_dependency_comes_first_and_takes_its_dependent_with_it,
    lineages_that_are_separate_by_design,
    a_new_branch_is_begun_on_purpose_only,
    the_graph_is_drawn,
    walks_need_no_dashes_and_a_misspelt_option_is_an_error,
);

/// `aaaa1111`, and on top of it `bbbb2222` and `cccc3333` with `cccc4444`.
const FORKED: [(&str, &str); 4] = [
    ("aaaa1111", "base"),
    ("bbbb2222", "aaaa1111"),
    ("cccc3333", "aaaa1111"),
    ("cccc4444", "cccc3333"),
];

fn after(run: &Run) -> Value {
    run.json()["after"].clone()
}

fn steps(run: &Run) -> Vec<String> {
    let document = run.json();
    let steps = document["steps"].as_array().unwrap().iter();
    steps.map(|step| step["revision"].as_str().unwrap().to_owned()).collect()
}

fn two_heads_are_told_with_the_ways_out_as_commands(ground: &Ground) {
    ground.tables(&FORKED);
    ground.migrate(["up", "bbbb"]).succeeds();
    let run = ground.migrate(["up"]).exits(4);
    assert_eq!(
        run.stderr,
        "error[graph.multiple_heads]: two heads, so `up` has no single target\n  \
           bbbb2222 make bbbb2222   2026-11-23 10:12   applied here\n  \
           cccc4444 make cccc4444   2026-11-23 10:12   pending\n  \
           nothing was run\n\
         help: put one after the other:   cargo migrate rebase cccc3333 --onto bbbb2222\n\
         help: or keep both and join:     cargo migrate merge -m \"merge make cccc4444 and make bbbb2222\"\n"
    );
    let error = ground.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(error["candidates"], json!(["bbbb2222", "cccc4444"]));
    let run = ground.migrate(["new", "x"]).exits(4);
    assert!(run.stderr.contains("`new` has no single parent"), "{}", run.stderr);
}

fn both_revise_the_same_is_said_where_they_do(ground: &Ground) {
    ground.tables(&[("aaaa1111", "base"), ("bbbb2222", "aaaa1111")]);
    let up = "CREATE TABLE c (x int);";
    ground.revision(Revision { id: "cccc3333", revises: "aaaa1111", up, down: None });
    let run = ground.migrate(["up"]).exits(4);
    let expected = "both revise aaaa1111 make aaaa1111; nothing was run\n";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}

fn the_suggested_rebase_edits_one_line_and_the_run_goes_on(ground: &Ground) {
    ground.tables(&FORKED);
    ground.migrate(["up", "bbbb"]).succeeds();
    let file = "migrations/revisions/cccc3333.sql";
    let before = ground.read(file).replace('\n', "\r\n");
    ground.write(file, &before);
    let others = |ground: &Workspace| {
        let mut files = ground.files();
        files.remove(&ground.path(file));
        files
    };
    let rest = others(ground);
    let run = ground.migrate(["rebase", "cccc3333", "--onto", "bbbb2222"]).succeeds();
    assert_eq!(
        run.stdout,
        "      Edited migrations/revisions/cccc3333.sql: Revises aaaa1111 -> bbbb2222\n        \
                 Note where cccc3333 is applied already: cargo migrate accept cccc3333\n"
    );
    let expected = before.replace("Revises: aaaa1111", "Revises: bbbb2222");
    assert_eq!(ground.read(file), expected);
    assert!(others(ground) == rest, "another file has changed");
    let up = ground.migrate_json(["up"]).succeeds();
    assert_eq!(steps(&up), ["cccc3333", "cccc4444"]);
    let again = ground.migrate_json(["rebase", "cccc", "--onto", "head"]);
    assert_eq!(again.exits(4).json_error()["code"], "graph.partial_ambiguous");
    let run = ground.migrate_json(["rebase", "cccc3333", "--onto", "bbbb2222"]).succeeds();
    assert_eq!(
        (run.json()["from"].clone(), run.json()["to"].clone()),
        ("bbbb2222".into(), "bbbb2222".into())
    );
}

fn where_a_rebased_revision_was_applied_it_is_accepted(ground: &Ground) {
    ground.tables(&FORKED);
    ground.migrate(["up", "cccc4444"]).succeeds();
    ground.migrate(["rebase", "cccc3333", "--onto", "bbbb2222"]).succeeds();
    assert_eq!(ground.migrate_json(["up"]).exits(10).json_error()["code"], "integrity.edited");
    ground.migrate(["accept", "cccc3333", "--yes"]).succeeds();
    // What it revises now comes after it, which is the best that can be done here.
    let up = ground.migrate_json(["up"]).succeeds();
    assert_eq!(steps(&up), ["bbbb2222"]);
    assert_eq!(after(&up), json!(["cccc4444"]));
}

fn a_rebase_onto_what_needs_it_is_refused_with_the_cycle(ground: &Ground) {
    ground.tables(&FORKED);
    let before = ground.files();
    let error = ground.migrate_json(["rebase", "cccc3333", "--onto", "cccc4444"]).exits(4);
    assert_eq!(
        (error.json_error()["code"].clone(), error.json_error()["message"].clone()),
        (
            "graph.cycle".into(),
            "cccc3333 can't go on top of cccc4444, which needs it: the revisions form a cycle: \
             cccc3333 -> cccc4444 -> cccc3333"
                .into()
        )
    );
    ground.migrate(["merge", "--rev-id", "dddd5555"]).succeeds();
    let error = ground.migrate_json(["rebase", "dddd5555", "--onto", "aaaa1111"]).exits(4);
    assert_eq!(error.json_error()["code"], "graph.rebase_of_merge");
    let mut files = ground.files();
    files.retain(|path, _| !path.to_string_lossy().contains("dddd5555"));
    assert!(files == before);
}

fn a_merge_joins_all_heads_and_comes_down_again(ground: &Ground) {
    ground.tables(&FORKED);
    ground.migrate(["up", "bbbb"]).succeeds();
    let merge = ground.migrate_json(["merge", "-m", "join", "--rev-id", "dddd5555"]).succeeds();
    assert_eq!(merge.json()["revises"], json!(["bbbb2222", "cccc4444"]));
    let text = ground.read(ground.path(merge.json()["file"].as_str().unwrap()));
    assert!(
        text.starts_with("-- join\n--\n-- Revision: dddd5555\n-- Revises: bbbb2222, cccc4444\n")
    );
    let up = ground.migrate_json(["up"]).succeeds();
    assert_eq!(steps(&up), ["cccc3333", "cccc4444", "dddd5555"]);
    assert_eq!(after(&up), json!(["dddd5555"]));
    let error = ground.migrate_json(["down", "-2"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.ambiguous_walk");
    let down = ground.migrate_json(["down", "-1"]);
    assert_eq!(down.exits(4).json_error()["code"], "graph.ambiguous_walk");
    let down = ground.migrate_json(["down", "bbbb2222"]).succeeds();
    assert_eq!(
        (steps(&down), after(&down)),
        (vec!["dddd5555".into()], json!(["bbbb2222", "cccc4444"]))
    );
    let error = ground.migrate_json(["merge"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.nothing_to_merge");
}

fn names_on_a_branch(ground: &Ground) {
    ground.tables(&FORKED);
    let text = ground.read("migrations/revisions/cccc3333.sql");
    let labelled = text.replace("-- Created", "-- Labels: shop\n-- Created");
    ground.write("migrations/revisions/cccc3333.sql", labelled);
    let up = ground.migrate_json(["up", "shop@+2"]).succeeds();
    assert_eq!(steps(&up), ["aaaa1111", "cccc3333"]);
    let error = ground.migrate_json(["up", "shop@bbbb2222"]).exits(4).json_error();
    assert_eq!(error["message"], "revision bbbb2222 is not on the branch `shop`");
    let up = ground.migrate_json(["up", "heads"]).succeeds();
    assert_eq!(after(&up), json!(["bbbb2222", "cccc4444"]));
    let error = ground.migrate_json(["down"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.ambiguous_walk");
    assert_eq!(error["hint"], "name a branch, for example: cargo migrate down bbbb2222@-1");
    let down = ground.migrate_json(["down", "shop@-1"]).succeeds();
    assert_eq!(
        (steps(&down), after(&down)),
        (vec!["cccc4444".into()], json!(["bbbb2222", "cccc3333"]))
    );
    let down = ground.migrate_json(["down", "shop@aaaa1111"]).succeeds();
    assert_eq!(steps(&down), ["cccc3333"]);
    let history = ground.migrate_json(["history", "aaaa1111:shop@head"]).succeeds().json();
    let listed = history["revisions"].as_array().unwrap().iter();
    let listed: Vec<&str> = listed.map(|it| it["revision"].as_str().unwrap()).collect();
    assert_eq!(listed, ["cccc4444", "cccc3333", "aaaa1111"]);
}

fn a_dependency_comes_first_and_takes_its_dependent_with_it(ground: &Ground) {
    ground.tables(&[("aaaa1111", "base"), ("bbbb2222", "aaaa1111")]);
    ground.configure("multiple-heads = \"allow\"\n");
    let new = ["new", "plugin", "--head", "base", "--depends-on", "bbbb", "--label", "plugin"];
    ground.migrate(new.into_iter().chain(["--rev-id", "pppp1111"])).succeeds();
    let heads = |arguments: &[&str]| {
        let run = ground.migrate_json(arguments.iter().copied()).succeeds().json();
        let heads = run["revisions"].as_array().unwrap().iter();
        heads.map(|it| it["revision"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(heads(&["heads"]), ["bbbb2222", "pppp1111"]);
    assert_eq!(heads(&["heads", "--resolve-dependencies"]), ["pppp1111"]);
    let up = ground.migrate_json(["up", "plugin@head"]).succeeds();
    assert_eq!(steps(&up), ["aaaa1111", "bbbb2222", "pppp1111"]);
    let down = ground.migrate_json(["down", "aaaa1111"]).succeeds();
    assert_eq!(steps(&down), ["pppp1111", "bbbb2222"]);
}

fn lineages_that_are_separate_by_design(ground: &Ground) {
    ground.tables(&FORKED);
    ground.configure("multiple-heads = \"allow\"\n");
    let up = ground.migrate_json(["up"]).succeeds();
    assert_eq!(after(&up), json!(["bbbb2222", "cccc4444"]));
    ground.migrate(["current", "--check-heads"]).succeeds();
    ground.migrate(["down", "cccc3333"]).succeeds();
    let run = ground.migrate_json(["current", "--check-heads"]).exits(1).json();
    assert_eq!(run, json!({ "heads": ["bbbb2222", "cccc3333"], "at_heads": false }));
}

#[test]
fn an_application_follows_the_same_setting() {
    let workspace = Workspace::new().with_tables(&FORKED).with_application();
    let run = workspace.application("sqlite:app.db?mode=rwc");
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("2 heads, so there is no single target"), "{}", run.stderr);
    workspace.configure("multiple-heads = \"allow\"\n");
    let run = workspace.application("sqlite:app.db?mode=rwc").succeeds();
    assert!(run.stdout.contains("bbbb2222"), "{}", run.stdout);
    assert!(run.stdout.contains("cccc4444"), "{}", run.stdout);
}

fn a_new_branch_is_begun_on_purpose_only(ground: &Ground) {
    ground.tables(&FORKED);
    let error = ground.migrate_json(["new", "x", "--head", "aaaa"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.needs_splice");
    let new = ["new", "x", "--head", "aaaa", "--splice", "--label", "hotfix"];
    let run = ground.migrate_json(new).succeeds().json();
    assert_eq!(run["revises"], json!(["aaaa1111"]));
    let taken = ground.migrate_json(["new", "y", "--head", "hotfix@head", "--label", "hotfix"]);
    let error = taken.exits(4).json_error();
    assert_eq!(error["code"], "graph.duplicate");
    let on_top = ground.migrate_json(["new", "y", "--head", "hotfix@head"]).succeeds().json();
    assert_eq!(on_top["revises"], json!([run["revision"]]));
    let twice = ["new", "z", "--head", "bbbb2222,bbbb2222"];
    let error = ground.migrate_json(twice).exits(4).json_error();
    assert_eq!(error["code"], "graph.duplicate");
}

fn the_graph_is_drawn(ground: &Ground) {
    ground.tables(&FORKED);
    let up = "CREATE TABLE d (x int);";
    ground.revision(Revision { id: "dddd5555", revises: "aaaa1111", up, down: None });
    ground
        .migrate(["merge", "bbbb2222", "cccc4444", "-m", "join", "--rev-id", "eeee6666"])
        .succeeds();
    ground.migrate(["up", "bbbb2222"]).succeeds();
    let drawn = ground.migrate(["history", "--graph", "-i"]).succeeds().stdout;
    let lines: Vec<&str> = drawn.lines().collect();
    let today = lines.iter().find(|line| line.contains("eeee6666")).unwrap();
    let today = today.split_whitespace().find(|word| word.starts_with("20")).unwrap();
    assert_eq!(
        drawn.replace(today, "2026-11-23"),
        "○  2026-11-23 dddd5555 make dddd5555 (pending, head)\n\
         │ ○    2026-11-23 eeee6666 join (pending, head, merge)\n\
         │ ├─╮\n\
         │ ● │  2026-11-23 bbbb2222 make bbbb2222 (applied, current)\n\
         ├─╯ │\n\
         │   ○  2026-11-23 cccc4444 make cccc4444 (pending)\n\
         │   ○  2026-11-23 cccc3333 make cccc3333 (pending)\n\
         ├───╯\n\
         ●  2026-11-23 aaaa1111 make aaaa1111 (applied, branch point)\n"
    );
}

fn walks_need_no_dashes_and_a_misspelt_option_is_an_error(ground: &Ground) {
    ground.tables(&[("aaaa1111", "base"), ("bbbb2222", "aaaa1111"), ("cccc3333", "bbbb2222")]);
    ground.migrate(["up", "+1"]).succeeds();
    ground.migrate(["up", "+1", "-q"]).succeeds();
    ground.migrate(["down", "-1"]).succeeds();
    for range in [
        ["history", "-1:"].as_slice(),
        &["history", "-r-1:"],
        &["history", "-r", "-1:"],
        &["history", "-1:", "--color", "never"],
    ] {
        let text = ground.migrate(range.iter().copied()).succeeds().stdout;
        assert_eq!(text.lines().count(), 2, "{range:?}: {text}");
    }
    let current = ground.migrate(["history", "-r-2:current"]).succeeds().stdout;
    assert_eq!(current.lines().count(), 1, "{current}");
    for wrong in [
        ["history", "--grph"].as_slice(),
        &["history", "-z"],
        &["up", "--dryrun"],
        &["down", "--dry-rum", "-1"],
        &["history", "-1:", "--gaph"],
    ] {
        let error = ground.migrate_json(wrong.iter().copied()).exits(2).json_error();
        assert_eq!(error["code"], "usage.arguments", "{wrong:?}");
    }
}
