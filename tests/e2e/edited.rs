//! The promise: an edited applied file is refused by `up`, by `verify` and by the rebuilt
//! application, and nothing is changed by a refused run.

use migrate_tests::{Ground, Revision, Workspace, state};

migrate_tests::on_every_dialect!(
    up_down_and_verify_refuse_and_change_nothing,
    the_message_shows_the_edit_and_the_ways_out,
    line_endings_and_a_byte_order_mark_are_no_edit,
    restore_puts_the_file_back_even_if_it_is_gone_or_broken,
    accept_asks_and_then_records_the_edit,
    restore_keeps_what_it_replaces_and_writes_nowhere_else,
);

const USERS: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE users (\n    name TEXT NOT NULL\n);",
    down: Some("DROP TABLE users;"),
};
const EMAIL: Revision<'_> = Revision {
    id: "bbbb2222",
    revises: "aaaa1111",
    up: "ALTER TABLE users ADD COLUMN email TEXT;",
    down: Some("ALTER TABLE users DROP COLUMN email;"),
};

fn up_down_and_verify_refuse_and_change_nothing(ground: &Ground) {
    let file = ground.revision(USERS);
    ground.migrate(["up"]).succeeds();
    let before = ground.everything();

    ground.replace(&file, "name TEXT NOT NULL", "name TEXT NOT NULL UNIQUE");
    ground.revision(EMAIL);
    for command in ["up", "down"] {
        let run = ground.migrate_json([command]).exits(10);
        let error = run.json_error();
        assert_eq!(error["code"], "integrity.edited");
        assert_eq!(error["revision"], "aaaa1111");
        assert_eq!(error["file"], file);
        assert_eq!((&error["line"], &error["column"]), (&9.into(), &5.into()));
    }
    let finding = &ground.migrate_json(["verify"]).exits(1).json()["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["file"]),
        (&"integrity.edited".into(), &file.clone().into())
    );
    let status = ground.migrate_json(["status"]).succeeds().json();
    assert_eq!(status["edited"], serde_json::json!(["aaaa1111"]));
    assert_eq!(ground.everything(), before);

    ground.replace(&file, "name TEXT NOT NULL UNIQUE", "name TEXT NOT NULL");
    ground.migrate(["verify"]).succeeds();
    assert_eq!(ground.migrate_json(["up"]).succeeds().json()["applied"], 1);
}

fn the_message_shows_the_edit_and_the_ways_out(ground: &Ground) {
    let file = ground.revision(USERS);
    ground.migrate(["up"]).succeeds();
    ground.replace(&file, "name TEXT NOT NULL", "name TEXT NOT NULL UNIQUE");
    let stderr = ground.migrate(["up"]).exits(10).stderr;
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(
        lines[0].starts_with("error[integrity.edited]: aaaa1111 make aaaa1111 was edited after")
    );
    assert_eq!(
        lines[1..4],
        [
            "  --> migrations/revisions/aaaa1111.sql:9:5",
            "   -     name TEXT NOT NULL",
            "   +     name TEXT NOT NULL UNIQUE",
        ]
    );
    assert_eq!(
        lines[5..],
        [
            "  nothing was run",
            "help: put the file back:       cargo migrate restore aaaa1111",
            "      and add the change:      cargo migrate new \"…\"",
            "help: no SQL changed (a comment)? record it:   cargo migrate accept aaaa1111",
        ]
    );
}

fn line_endings_and_a_byte_order_mark_are_no_edit(ground: &Ground) {
    let file = ground.revision(USERS);
    ground.migrate(["up"]).succeeds();
    let windows = ground.read(&file).replace('\n', "\r\n");
    ground.write(&file, &windows);
    ground.migrate(["verify"]).succeeds();
    ground.write(&file, format!("\u{FEFF}{windows}"));
    ground.migrate(["verify"]).succeeds();
    ground.migrate(["down"]).succeeds();
    ground.migrate(["up"]).succeeds();
}

#[test]
fn the_rebuilt_application_refuses_and_goes_on_once_it_is_put_back() {
    let workspace = Workspace::new().with_application();
    let file = workspace.revision(USERS);
    let url = format!("sqlite:{}", workspace.path("app.db").display());
    let run = workspace.application(&(url.clone() + "?mode=rwc")).succeeds();
    assert_eq!(run.stdout, "applied aaaa1111, now at aaaa1111\n");
    let before = state(&workspace.path("app.db"));

    workspace.replace(&file, "name TEXT NOT NULL", "name TEXT NOT NULL UNIQUE");
    workspace.revision(EMAIL);
    let run = workspace.application(&url).exits(1);
    assert!(run.stderr.contains("integrity.edited: aaaa1111"), "{}", run.stderr);
    assert!(run.stderr.contains("first at line 9"), "{}", run.stderr);
    assert!(!run.stderr.contains("UNIQUE"), "sources don't belong in logs: {}", run.stderr);
    assert_eq!(state(&workspace.path("app.db")), before);

    workspace.replace(&file, "name TEXT NOT NULL UNIQUE", "name TEXT NOT NULL");
    let run = workspace.application(&url).succeeds();
    assert_eq!(run.stdout, "applied bbbb2222, now at bbbb2222\n");
    let windows = workspace.read(&file).replace('\n', "\r\n");
    workspace.write(&file, format!("\u{FEFF}{windows}"));
    let run = workspace.application(&url).succeeds();
    assert_eq!(run.stdout, "applied , now at bbbb2222\n");
}

fn restore_puts_the_file_back_even_if_it_is_gone_or_broken(ground: &Ground) {
    let file = ground.revision(USERS);
    ground.migrate(["up"]).succeeds();
    let original = ground.read(&file);

    ground.write(&file, "garbage");
    assert_eq!(ground.migrate(["up"]).code, 4);
    let restored = ground.migrate_json(["restore", "aaaa"]).succeeds().json();
    assert_eq!(restored, serde_json::json!({ "revision": "aaaa1111", "file": file }));
    assert_eq!(ground.read(&file), original);

    std::fs::remove_file(ground.path(&file)).unwrap();
    ground.migrate(["restore", "aaaa1111"]).succeeds();
    assert_eq!(ground.read(&file), original);
    ground.migrate(["verify"]).succeeds();

    let error = ground.migrate_json(["restore", "zzzz"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.unresolved");
}

fn accept_asks_and_then_records_the_edit(ground: &Ground) {
    let file = ground.revision(USERS);
    ground.migrate(["up"]).succeeds();
    ground.replace(&file, "-- make", "-- really make");

    let before = ground.everything();
    let unasked = ground.migrate(["accept", "aaaa1111"]).succeeds();
    assert!(unasked.stdout.contains("only comments differ"), "{}", unasked.stdout);
    assert_eq!(ground.everything(), before, "where a question can't be asked, the answer is no");

    let accepted = ground.migrate_json(["accept", "aaaa", "--yes"]).succeeds().json();
    assert_eq!(accepted["revision"], "aaaa1111");
    assert_ne!(accepted["from"], accepted["to"]);
    ground.migrate(["verify"]).succeeds();
    let logged = "SELECT concat(action, ' ', revision) FROM _migrate_log ORDER BY seq DESC LIMIT 1";
    assert_eq!(ground.query(logged), ["accept aaaa1111"]);
    let stored = "SELECT source FROM _migrate_revisions";
    assert_eq!(ground.query(stored), [ground.read(&file)]);
}

fn restore_keeps_what_it_replaces_and_writes_nowhere_else(ground: &Ground) {
    let file = ground.revision(USERS);
    ground.migrate(["up"]).succeeds();
    let edited = ground.read(&file) + "-- my thoughts\n";
    ground.write(&file, &edited);
    let stdout = ground.migrate(["restore", "aaaa1111"]).succeeds().stdout;
    let kept = stdout.lines().next().unwrap().rsplit(' ').next().unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), edited);

    let outside = "UPDATE _migrate_revisions SET file = '../../outside.sql'";
    ground.execute(outside);
    std::fs::remove_file(ground.path(&file)).unwrap();
    let error = ground.migrate_json(["restore", "aaaa1111"]).json_error();
    assert_eq!(error["code"], "history.file");
    assert!(!ground.path("../outside.sql").exists());
}

#[test]
fn restore_is_no_way_out_where_no_text_was_stored() {
    for what in ["none", "down"] {
        let workspace = Workspace::new();
        workspace.configure(&format!("store-source = \"{what}\"\n"));
        let file = workspace.revision(USERS);
        workspace.migrate(["up"]).succeeds();
        workspace.replace(&file, "TEXT NOT NULL", "TEXT");
        let run = workspace.migrate(["up"]).exits(10);
        assert!(run.stderr.contains("from your version control"), "{}", run.stderr);
        assert!(!run.stderr.contains("migrate restore"), "{}", run.stderr);
        std::fs::remove_file(workspace.path(&file)).unwrap();
        let run = workspace.migrate(["up"]).exits(10);
        assert!(run.stderr.contains("take it from your version control"), "{}", run.stderr);
        assert!(!run.stderr.contains("migrate restore"), "{}", run.stderr);
        let verify = workspace.migrate(["verify"]).exits(1).stdout;
        assert!(!verify.contains("migrate restore"), "{verify}");
    }
}
