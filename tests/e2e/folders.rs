//! Revisions in several folders: the tool and the binary see the same.

use migrate_tests::{Revision, Workspace};

const CONFIGURED: &str = "revisions = [\"revisions\", \"plugins/*/db/**\"]";

fn in_folder(workspace: &Workspace, folder: &str, id: &str, revises: &str) -> String {
    let up = format!("CREATE TABLE {id} (x);");
    let written = workspace.revision(Revision { id, revises, up: &up, down: None });
    let file = format!("migrations/{folder}/{id}.sql");
    workspace.write(&file, workspace.read(&written));
    std::fs::remove_file(workspace.path(written)).unwrap();
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
