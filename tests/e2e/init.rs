//! `init` and what it leaves behind.

use migrate_tests::{Run, Workspace, query};

#[test]
fn it_adds_a_crate_and_keeps_the_rest_of_the_manifest() {
    let workspace = Workspace::without_migrations();
    let manifest =
        "# the shop\n[workspace]\nresolver = \"3\"\nmembers = [\n    \"app\", # the binary\n]\n";
    workspace.write("Cargo.toml", manifest);
    let document = workspace.migrate_json(["init"]).succeeds().json();
    assert_eq!(document["package"], "shop-migrations");
    assert_eq!(document["path"], "migrations");
    let files: Vec<&str> =
        document["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert_eq!(
        files,
        [
            "migrations/Cargo.toml",
            "migrations/build.rs",
            "migrations/src/lib.rs",
            "migrations/src/main.rs",
            "migrations/revisions/.gitkeep",
        ]
    );
    assert_eq!(
        workspace.read("Cargo.toml"),
        "# the shop\n[workspace]\nresolver = \"3\"\nmembers = [\n    \"app\", # the binary\n    \"migrations\",\n]\n"
    );
}

#[test]
fn it_never_writes_into_a_folder_that_has_something() {
    let workspace = Workspace::without_migrations();
    workspace.write("migrations/0001_init.sql", "-- another tool's");
    let manifest = workspace.read("Cargo.toml");
    let error = workspace.migrate_json(["init"]).exits(3).json_error();
    assert_eq!(error["code"], "project.exists");
    assert_eq!(workspace.read("Cargo.toml"), manifest);
    assert!(!workspace.path("migrations/Cargo.toml").exists());

    let document =
        workspace.migrate_json(["init", "db/schema", "--name", "shop-db"]).succeeds().json();
    assert_eq!((&document["package"], &document["path"]), (&"shop-db".into(), &"db/schema".into()));
    assert!(workspace.read("Cargo.toml").contains("members = [\"app\", \"db/schema\"]"));
}

#[test]
fn a_package_becomes_the_root_of_a_workspace() {
    let workspace = Workspace::without_migrations();
    let folder = workspace.path("app");
    std::fs::remove_file(workspace.path("Cargo.toml")).unwrap();
    workspace.migrate_in(&folder, ["init"]).succeeds();
    assert_eq!(
        workspace.read("app/Cargo.toml"),
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [workspace]\nmembers = [\"migrations\"]\n"
    );
    let metadata = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let mut cargo = std::process::Command::new(env!("CARGO"));
    let packages = migrate_tests::Run::of(cargo.args(metadata).current_dir(&folder)).succeeds();
    assert!(packages.stdout.contains("\"name\":\"app-migrations\""), "{}", packages.stdout);
}

#[test]
fn an_empty_folder_gets_a_workspace_and_a_full_one_does_not() {
    let workspace = Workspace::without_migrations();
    std::fs::remove_file(workspace.path("Cargo.toml")).unwrap();
    workspace.write("new/.git/HEAD", "");
    workspace.migrate_in(&workspace.path("new"), ["init"]).succeeds();
    let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"migrations\"]\n";
    assert_eq!(workspace.read("new/Cargo.toml"), manifest);
    workspace.migrate_in(&workspace.path("new"), ["new", "add users"]).succeeds();

    workspace.write("full/notes.txt", "");
    let arguments = ["init", "--format", "json"];
    let error = workspace.migrate_in(&workspace.path("full"), arguments).exits(3).json_error();
    assert_eq!(error["code"], "project.no_workspace");
}

#[test]
fn a_second_crate_needs_a_name_that_cargo_takes() {
    let workspace = Workspace::new();
    let error = workspace.migrate_json(["init", "billing"]).exits(3).json_error();
    assert_eq!(error["code"], "project.name_taken");
    let error =
        workspace.migrate_json(["init", "billing", "--name", "bad name"]).exits(2).json_error();
    assert_eq!(error["code"], "usage.name");
    assert!(!workspace.path("billing").exists());
    workspace.migrate(["init", "billing", "--name", "billing-migrations"]).succeeds();
    assert!(workspace.read("Cargo.toml").contains("[\"app\", \"migrations\", \"billing\"]"));
}

#[test]
fn the_new_crate_is_formatted_builds_without_warnings_and_migrates_by_itself() {
    let workspace = Workspace::new().with_application();
    workspace.migrate(["new", "add users"]).succeeds();
    let run = workspace.cargo(["build", "--package", "shop-migrations"]).succeeds();
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    workspace.cargo(["fmt", "--check", "--package", "shop-migrations"]).succeeds();

    let mut command = std::process::Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--package", "shop-migrations"])
        .current_dir(workspace.path(""));
    command.env("CARGO_TARGET_DIR", migrate_tests::repository().join("target/e2e"));
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    Run::of(command.env("DATABASE_URL", "sqlite:alone.db")).succeeds();
    let count = "SELECT count(*) AS x FROM _migrate_revisions";
    assert_eq!(query(&workspace.path("alone.db"), count), ["1"]);
}
