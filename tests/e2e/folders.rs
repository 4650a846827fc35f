//! Revisions in several folders: the tool and the binary see the same.

use migrate_tests::{Revision, Run, Workspace};

const CONFIGURED: &str = "revisions = [\"revisions\", \"plugins/*/db/**\"]";

fn in_folder(workspace: &Workspace, folder: &str, id: &str, revises: &str) -> String {
    let up = format!("CREATE TABLE {id} (x);");
    let written = workspace.revision(Revision { id, revises, up: &up, down: None });
    let file = format!("migrations/{folder}/{id}.sql");
    let text = workspace.read(&written);
    std::fs::remove_file(workspace.path(written)).unwrap();
    workspace.write(&file, text);
    file
}

#[test]
fn tool_and_application_run_the_revisions_of_all_folders() {
    let workspace = Workspace::new().with_application();
    workspace.configure(CONFIGURED);
    let builder = "Builder::new(\"revisions\")";
    let further = format!("{builder}.folder(\"plugins/*/db/**\")");
    workspace.replace("migrations/build.rs", builder, &further);
    workspace.revision(Revision {
        id: "aaaa1111",
        revises: "base",
        up: "CREATE TABLE aaaa1111 (x);",
        down: None,
    });
    in_folder(&workspace, "plugins/mail/db", "bbbb2222", "aaaa1111");
    in_folder(&workspace, "plugins/mail/db/2026/11", "cccc3333", "bbbb2222");

    let application = format!("sqlite:{}", workspace.path("application.db").display());
    let run = workspace.application(&format!("{application}?mode=rwc")).succeeds();
    assert_eq!(run.stdout, "applied aaaa1111 bbbb2222 cccc3333, now at cccc3333\n");
    workspace.migrate(["up", "-d", &application]).succeeds();
    workspace.migrate(["up"]).succeeds();
    let run = workspace.migrate(["verify"]).succeeds();
    assert_eq!(run.stdout, "    Verified 3 applied, each as it was applied\n");

    in_folder(&workspace, "plugins/new/db", "dddd4444", "cccc3333");
    let run = workspace.application(&application).succeeds();
    assert_eq!(run.stdout, "applied dddd4444, now at dddd4444\n", "a new folder is noticed");
}

#[test]
fn faults_of_several_folders_name_their_files() {
    let workspace = Workspace::new();
    workspace.configure(CONFIGURED);
    in_folder(&workspace, "revisions/below", "aaaa1111", "base");
    let history = workspace.migrate_json(["history"]).succeeds().json();
    assert_eq!(history["revisions"], serde_json::json!([]), "a plain folder is that one alone");
    in_folder(&workspace, "plugins/a/db", "aaaa1111", "base");
    in_folder(&workspace, "plugins/b/db", "aaaa1111", "base");
    let error = workspace.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.duplicate");
    assert_eq!(
        error["message"],
        "revision aaaa1111 is defined twice: in plugins/b/db/aaaa1111.sql and in \
         plugins/a/db/aaaa1111.sql"
    );
    workspace.replace("migrations/Cargo.toml", "db/**", "***");
    let error = workspace.migrate_json(["up"]).exits(3).json_error();
    assert_eq!(error["code"], "config.bad_value");
}

/// Where the file of a new revision is, without its name.
fn folder_of(run: &Run) -> String {
    let file = run.json()["file"].as_str().unwrap().to_owned();
    file.rsplit_once('/').unwrap().0.to_owned()
}

fn with_two_folders() -> Workspace {
    let workspace = Workspace::new();
    workspace.configure(CONFIGURED);
    in_folder(&workspace, "revisions", "aaaa1111", "base");
    in_folder(&workspace, "plugins/mail/db", "bbbb2222", "aaaa1111");
    workspace
}

#[test]
fn a_new_revision_lands_beside_its_parent() {
    let workspace = with_two_folders();
    let new = workspace.migrate_json(["new", "x", "--rev-id", "cccc3333"]).succeeds();
    assert_eq!(folder_of(&new), "migrations/plugins/mail/db");
    let new = ["new", "y", "--head", "aaaa1111", "--splice", "--rev-id", "dddd4444"];
    assert_eq!(folder_of(&workspace.migrate_json(new).succeeds()), "migrations/revisions");
    let merge = workspace.migrate_json(["merge", "cccc3333", "dddd4444"]).succeeds();
    assert_eq!(folder_of(&merge), "migrations/plugins/mail/db", "beside the first of them");
    let new = workspace.migrate_json(["new", "z", "--head", "base"]).succeeds();
    assert_eq!(folder_of(&new), "migrations/revisions", "without a parent, the first");
}

#[test]
fn or_in_the_folder_that_is_named_from_here_or_from_the_migrations_crate() {
    let workspace = with_two_folders();
    for (path, expected) in [
        ("revisions", "migrations/revisions"),
        ("migrations/revisions/", "migrations/revisions"),
        ("./migrations/plugins/mail/../mail/db", "migrations/plugins/mail/db"),
        ("plugins/mail/db", "migrations/plugins/mail/db"),
    ] {
        let new = workspace.migrate_json(["new", "x", "--path", path]).succeeds();
        assert_eq!(folder_of(&new), expected, "{path}");
    }
    let here = workspace.path("migrations/plugins/mail");
    let new = ["new", "x", "--path", "db", "--format", "json"];
    assert_eq!(folder_of(&workspace.migrate_in(&here, new).succeeds()), "db");
    workspace.migrate(["up"]).succeeds();
}

#[test]
fn a_merge_goes_where_it_is_told_to() {
    let workspace = with_two_folders();
    in_folder(&workspace, "revisions", "cccc3333", "aaaa1111");
    let path = "plugins/mail/db";
    let merge = workspace.migrate_json(["merge", "cccc3333", "bbbb2222", "--path", path]);
    assert_eq!(folder_of(&merge.succeeds()), "migrations/plugins/mail/db");
    workspace.migrate(["up"]).succeeds();
}

#[test]
fn a_folder_of_no_revisions_is_refused_and_nothing_is_written() {
    let workspace = with_two_folders();
    in_folder(&workspace, "revisions", "cccc3333", "aaaa1111");
    workspace.write("migrations/other/README.md", "");
    let before = workspace.files();
    for command in [&["new", "x", "--head", "cccc3333"][..], &["merge"]] {
        for path in ["other", "gone", "migrations", "/"] {
            let arguments = [command, &["--path", path]].concat();
            let error = workspace.migrate_json(arguments).exits(3).json_error();
            assert_eq!(error["code"], "config.revisions");
            assert_eq!(error["message"], format!("{path} is no folder of the revisions"));
            let folders = serde_json::json!(["plugins/mail/db", "revisions"]);
            assert_eq!(error["candidates"], folders);
        }
    }
    assert!(workspace.files() == before);
}
