//! The main job: a project, its revisions, up, status, down and up again. And what a history must
//! keep: texts of any kind, apart from another project's.

use migrate_tests::{Dialect, Ground, Revision};
use serde_json::json;

migrate_tests::on_every_dialect!(
    new_up_status_down_and_up_again,
    up_and_down_lead_back_to_the_same_state,
    a_dry_run_and_a_look_create_nothing,
    texts_of_any_kind_survive,
    long_texts_survive,
    a_script_that_ends_in_a_comment_writes_its_row,
    two_projects_in_one_database_do_not_disturb_each_other,
);
migrate_tests::on_dialects!([sqlite, postgres] all_in_one_transaction_is_all_or_nothing);

const A: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);",
    down: Some("DROP TABLE a;"),
};
const B: Revision<'_> = Revision {
    id: "bbbb2222",
    revises: "aaaa1111",
    up: "ALTER TABLE a ADD y VARCHAR(20) DEFAULT 'ü';",
    down: Some("ALTER TABLE a DROP COLUMN y;"),
};

fn new_up_status_down_and_up_again(ground: &Ground) {
    for (message, table) in [("add projects", "projects"), ("add tasks", "tasks")] {
        let new = ground.migrate_json(["new", message]).succeeds().json();
        let file = new["file"].as_str().unwrap();
        let up = format!("-- migrate:up\nCREATE TABLE {table} (id int PRIMARY KEY);\n");
        ground.replace(file, "-- migrate:up\n", &up);
        ground.replace(
            file,
            "-- migrate:down\n",
            &format!("-- migrate:down\nDROP TABLE {table};\n"),
        );
    }
    let pending = ground.migrate_json(["up", "--dry-run"]).succeeds().json();
    let ids: Vec<_> =
        pending["steps"].as_array().unwrap().iter().map(|it| &it["revision"]).collect();
    let status = || ground.migrate_json(["status"]).succeeds().json();

    ground.migrate(["up"]).succeeds();
    assert_eq!(json!(ground.applied()), json!(ids));
    assert_eq!((&status()["applied"], &status()["pending"]), (&json!(2), &json!([])));
    let state = ground.state();
    ground.migrate(["down"]).succeeds();
    assert_eq!((&status()["current"], &status()["pending"]), (&json!([ids[0]]), &json!([ids[1]])));
    assert!(!ground.place().tables().contains(&"tasks".to_owned()));
    ground.migrate(["up"]).succeeds();
    assert_eq!(ground.state(), state);
    ground.migrate(["verify"]).succeeds();
}

fn up_and_down_lead_back_to_the_same_state(ground: &Ground) {
    for revision in [A, B] {
        ground.revision(revision);
    }
    let up = ground.migrate_json(["up", "+1"]).succeeds();
    assert_eq!(up.json()["after"], json!(["aaaa1111"]));
    let first = ground.state();
    assert!(first.len() >= 2, "a table and its row: {first:?}");
    ground.migrate(["up"]).succeeds();
    assert_eq!(ground.applied(), ["aaaa1111", "bbbb2222"]);
    let second = ground.state();
    assert_ne!(second, first);
    ground.migrate(["down"]).succeeds();
    assert_eq!(values(ground), ["1"]);
    ground.migrate(["up"]).succeeds();
    assert_eq!(ground.state(), second);
    ground.migrate(["redo"]).succeeds();
    assert_eq!(ground.state(), second);
    ground.migrate(["down", "base"]).succeeds();
    assert_eq!(ground.state(), [""; 0]);
    assert_eq!(
        ground.log(),
        [
            "up aaaa1111 ok",
            "up bbbb2222 ok",
            "down bbbb2222 ok",
            "up bbbb2222 ok",
            "down bbbb2222 ok",
            "up bbbb2222 ok",
            "down bbbb2222 ok",
            "down aaaa1111 ok"
        ]
    );
}

fn values(ground: &Ground) -> Vec<String> {
    ground.query("SELECT x FROM a")
}

fn a_dry_run_and_a_look_create_nothing(ground: &Ground) {
    ground.revision(A);
    ground.migrate(["up", "--dry-run"]).succeeds();
    for command in ["status", "current", "verify"] {
        // A SQLite file that is missing is a missing database.
        let code = if ground.dialect() == Dialect::Sqlite { 6 } else { 0 };
        ground.migrate([command]).exits(code);
    }
    assert!(ground.place().is_untouched());
}

fn all_in_one_transaction_is_all_or_nothing(ground: &Ground) {
    for revision in [A, Revision { up: "ALTER TABLE nope ADD y text;", ..B }] {
        ground.revision(revision);
    }
    let error = ground.migrate_json(["up", "--transaction", "all"]).exits(8).json();
    assert_eq!((&error["applied"], &error["rolled_back"]), (&json!([]), &"bbbb2222".into()));
    assert_eq!(ground.state(), [""; 0]);
    ground.revision(B);
    ground.migrate(["up", "--transaction", "all"]).succeeds();
    assert_eq!(ground.applied(), ["aaaa1111", "bbbb2222"]);
}

const TEA: &str = "🫖 it''s θέα $$ tea $$ -- no comment; 𠮷 ?1 $1 :x";

fn texts_of_any_kind_survive(ground: &Ground) {
    // What a backslash means in a literal is the dialect's; in a comment it means nothing.
    let (table, path) = match ground.dialect() {
        Dialect::Sqlite | Dialect::Postgres => ("CREATE TABLE t (x text);", r"C:\new"),
        Dialect::Mariadb => ("CREATE TABLE t (x text CHARACTER SET utf8mb4);", r"C:\\new"),
    };
    let up = format!("{table}\nINSERT INTO t VALUES ('{TEA}'), ('{path}'); -- \\ \\' \\\\ \\n");
    let down = format!("DELETE FROM t WHERE x = '{TEA}';\nDROP TABLE t;\n-- {TEA} \\ \\'");
    survives(ground, &up, &down);
    assert_eq!(ground.query("SELECT x FROM t"), [&TEA.replace("''", "'"), r"C:\new"]);
    ground.migrate(["down"]).succeeds();
    assert_eq!(ground.state(), [""; 0]);
}

fn long_texts_survive(ground: &Ground) {
    // 200 kB each; letters of one to four bytes, so that no border falls on the same byte of one.
    let long: String = "xé€🫖".chars().cycle().take(80_000).collect();
    assert!(long.len() >= 200_000);
    let up = format!("CREATE TABLE t (x int);\n/* {long} */");
    let down = format!("DROP TABLE t;\n/* {long} */");
    survives(ground, &up, &down);
    ground.migrate(["down"]).succeeds();
    assert_eq!(ground.state(), [""; 0]);
}

/// A revision's text and its `down` section are in the history as they are in the file, byte for
/// byte, and the file comes back from there.
#[track_caller]
fn survives(ground: &Ground, up: &str, down: &str) {
    let file = ground.revision(Revision { up, down: Some(down), ..A });
    ground.migrate(["up"]).succeeds();
    let text = ground.read(&file);
    assert!(ground.query("SELECT source FROM _migrate_revisions") == [text.as_str()]);
    let stored = ground.query("SELECT down_source FROM _migrate_revisions").remove(0);
    assert!(stored.trim() == down, "{} bytes of {}", stored.len(), down.len());
    std::fs::remove_file(ground.path(&file)).unwrap();
    ground.migrate(["restore", "aaaa1111"]).succeeds();
    assert!(ground.read(&file) == text);
    ground.migrate(["verify"]).succeeds();
}

fn a_script_that_ends_in_a_comment_writes_its_row(ground: &Ground) {
    let (up, down) = ("CREATE TABLE a (x int) -- the end", "DROP TABLE a -- the end");
    // No line ends it, either.
    let text = "-- a\n--\n-- Revision: aaaa1111\n-- Revises: base\n\n-- migrate:up\n".to_owned();
    ground.write("migrations/revisions/a.sql", text + up + "\n-- migrate:down\n" + down);
    ground.migrate(["up"]).succeeds();
    assert_eq!(ground.applied(), ["aaaa1111"]);
    let script = ground.migrate(["up", "--sql"]).succeeds().stdout;
    let offline = ground.another_place();
    offline.run_by_client(&script);
    assert_eq!((offline.applied(), offline.state()), (ground.applied(), ground.state()));
    ground.migrate(["down"]).succeeds();
    assert_eq!((ground.applied(), ground.state()), (vec![], vec![]));
    assert_eq!(ground.log(), ["up aaaa1111 ok", "down aaaa1111 ok"]);
}

fn two_projects_in_one_database_do_not_disturb_each_other(ground: &Ground) {
    for revision in [A, B] {
        ground.revision(revision);
    }
    ground.migrate(["up"]).succeeds();
    let first = ground.everything();

    // The other project is the same folder with another history and other files.
    let files = [ground.read(path("aaaa1111")), ground.read(path("bbbb2222"))];
    ground.configure("table = \"other_revisions\"\n");
    std::fs::remove_file(ground.path(path("bbbb2222"))).unwrap();
    ground.revision(Revision { up: "CREATE TABLE o (x int);", down: Some("DROP TABLE o;"), ..A });
    let run = ground.migrate_json(["up"]).succeeds().json();
    assert_eq!((&run["before"], &run["after"]), (&json!([]), &json!(["aaaa1111"])));
    assert_eq!(ground.query("SELECT id FROM other_revisions"), ["aaaa1111"]);
    assert_eq!(ground.query("SELECT count(*) FROM other_log"), ["1"]);
    ground.migrate(["verify"]).succeeds();
    ground.migrate(["down", "base"]).succeeds();
    assert_eq!(ground.query("SELECT count(*) FROM other_revisions"), ["0"]);
    ground.execute("DROP TABLE other_revisions; DROP TABLE other_log; DROP TABLE other_meta");
    assert_eq!(ground.everything(), first);

    ground.replace("migrations/Cargo.toml", "table = \"other_revisions\"\n", "");
    for (id, text) in ["aaaa1111", "bbbb2222"].into_iter().zip(files) {
        ground.write(path(id), text);
    }
    ground.migrate(["verify"]).succeeds();
    ground.migrate(["down", "base"]).succeeds();
    assert_eq!(ground.state(), [""; 0]);
}

fn path(id: &str) -> String {
    format!("migrations/revisions/{id}.sql")
}
