//! Places: workspaces and revisions in folders whose names mean something to a shell, to a URL or
//! to TOML, reached from anywhere.

use std::path::Path;

use migrate_tests::{Revision, Run, Workspace, query};

/// Spaces, letters beyond ASCII, both quotes, and what URLs and shells have a meaning for.
const ODD: &str = "Müller's \"Läden\" %41 100% #1 ?x=1&y $HOME ünï 店/shop";

/// The same for a file. The second é is the one of macOS, a letter and an accent, which Rust's
/// `{:?}` escapes.
const ODD_FILE: &str = "é e\u{301} \"x\" 'y' $z %41 #1 {a}.sql";

const FIRST: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE a (x);",
    down: Some("DROP TABLE a;"),
};

fn applied(workspace: &Workspace, database: &str) -> Vec<String> {
    query(&workspace.path(database), "SELECT file AS x FROM _migrate_revisions ORDER BY seq")
}

fn workspace_in(name: &str) -> Workspace {
    let workspace = Workspace::without_migrations_in(name);
    workspace.migrate(["init"]).succeeds();
    workspace.write(".env", "DATABASE_URL=sqlite:shop.db\n");
    workspace
}

#[test]
fn a_workspace_in_a_folder_with_an_odd_name() {
    let workspace = workspace_in(ODD);
    let new = workspace.migrate_json(["new", "Größe & \"Maß\""]).succeeds().json();
    let file = new["file"].as_str().unwrap().to_owned();
    assert!(file.ends_with("_größe_maß.sql"), "{file}");
    let id = new["revision"].as_str().unwrap();
    workspace.revision(Revision { revises: id, ..FIRST });

    workspace.migrate(["up"]).succeeds();
    let expected = [file.strip_prefix("migrations/").unwrap(), "revisions/aaaa1111.sql"];
    assert_eq!(applied(&workspace, "shop.db"), expected);
    let status = workspace.migrate_in(&workspace.path("app/src"), ["status"]).succeeds();
    assert!(status.stdout.starts_with("    Database sqlite:shop.db\n"), "{}", status.stdout);
    workspace.migrate_in(&workspace.path("migrations/revisions"), ["verify"]).succeeds();
    workspace.migrate(["check"]).succeeds();
    workspace.migrate(["down", "base"]).succeeds();
    assert_eq!(applied(&workspace, "shop.db"), Vec::<String>::new());
}

#[test]
fn its_application_carries_the_revisions() {
    let workspace = workspace_in(ODD).with_application();
    let first = workspace.path(workspace.revision(FIRST));
    std::fs::rename(&first, first.with_file_name(ODD_FILE)).unwrap();
    let run = workspace.application("sqlite:app.db?mode=rwc").succeeds();
    assert_eq!(run.stdout, "applied aaaa1111, now at aaaa1111\n");
    assert_eq!(applied(&workspace, "app.db"), [format!("revisions/{ODD_FILE}")]);
    let current = workspace.migrate(["current", "-d", "sqlite:app.db"]).succeeds();
    assert_eq!(current.stdout, "aaaa1111 make aaaa1111 (head)\n");
    workspace.migrate(["verify", "-d", "sqlite:app.db"]).succeeds();
}

#[test]
fn a_workspace_whose_own_name_is_no_package_name() {
    for name in ["2026 été #1", "店", "a\"b'c", "-x-", "self"] {
        let workspace = workspace_in(name);
        let metadata = ["metadata", "--offline", "--no-deps", "--format-version", "1"];
        let metadata = workspace.cargo(metadata).succeeds().json();
        let is_ours = |package: &serde_json::Value| !package["metadata"]["migrate"].is_null();
        let ours = metadata["packages"].as_array().unwrap().iter().filter(|one| is_ours(one));
        assert_eq!(ours.count(), 1, "{name}: {metadata}");
        workspace.revision(FIRST);
        workspace.migrate(["up"]).succeeds();
        assert_eq!(applied(&workspace, "shop.db"), ["revisions/aaaa1111.sql"], "{name}");
    }
}

#[test]
fn a_database_in_a_folder_with_an_odd_name() {
    let workspace = Workspace::new();
    workspace.revision(FIRST);
    for (url, file) in [
        ("sqlite:my läden's.db", "my läden's.db"),
        ("sqlite:%C3%A9 100%25 %23.db", "é 100% #.db"),
        ("sqlite:a%3Fb.db?mode=rwc", "a?b.db"),
        ("sqlite:a#b.db", "a#b.db"),
        ("sqlite:100%.db", "100%.db"),
        ("sqlite://店.db", "店.db"),
    ] {
        let run = workspace.migrate(["up", "-d", url]).succeeds();
        assert!(run.stdout.starts_with(&format!("     Created {url}\n")), "{}", run.stdout);
        assert!(workspace.path(file).exists(), "{url}");
        assert_eq!(applied(&workspace, file), ["revisions/aaaa1111.sql"], "{url}");
        workspace.migrate(["current", "-d", url]).succeeds();
        workspace.migrate(["database", "drop", "--yes", "-d", url]).succeeds();
        assert!(!workspace.path(file).exists(), "{url}");
    }
    workspace.write(".env", "DATABASE_URL=\"sqlite:my läden's #1.db\"\n");
    workspace.migrate_in(&workspace.path("app"), ["up"]).succeeds();
    assert!(workspace.path("my läden's #1.db").exists());
}

#[test]
fn revisions_in_another_folder() {
    let workspace = Workspace::new().with_application();
    let folder = "db schema/é e\u{301} \"x\" $y %41 #1";
    let setting = format!("revisions = '{folder}'\ndialects =");
    workspace.replace("migrations/Cargo.toml", "dialects =", &setting);
    workspace.replace("migrations/build.rs", "\"revisions\"", &format!("r#\"{folder}\"#"));
    let error = workspace.migrate_json(["up"]).exits(3).json_error();
    assert_eq!(error["code"], "project.no_revisions");

    std::fs::create_dir_all(workspace.path("migrations").join(folder)).unwrap();
    let new = ["new", "Add users", "--rev-id", "bbbb2222"];
    let file = workspace.migrate_json(new).succeeds().json()["file"].as_str().unwrap().to_owned();
    assert!(file.starts_with(&format!("migrations/{folder}/")), "{file}");
    workspace.migrate(["up"]).succeeds();
    assert_eq!(applied(&workspace, "shop.db"), [file.strip_prefix("migrations/").unwrap()]);
    let run = workspace.application("sqlite:app.db?mode=rwc").succeeds();
    assert_eq!(run.stdout, "applied bbbb2222, now at bbbb2222\n");
    workspace.migrate(["verify", "-d", "sqlite:app.db"]).succeeds();
}

#[test]
fn a_manifest_that_is_named() {
    let workspace = workspace_in(ODD);
    workspace.revision(FIRST);
    workspace.migrate(["up"]).succeeds();
    let from = |folder: &Path, path: &Path| -> Run {
        let path = path.to_str().unwrap();
        workspace.migrate_in(folder, ["current", "--manifest-path", path])
    };
    for path in ["", "Cargo.toml", "app", "app/Cargo.toml", "migrations", "migrations/Cargo.toml"] {
        let run = from(Path::new("/"), &workspace.path(path)).succeeds();
        assert_eq!(run.stdout, "aaaa1111 make aaaa1111 (head)\n", "{path}");
    }
    let app = workspace.path("app");
    for path in ["..", "../Cargo.toml", "../migrations", ".", "src/../../migrations/Cargo.toml"] {
        let run = from(&app, Path::new(path)).succeeds();
        assert_eq!(run.stdout, "aaaa1111 make aaaa1111 (head)\n", "{path}");
    }
}

#[test]
#[cfg(unix)]
fn a_workspace_behind_a_link() {
    let workspace = Workspace::new();
    workspace.revision(FIRST);
    let link = workspace.path("../a link");
    std::os::unix::fs::symlink(workspace.path(""), &link).unwrap();
    workspace.migrate_in(&link, ["up"]).succeeds();
    assert_eq!(applied(&workspace, "shop.db"), ["revisions/aaaa1111.sql"]);
    let new = ["new", "next", "--rev-id", "bbbb2222", "--format", "json"];
    let new = workspace.migrate_in(&link.join("app"), new).succeeds().json();
    assert_eq!(new["revises"], serde_json::json!(["aaaa1111"]));
    let path = link.join("migrations");
    let up = ["up", "--format", "json", "--manifest-path", path.to_str().unwrap()];
    assert_eq!(workspace.migrate_in(Path::new("/"), up).succeeds().json()["applied"], 1);

    let elsewhere = workspace.path("../elsewhere");
    std::fs::rename(workspace.path("migrations/revisions"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, workspace.path("migrations/revisions")).unwrap();
    let verified = workspace.migrate_json(["verify"]).succeeds().json();
    assert_eq!(verified, serde_json::json!({ "findings": [] }));
    workspace.migrate(["up"]).succeeds();
}
