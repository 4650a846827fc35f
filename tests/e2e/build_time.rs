//! What the build helper promises: faults fail the build with file and line, and only changes
//! of revisions cause a rebuild.

use migrate_tests::{Revision, Run, Workspace};

const FIRST: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE users (name TEXT NOT NULL);",
    down: Some("DROP TABLE users;"),
};

fn check(workspace: &Workspace) -> Run {
    workspace.cargo(["check", "--package", "shop-migrations", "--color", "never"])
}

#[track_caller]
fn fails(workspace: &Workspace, expected: &[&str]) {
    let run = check(workspace).exits(101);
    for line in expected {
        let line = format!("error: shop-migrations@{}: {line}\n", workspace.version());
        assert!(run.stderr.contains(&line), "`{line}` is not in\n{}", run.stderr);
    }
}

#[test]
fn each_fault_is_a_cargo_error_with_file_and_line() {
    let workspace = Workspace::new().with_application();
    fails(
        &workspace,
        &[
            "no revisions in `revisions`: make the first with `cargo migrate new \"…\"`, or allow it in build.rs with `.allow_empty()`",
        ],
    );

    let first = workspace.revision(FIRST);
    workspace.replace(&first, "-- Revises:", "-- Revise:");
    fails(
        &workspace,
        &["revisions/aaaa1111.sql:4:4: unknown header key `Revise` (did you mean `Revises`?)"],
    );

    workspace.revision(Revision { revises: "ffff", ..FIRST });
    fails(
        &workspace,
        &["revisions/aaaa1111.sql:4: revision aaaa1111 revises ffff, which does not exist"],
    );

    workspace.revision(FIRST);
    let copy = workspace.read(&first);
    workspace.write("migrations/revisions/copy.sql", copy);
    fails(
        &workspace,
        &[
            "revisions/copy.sql:3: revision aaaa1111 is defined twice: in revisions/copy.sql and in revisions/aaaa1111.sql",
        ],
    );
    std::fs::remove_file(workspace.path("migrations/revisions/copy.sql")).unwrap();

    let second = Revision { id: "bbbb2222", revises: "aaaa1111", ..FIRST };
    workspace.revision(second);
    workspace.revision(Revision { revises: "bbbb2222", ..FIRST });
    fails(
        &workspace,
        &["revisions/aaaa1111.sql:4: the revisions form a cycle: aaaa1111 -> bbbb2222 -> aaaa1111"],
    );
    workspace.revision(FIRST);

    workspace.revision(Revision { id: "cccc3333", ..second });
    fails(
        &workspace,
        &[
            "2 heads, so there is no single target:",
            "  bbbb2222 make bbbb2222, 2026-11-23 10:12 (revisions/bbbb2222.sql)",
            "  cccc3333 make cccc3333, 2026-11-23 10:12 (revisions/cccc3333.sql)",
            "help: put one after the other: cargo migrate rebase cccc3333 --onto bbbb2222",
            "help: or keep both and join: cargo migrate merge",
        ],
    );
    workspace.replace(
        "migrations/Cargo.toml",
        "dialects =",
        "multiple-heads = \"allow\"\ndialects =",
    );
    check(&workspace).succeeds();

    workspace.replace("migrations/Cargo.toml", "dialects =", "colour = 1\ndialects =");
    fails(&workspace, &["Cargo.toml:13:1: unknown key `colour` in [package.metadata.migrate]"]);
}

/// Whether cargo had nothing to do for the build script's run and the library.
fn is_fresh(workspace: &Workspace) -> bool {
    let run = workspace
        .cargo(["check", "--package", "shop-migrations", "--lib", "--message-format", "json"])
        .succeeds();
    let artifacts: Vec<_> = run
        .json_lines()
        .into_iter()
        .filter(|line| {
            line["reason"] == "compiler-artifact" && line["target"]["name"] == "migrations"
        })
        .collect();
    assert_eq!(artifacts.len(), 1);
    artifacts[0]["fresh"].as_bool().unwrap()
}

#[test]
fn only_a_new_a_removed_or_a_changed_revision_causes_a_rebuild() {
    let workspace = Workspace::new().with_application();
    let first = workspace.revision(FIRST);
    assert!(!is_fresh(&workspace), "the first build");
    assert!(is_fresh(&workspace), "nothing changed");

    workspace.write("README.md", "unrelated");
    workspace.write("migrations/schema.sql", "-- unrelated");
    workspace.write("app/src/main.rs", "fn main() { println!(\"changed\"); }");
    workspace.write(".env", "DATABASE_URL=sqlite:other.db\n");
    assert!(is_fresh(&workspace), "nothing of the revisions changed");

    pause();
    workspace.revision(Revision { id: "bbbb2222", revises: "aaaa1111", ..FIRST });
    assert!(!is_fresh(&workspace), "a new revision");
    assert!(is_fresh(&workspace));

    pause();
    workspace.replace(&first, "NOT NULL", "");
    assert!(!is_fresh(&workspace), "a changed revision");
    assert!(is_fresh(&workspace));

    pause();
    std::fs::remove_file(workspace.path("migrations/revisions/bbbb2222.sql")).unwrap();
    assert!(!is_fresh(&workspace), "a removed revision");
    assert!(is_fresh(&workspace));
}

/// File systems may keep times in steps; a change must not fall into the step of the build.
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(1100));
}
