//! The settings of the migrations crate hold for the tool and for the binary alike.

use migrate_tests::{Revision, Workspace, query};

#[test]
fn tool_and_application_keep_one_history() {
    let workspace = Workspace::new().with_application();
    let settings = "table = \"shop_revisions\"\nstore-source = \"down\"\nlock-timeout = \"2s\"\n\
                    transaction = \"all\"\ndialects =";
    workspace.replace("migrations/Cargo.toml", "dialects =", settings);
    workspace.revision(Revision {
        id: "aaaa1111",
        revises: "base",
        up: "CREATE TABLE users (name TEXT);",
        down: Some("DROP TABLE users;"),
    });
    workspace.migrate(["up"]).succeeds();
    let url = format!("sqlite:{}", workspace.path("shop.db").display());
    let run = workspace.application(&url).succeeds();
    assert_eq!(run.stdout, "applied , now at aaaa1111\n");

    let tables = "SELECT name AS x FROM sqlite_master WHERE name LIKE '%\\_%' ESCAPE '\\' \
                  AND type = 'table' ORDER BY name";
    assert_eq!(
        query(&workspace.path("shop.db"), tables),
        ["shop_log", "shop_meta", "shop_revisions"]
    );
    let stored = "SELECT coalesce(source, 'none') || '|' || down_source AS x FROM shop_revisions";
    assert_eq!(query(&workspace.path("shop.db"), stored), ["none|DROP TABLE users;\n"]);
}

#[test]
fn a_statement_that_runs_too_long_is_rolled_back_by_tool_and_application() {
    let workspace = Workspace::new().with_application();
    workspace.configure("statement-timeout = \"100ms\"");
    let endless = "CREATE TABLE users (n INTEGER);\nINSERT INTO users\n\
                   WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)\n\
                   SELECT max(n) FROM c;";
    let (id, revises, down) = ("aaaa1111", "base", Some("DROP TABLE users;"));
    let file = workspace.revision(Revision { id, revises, up: endless, down });
    let error = workspace.migrate_json(["up"]).exits(8).json_error();
    assert_eq!(error["code"], "revision.failed");
    assert_eq!(
        error["message"],
        "revision aaaa1111 failed: the statement ran longer than 100ms, the limit of its time"
    );
    assert_eq!((&error["file"], &error["line"]), (&file.as_str().into(), &9.into()));
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.starts_with("let it run longer: --statement-timeout 10m"), "{hint}");
    let error =
        workspace.migrate_json(["up", "--statement-timeout", "200ms"]).exits(8).json_error();
    assert!(error["message"].as_str().unwrap().contains("longer than 200ms"), "{error}");

    let url = format!("sqlite:{}", workspace.path("shop.db").display());
    let run = workspace.application(&url).exits(1);
    let expected = "revision.failed: revision aaaa1111 failed at revisions/aaaa1111.sql:9:1: the \
                    statement ran longer than 100ms, the limit of its time\n";
    assert!(run.stderr.ends_with(expected), "{}", run.stderr);
    assert_eq!(query(&workspace.path("shop.db"), "SELECT name AS x FROM sqlite_master"), [""; 0]);

    workspace.replace(&file, "FROM c)", "FROM c WHERE n < 9)");
    workspace.migrate(["up"]).succeeds();
    workspace.migrate(["redo"]).succeeds();
}

#[test]
fn settings_for_other_databases_are_read_and_checked() {
    let workspace = Workspace::new();
    workspace.configure("schema = \"app\"\nlock = \"lease\"\nexclude = [\"spatial_ref_sys\"]");
    workspace.migrate(["history"]).succeeds();
    workspace.replace("migrations/Cargo.toml", "\"lease\"", "\"row\"");
    let error = workspace.migrate_json(["history"]).exits(3).json_error();
    assert_eq!(error["code"], "config.bad_value");
    assert_eq!((&error["file"], &error["line"]), (&"migrations/Cargo.toml".into(), &14.into()));
}

#[test]
fn new_names_its_files_and_runs_hooks_as_configured() {
    let workspace = Workspace::new();
    let settings = "filename = { pattern = \"{id}-{slug}\", slug-length = 9 }\n\
                    templates = \"own\"\npost-write = [\"cat\"]\ndialects =";
    workspace.replace("migrations/Cargo.toml", "dialects =", settings);
    let template = "-- {{ message }}\n--\n-- Revision: {{ revision }}\n-- Revises: {{ revises }}\n\n\
                    -- migrate:up\n-- ours\n";
    workspace.write("migrations/own/revision.sql.j2", template);
    let run = workspace.migrate(["new", "add many users", "--rev-id", "aaaa1111"]).succeeds();
    let text = workspace.read("migrations/revisions/aaaa1111-add_many.sql");
    assert!(text.ends_with("-- Revises: base\n\n-- migrate:up\n-- ours\n"), "{text}");
    assert!(run.stderr.contains("-- ours"), "the hook's output is shown: {}", run.stderr);

    workspace.replace("migrations/Cargo.toml", "[\"cat\"]", "[\"false\"]");
    let error =
        workspace.migrate_json(["new", "next", "--rev-id", "bbbb2222"]).exits(3).json_error();
    assert_eq!(error["code"], "config.post_write");
    assert!(workspace.path("migrations/revisions/bbbb2222-next.sql").exists(), "the file stays");

    workspace.write("migrations/own/revision.sql.j2", "no header\n");
    let error =
        workspace.migrate_json(["new", "broken", "--rev-id", "cccc3333"]).exits(4).json_error();
    assert_eq!(error["code"], "header.missing");
    assert!(!workspace.path("migrations/revisions/cccc3333-broken.sql").exists());
}
