//! `--sql`: the script does what the run would have done.

use migrate_tests::{Dialect, Ground, Revision};

migrate_tests::on_every_dialect!(
    the_script_leads_to_the_same_state_and_history,
    a_range_starts_where_it_says,
);

migrate_tests::on_dialects!([postgres] a_role_and_a_search_path_end_with_their_revision);

/// A table, and a trigger with a `;` and an `END` in it.
fn revisions(ground: &Ground) {
    ground.revision(Revision {
        id: "aaaa1111",
        revises: "base",
        up: "CREATE TABLE users (name VARCHAR(20)); -- it's\n\
             INSERT INTO users VALUES ('a;''b') -- the end",
        down: Some("DROP TABLE users;"),
    });
    let (up, down) = match ground.dialect() {
        Dialect::Sqlite => (
            "CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT CASE WHEN 1 THEN 2 END; END;",
            "DROP TRIGGER t;",
        ),
        Dialect::Postgres => (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n\
             PERFORM CASE WHEN true THEN 2 END; RETURN NULL; END $$;\n\
             CREATE TRIGGER t AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();",
            "DROP TRIGGER t ON users;\nDROP FUNCTION f();",
        ),
        Dialect::Mariadb => (
            "DELIMITER $$\nCREATE TRIGGER t AFTER INSERT ON users FOR EACH ROW BEGIN\n\
             SET @a = CASE WHEN 1 THEN 2 END; END$$\nDELIMITER ;",
            "DROP TRIGGER t;",
        ),
    };
    ground.revision(Revision { id: "bbbb2222", revises: "aaaa1111", up, down: Some(down) });
}

fn the_script_leads_to_the_same_state_and_history(ground: &Ground) {
    revisions(ground);
    ground.migrate(["up"]).succeeds();
    let script = ground.migrate(["up", "--sql"]).succeeds().stdout;

    let offline = ground.another_place();
    offline.run_by_client(&script);
    assert_eq!(offline.state(), ground.state());
    let history = "SELECT concat_ws('|', seq, id, revises, message, file, checksum, source, \
                   down_source, state, origin, total) FROM _migrate_revisions ORDER BY seq";
    assert_eq!(offline.query(history), ground.query(history));
    assert_eq!(offline.log(), ground.log());
    ground.migrate(["verify", "-d", offline.url()]).succeeds();
    let run = ground.migrate_json(["up", "-d", offline.url()]).succeeds();
    assert_eq!(run.json()["applied"], 0);

    let script = ground.migrate(["down", "head:base", "--sql"]).succeeds().stdout;
    offline.run_by_client(&script);
    assert_eq!(offline.state(), Vec::<String>::new());
    assert_eq!(offline.applied(), Vec::<String>::new());
}

fn a_range_starts_where_it_says(ground: &Ground) {
    revisions(ground);
    let script = ground.migrate(["up", "aaaa1111:head", "--sql"]).succeeds().stdout;
    assert!(script.contains("CREATE TRIGGER t"));
    assert!(!script.contains("CREATE TABLE"));
    let error = ground.migrate_json(["down", "base", "--sql"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.range_required");
}

/// As a dump leaves them, and as a script does that makes tables for another role.
fn a_role_and_a_search_path_end_with_their_revision(ground: &Ground) {
    let up = "SELECT pg_catalog.set_config('search_path', '', false);\n\
              CREATE TABLE public.a (x int);\nSET ROLE pg_monitor;";
    ground.revision(Revision { id: "aaaa1111", revises: "base", up, down: None });
    let up = "CREATE TABLE b (x int);";
    ground.revision(Revision { id: "bbbb2222", revises: "aaaa1111", up, down: None });
    ground.migrate(["up"]).succeeds();
    let script = ground.migrate(["up", "--sql"]).succeeds().stdout;
    let offline = ground.another_place();
    offline.run_by_client(&script);
    assert_eq!(offline.state(), ground.state());
    assert_eq!(offline.applied(), ["aaaa1111", "bbbb2222"]);
}
