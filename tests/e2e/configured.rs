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
