//! Branches of a checkout on one database: what the other branch has applied is taken down from the
//! database, where there is no file of it.

use migrate_runtime::STORED_DOWN;
use migrate_tests::{Dialect, Ground, Revision};

migrate_tests::on_every_dialect!(
    brings_the_database_to_the_checkout,
    tells_the_plan_asks_and_ends_with_the_summary,
    down_works_without_a_file,
    down_without_files_says_first_what_can_not_be,
    an_irreversible_revision_stops_it_before_anything_is_touched,
    an_error_tells_the_line_of_the_stored_section,
);

/// Two revisions of the trunk; the branch adds two on top of the first.
fn on_a_branch(ground: &Ground) {
    ground.tables(&[("aaaa1111", "base")]);
    ground.migrate(["up"]).succeeds();
}

fn check_out_branch(ground: &Ground) {
    ground.tables(&[("bbbb2222", "aaaa1111"), ("cccc3333", "bbbb2222")]);
}

fn leave_branch(ground: &Ground) {
    for id in ["bbbb2222", "cccc3333"] {
        std::fs::remove_file(ground.path(format!("migrations/revisions/{id}.sql"))).unwrap();
    }
}

fn add_to_trunk(ground: &Ground) {
    ground.tables(&[("dddd4444", "aaaa1111")]);
}

fn brings_the_database_to_the_checkout(ground: &Ground) {
    on_a_branch(ground);
    let trunk = ground.state();
    check_out_branch(ground);
    ground.migrate(["up"]).succeeds();
    leave_branch(ground);

    let error = ground.migrate(["up"]).exits(10).stderr;
    assert!(error.contains("bring it to this checkout: cargo migrate switch"), "{error}");
    ground.migrate(["switch", "--yes"]).succeeds();
    assert_eq!(ground.state(), trunk);
    ground.migrate(["verify"]).succeeds();
    let log = "SELECT revision FROM _migrate_log WHERE action = 'down' ORDER BY seq";
    assert_eq!(ground.query(log), ["cccc3333", "bbbb2222"]);

    // And back again: here nothing is unknown.
    check_out_branch(ground);
    ground.migrate(["switch", "--yes"]).succeeds();
    let current = ground.migrate_json(["current"]).succeeds().json();
    assert_eq!(current["heads"], serde_json::json!(["cccc3333"]));
    let told = ground.migrate(["switch"]).succeeds().stdout;
    assert!(told.contains("nothing to do, at cccc3333"), "{told}");
}

fn tells_the_plan_asks_and_ends_with_the_summary(ground: &Ground) {
    on_a_branch(ground);
    check_out_branch(ground);
    ground.migrate(["up"]).succeeds();
    leave_branch(ground);
    add_to_trunk(ground);
    let before = ground.state();

    let plan = ground.migrate_json(["switch", "--dry-run"]).succeeds().json();
    let steps: Vec<_> = plan["steps"].as_array().unwrap().iter().collect();
    let steps: Vec<_> = steps.iter().map(|it| (&it["revision"], &it["direction"])).collect();
    let expected = serde_json::json!(["cccc3333", "down", "bbbb2222", "down", "dddd4444", "up"]);
    let expected = expected.as_array().unwrap();
    assert_eq!(steps, expected.chunks(2).map(|it| (&it[0], &it[1])).collect::<Vec<_>>());
    assert_eq!(plan["before"], serde_json::json!(["cccc3333"]));
    assert_eq!(plan["after"], serde_json::json!(["dddd4444"]));

    // Nobody can be asked here, so nothing is done.
    let told = ground.migrate(["switch"]).succeeds().stdout;
    assert!(told.contains("Would down cccc3333") && told.contains("Would up dddd4444"), "{told}");
    let last = ground.migrate_json(["switch"]).succeeds().json();
    assert_eq!((&last["type"], &last["applied"]), (&"summary".into(), &0.into()));
    assert_eq!(last["before"], last["after"]);
    assert_eq!(ground.state(), before);

    let run = ground.migrate_json(["switch", "--yes"]).succeeds();
    let lines = run.json_lines();
    assert_eq!((&lines[0]["type"], &lines[0]["after"]), (&"plan".into(), &plan["after"]));
    let summary = lines.last().unwrap();
    assert_eq!((&summary["type"], &summary["applied"]), (&"summary".into(), &3.into()));
    assert_eq!(summary["after"], plan["after"]);
}

fn down_works_without_a_file(ground: &Ground) {
    on_a_branch(ground);
    check_out_branch(ground);
    ground.migrate(["up"]).succeeds();
    leave_branch(ground);
    // What can't be applied again is not redone.
    let error = ground.migrate_json(["redo"]).exits(10).json_error();
    assert_eq!(error["code"], "integrity.unknown");
    ground.migrate(["down"]).succeeds();
    let status = ground.migrate_json(["status"]).succeeds().json();
    assert_eq!(status["current"], serde_json::json!(["bbbb2222"]));
    ground.migrate(["down", "base"]).succeeds();
    assert_eq!(ground.state(), Vec::<String>::new());
}

fn an_irreversible_revision_stops_it_before_anything_is_touched(ground: &Ground) {
    on_a_branch(ground);
    let up = "CREATE TABLE bbbb2222 (x int);";
    let file = ground.revision(Revision { id: "bbbb2222", revises: "aaaa1111", up, down: None });
    ground.migrate(["up"]).succeeds();
    std::fs::remove_file(ground.path(file)).unwrap();
    add_to_trunk(ground);
    let before = ground.state();
    for arguments in [&["switch", "--yes"][..], &["switch", "--dry-run"], &["down"]] {
        let error = ground.migrate_json(arguments.iter().copied()).exits(10).json_error();
        assert_eq!(error["code"], "integrity.unknown", "{arguments:?}");
        assert_eq!(error["revision"], "bbbb2222");
    }
    assert_eq!(ground.state(), before);
}

fn an_error_tells_the_line_of_the_stored_section(ground: &Ground) {
    on_a_branch(ground);
    check_out_branch(ground);
    ground.migrate(["up"]).succeeds();
    leave_branch(ground);
    ground.execute(
        "UPDATE _migrate_revisions SET down_source = '\nDROP TABLE nope;' WHERE id = 'cccc3333'",
    );
    let error = ground.migrate_json(["switch", "--yes"]).exits(8).json_error();
    assert_eq!((&error["revision"], &error["line"]), (&"cccc3333".into(), &2.into()));
    assert_eq!(error["file"], "down section stored in the database");
    let shown = ground.migrate(["down"]).exits(8).stderr;
    assert!(shown.contains("down section stored in the database:2:1"), "{shown}");
}

/// Several lineages, of which one has no files any more.
fn down_without_files_says_first_what_can_not_be(ground: &Ground) {
    ground.tables(&[("aaaa1111", "base"), ("bbbb2222", "aaaa1111"), ("xxxx9999", "base")]);
    let up = "CREATE TABLE cccc3333 (x int);";
    ground.revision(Revision { id: "cccc3333", revises: "bbbb2222", up, down: None });
    ground.migrate(["up", "heads"]).succeeds();
    leave_branch(ground);
    let before = (ground.state(), ground.applied());
    let error = ground.migrate_json(["down", "aaaa1111"]).exits(10).json_error();
    let expected = (&"integrity.unknown".into(), &"cccc3333".into());
    assert_eq!((&error["code"], &error["revision"]), expected);
    assert_eq!((ground.state(), ground.applied()), before);

    let store = |down: &str| {
        let set = format!("UPDATE _migrate_revisions SET down_source = '{down}'");
        ground.execute(&format!("{set} WHERE id = 'cccc3333'"));
    };
    store("\nDROP TABLE ç;");
    let error = ground.migrate_json(["down", "aaaa1111"]).exits(8).json_error();
    let place = (&error["file"], &error["line"], &error["column"]);
    // MariaDB's dialect finds the name that the server tells.
    let column = if ground.dialect() == Dialect::Mariadb { 12 } else { 1 };
    assert_eq!(place, (&STORED_DOWN.into(), &2.into(), &column.into()));
    assert_eq!((ground.state(), ground.applied()), before);

    store("DROP TABLE cccc3333");
    let run = ground.migrate_json(["down", "base"]).succeeds();
    let steps = run.json()["steps"].as_array().unwrap().clone();
    let ids: Vec<&str> = steps.iter().filter_map(|step| step["revision"].as_str()).collect();
    assert_eq!(ids, ["cccc3333", "bbbb2222", "xxxx9999", "aaaa1111"]);
    assert_eq!((ground.state(), ground.applied()), (vec![], vec![]));
}
