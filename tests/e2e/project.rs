//! Finding the project and its database.

use migrate_tests::{Revision, Workspace};
use serde_json::json;

const FIRST: Revision<'_> =
    Revision { id: "aaaa1111", revises: "base", up: "CREATE TABLE a (x);", down: None };

#[test]
fn it_works_from_every_folder_of_the_workspace() {
    let workspace = Workspace::new();
    workspace.revision(FIRST);
    let source = workspace.path("app/src");
    workspace.migrate_in(&source, ["up"]).succeeds();
    assert!(workspace.path("shop.db").exists(), "a path in .env counts from the workspace root");
    let history =
        workspace.migrate_in(&workspace.path("migrations"), ["history", "--format", "json"]);
    assert_eq!(history.succeeds().json()["revisions"][0]["file"], "revisions/aaaa1111.sql");
    let manifest = workspace.path("app/Cargo.toml");
    let run = workspace.migrate_in(
        std::path::Path::new("/"),
        ["current", "--manifest-path", manifest.to_str().unwrap()],
    );
    assert_eq!(run.succeeds().stdout, "aaaa1111 make aaaa1111 (head)\n");
}

#[test]
fn the_command_line_comes_before_the_environment_before_dotenv_before_the_metadata() {
    let workspace = Workspace::new();
    workspace.revision(FIRST);
    workspace.replace(
        "migrations/Cargo.toml",
        "dialects =",
        "database-url = \"sqlite:meta.db\"\ndialects =",
    );
    workspace.migrate(["up"]).succeeds();
    assert!(workspace.path("shop.db").exists() && !workspace.path("meta.db").exists());
    std::fs::remove_file(workspace.path(".env")).unwrap();
    workspace.migrate_in(&workspace.path("app"), ["up"]).succeeds();
    assert!(workspace.path("meta.db").exists());
    workspace.migrate_in(&workspace.path("app"), ["up", "-d", "sqlite:cli.db"]).succeeds();
    assert!(workspace.path("app/cli.db").exists(), "a path on the command line counts from here");
}

#[test]
fn no_database_and_no_project_are_told_with_a_way_out() {
    let workspace = Workspace::new();
    std::fs::remove_file(workspace.path(".env")).unwrap();
    let error = workspace.migrate_json(["up"]).exits(3).json_error();
    assert_eq!(error["code"], "config.no_database_url");
    assert_eq!(error["hint"], "echo 'DATABASE_URL=sqlite:app.db' >> .env");

    let error =
        workspace.migrate_json(["up", "-d", "oracle://u:SENTINEL-7f3a@h/d"]).exits(3).json_error();
    assert_eq!(error["code"], "config.database_url");

    let error = workspace.migrate_json(["up", "-d", "postgres://u:SENTINEL-7f3a@h/d"]).exits(3);
    assert_eq!(
        error.json_error()["message"],
        "postgres is none of this project's dialects: sqlite"
    );

    let bare = Workspace::without_migrations();
    let error = bare.migrate_json(["up"]).exits(3).json_error();
    assert_eq!(
        (&error["code"], &error["hint"]),
        (&"project.none".into(), &"make one: cargo migrate init".into())
    );
}

#[test]
fn several_migrations_crates_ask_for_a_choice() {
    let workspace = Workspace::new();
    workspace.migrate(["init", "billing", "--name", "billing-migrations"]).succeeds();
    let error = workspace.migrate_json(["history"]).exits(3).json_error();
    assert_eq!(error["code"], "project.several");
    assert_eq!(error["candidates"], json!(["billing-migrations", "shop-migrations"]));
    workspace.migrate(["history", "-p", "billing-migrations"]).succeeds();
    let error = workspace.migrate_json(["history", "-p", "app"]).exits(3).json_error();
    assert_eq!(error["code"], "project.unknown_package");
    workspace.migrate_in(&workspace.path("billing"), ["history"]).succeeds();
}

#[test]
fn members_by_pattern_are_found_through_cargo() {
    let workspace = Workspace::new();
    workspace.revision(FIRST);
    workspace.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n");
    workspace.migrate(["up"]).succeeds();
}

#[test]
fn a_configuration_that_nobody_knows_is_refused_with_its_line() {
    let workspace = Workspace::new();
    workspace.replace("migrations/Cargo.toml", "dialects =", "dialect =");
    let error = workspace.migrate_json(["history"]).exits(3).json_error();
    assert_eq!(error["code"], "config.unknown_key");
    assert_eq!((&error["file"], &error["line"]), (&"migrations/Cargo.toml".into(), &12.into()));
    assert!(error["message"].as_str().unwrap().ends_with("(did you mean `dialects`?)"));
}
