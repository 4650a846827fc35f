//! Real input: a forum and a shop in 27 revisions, 25 tables and 31 foreign keys, in each dialect's
//! own SQL: triggers, routines, views, indexes of all kinds, odd literals and data updates; up step
//! by step, down to base and up again, comparing the schema and all rows at every step.

use std::fs;

use migrate_tests::{Dialect, Ground, repository};

migrate_tests::on_every_dialect!(
    every_step_up_and_down_reaches_the_same_state_again,
    all_at_once_and_the_script_reach_the_same_state_as_step_by_step,
);

/// Writes the revisions of the dialect and tells how many there are.
fn revisions(ground: &Ground) -> usize {
    let folder = match ground.dialect() {
        Dialect::Sqlite => "forum_shop",
        Dialect::Postgres => "forum_shop_postgres",
        Dialect::Mariadb => "forum_shop_mariadb",
    };
    let mut count = 0;
    let folder = repository().join("tests/cases").join(folder).join("revisions");
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read(entry.path()).unwrap();
        ground.write(format!("migrations/revisions/{name}"), text);
        count += 1;
    }
    count
}

fn every_step_up_and_down_reaches_the_same_state_again(ground: &Ground) {
    let count = revisions(ground);
    assert!(count >= 25);

    let mut states = vec![Vec::new()];
    for step in 1..=count {
        let summary = ground.migrate_json(["up", "+1"]).succeeds().json();
        assert_eq!(summary["applied"], 1, "step {step}");
        assert_no_violations(ground);
        states.push(ground.state());
    }
    assert!(states[count].len() > 150, "rows are there to be compared");
    assert_eq!(ground.migrate_json(["up"]).succeeds().json()["applied"], 0);

    for step in (0..count).rev() {
        let summary = ground.migrate_json(["down"]).succeeds().json();
        assert_eq!(summary["applied"], 1);
        assert_no_violations(ground);
        assert_same(&ground.state(), &states[step], &format!("down to step {step}"));
    }
    let current = ground.migrate_json(["current"]).succeeds().json();
    assert_eq!(current["heads"], serde_json::json!([]));

    for (step, expected) in states.iter().enumerate().skip(1) {
        ground.migrate(["up", "+1"]).succeeds();
        assert_same(&ground.state(), expected, &format!("up again to step {step}"));
    }
    ground.migrate(["verify"]).succeeds();
}

fn all_at_once_and_the_script_reach_the_same_state_as_step_by_step(ground: &Ground) {
    let count = revisions(ground);
    for _ in 0..count {
        ground.migrate(["up", "+1"]).succeeds();
    }
    let expected = ground.state();
    ground.migrate(["down", "base"]).succeeds();
    assert_same(&ground.state(), &[], "down");

    // MariaDB commits each change of the schema by itself.
    let transaction = if ground.dialect() == Dialect::Mariadb { "each" } else { "all" };
    let arguments = ["up", "--transaction", transaction];
    let summary = ground.migrate_json(arguments).succeeds().json();
    assert_eq!(summary["applied"], count);
    assert_same(&ground.state(), &expected, "up in one run");
    ground.migrate(["down", "base", "--transaction", transaction]).succeeds();
    assert_same(&ground.state(), &[], "down in one run");

    let other = ground.another_place();
    let script = ground.migrate(["up", "--sql"]).succeeds().stdout;
    other.run_by_client(&script);
    assert_same(&other.state(), &expected, "the script");
    let summary = ground.migrate_json(["up", "-d", other.url()]).succeeds().json();
    assert_eq!(summary["applied"], 0, "the script has done the bookkeeping, too");
    ground.migrate(["verify", "-d", other.url()]).succeeds();

    let script = ground.migrate(["down", "head:base", "--sql"]).succeeds().stdout;
    other.run_by_client(&script);
    assert_same(&other.state(), &[], "the script down");
}

/// SQLite checks foreign keys only where it is told to.
fn assert_no_violations(ground: &Ground) {
    if ground.dialect() == Dialect::Sqlite {
        let violations = ground.query("SELECT \"table\" FROM pragma_foreign_key_check");
        assert_eq!(violations, Vec::<String>::new());
    }
}

/// Shows the first line that differs, not two states.
#[track_caller]
fn assert_same(found: &[String], expected: &[String], when: &str) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{when}");
    }
    assert_eq!(found.len(), expected.len(), "{when}");
}
