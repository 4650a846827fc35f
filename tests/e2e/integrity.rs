//! Refusals that are not about edits: a newer database, a broken or newer history, no way down.

use migrate_tests::{Ground, Revision};

migrate_tests::on_every_dialect!(
    a_revision_that_is_unknown_here_is_refused,
    history_tables_of_a_newer_format_are_refused,
    an_irreversible_revision_refuses_before_anything_is_touched,
    two_heads_are_refused_with_their_names,
    the_history_remembers_where_each_row_came_from,
);

const FIRST: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE users (name TEXT);",
    down: Some("DROP TABLE users;"),
};

fn applied(ground: &Ground) -> String {
    let first = ground.revision(FIRST);
    ground.migrate(["up"]).succeeds();
    first
}

fn a_revision_that_is_unknown_here_is_refused(ground: &Ground) {
    let first = applied(ground);
    std::fs::remove_file(ground.path(first)).unwrap();
    ground.revision(Revision { id: "bbbb2222", ..FIRST });
    let before = ground.state();
    let error = ground.migrate_json(["up"]).exits(10).json_error();
    assert_eq!(
        (&error["code"], &error["revision"]),
        (&"integrity.unknown".into(), &"aaaa1111".into())
    );
    assert_eq!(ground.state(), before);
    let status = ground.migrate_json(["status"]).succeeds().json();
    assert_eq!(status["unknown"], serde_json::json!(["aaaa1111"]));
    assert_eq!(ground.migrate(["verify"]).code, 1);
}

fn history_tables_of_a_newer_format_are_refused(ground: &Ground) {
    applied(ground);
    ground.execute("UPDATE _migrate_meta SET value = '99' WHERE _migrate_meta.key = 'format'");
    for command in ["up", "down", "status", "verify", "current"] {
        let error = ground.migrate_json([command]).exits(10).json_error();
        assert_eq!(error["code"], "history.version", "{command}");
    }
    ground.execute("ALTER TABLE _migrate_revisions DROP COLUMN state");
    assert_eq!(ground.migrate_json(["up"]).exits(10).json_error()["code"], "history.version");
}

fn an_irreversible_revision_refuses_before_anything_is_touched(ground: &Ground) {
    applied(ground);
    ground.revision(Revision { id: "bbbb2222", revises: "aaaa1111", up: "", down: None });
    ground.revision(Revision { id: "cccc3333", revises: "bbbb2222", up: "", down: Some("") });
    ground.migrate(["up"]).succeeds();
    let error = ground.migrate_json(["down", "aaaa1111"]).exits(4).json_error();
    assert_eq!(
        (&error["code"], &error["revision"]),
        (&"revision.irreversible".into(), &"bbbb2222".into())
    );
    let heads = ground.migrate_json(["current"]).succeeds().json();
    assert_eq!(heads["heads"], serde_json::json!(["cccc3333"]));
}

fn two_heads_are_refused_with_their_names(ground: &Ground) {
    applied(ground);
    ground.revision(Revision { id: "bbbb2222", revises: "aaaa1111", ..FIRST });
    ground.revision(Revision { id: "cccc3333", revises: "aaaa1111", ..FIRST });
    for arguments in [["up", "head"], ["new", "x"]] {
        let error = ground.migrate_json(arguments).exits(4).json_error();
        assert_eq!(error["code"], "graph.multiple_heads");
        assert_eq!(error["candidates"], serde_json::json!(["bbbb2222", "cccc3333"]));
    }
}

fn the_history_remembers_where_each_row_came_from(ground: &Ground) {
    applied(ground);
    let row = "SELECT concat_ws('|', id, revises, message, file, kind, state, origin, down_source, \
               crate_name, tool_version) FROM _migrate_revisions";
    assert_eq!(
        ground.query(row),
        [
            "aaaa1111||make aaaa1111|revisions/aaaa1111.sql|sql|applied|run|DROP TABLE users;\n|shop-migrations|0.1.0"
        ]
    );
    let format = "SELECT value FROM _migrate_meta WHERE _migrate_meta.key = 'format'";
    assert_eq!(ground.query(format), ["1"]);
}
