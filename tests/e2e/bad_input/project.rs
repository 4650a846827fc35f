//! Projects, configurations and command lines that are wrong.

use migrate_tests::Workspace;

use super::{refused, workspace};

/// Adds a line to `[package.metadata.migrate]`.
fn configure(workspace: &Workspace, line: &str) {
    workspace.replace("migrations/Cargo.toml", "dialects =", &format!("{line}\ndialects ="));
}

#[test]
fn a_configuration_that_is_wrong() {
    refused(&[
        (
            "unknown key",
            |it| configure(it, "revision = \"db\""),
            &["up"],
            3,
            "config.unknown_key",
            "revisions",
        ),
        (
            "unknown key, unlike any",
            |it| configure(it, "colour = 1"),
            &["status"],
            3,
            "config.unknown_key",
            "revisions",
        ),
        (
            "unknown key of env",
            |it| configure(it, "env.prod.ur1 = \"x\""),
            &["up"],
            3,
            "config.unknown_key",
            "url",
        ),
        (
            "bad value",
            |it| configure(it, "multiple-heads = 1"),
            &["up"],
            3,
            "config.bad_value",
            "\"deny\" or \"allow\"",
        ),
        (
            "no such environment",
            |_| (),
            &["up", "--env", "prod"],
            3,
            "config.env",
            "[package.metadata.migrate.env.prod]",
        ),
        (
            "a variable that isn't set",
            |it| configure(it, "env.prod.url = \"sqlite:${NOT_SET_ANYWHERE}\""),
            &["up", "--env", "prod"],
            3,
            "config.env",
            "NOT_SET_ANYWHERE",
        ),
    ]);
}

#[test]
fn a_project_that_is_none() {
    refused(&[
        (
            "broken manifest",
            |it| it.write("migrations/Cargo.toml", "[package"),
            &["up"],
            3,
            "project.unreadable",
            "cargo metadata",
        ),
        (
            "broken workspace",
            |it| it.write("Cargo.toml", "[workspace\n"),
            &["up"],
            3,
            "project.unreadable",
            "cargo metadata",
        ),
        (
            "a workspace that only cargo reads, and can't",
            |it| it.write("Cargo.toml", "[workspace]\nmembers = [\"*\", \"gone\"]\n"),
            &["history"],
            3,
            "project.unreadable",
            "cargo metadata",
        ),
        (
            "two migrations crates",
            |it| drop(it.migrate(["init", "billing", "--name", "billing-migrations"]).succeeds()),
            &["up"],
            3,
            "project.several",
            "-p billing-migrations",
        ),
        (
            "none",
            |it| it.replace("Cargo.toml", ", \"migrations\"", ""),
            &["up"],
            3,
            "project.none",
            "cargo migrate init",
        ),
        (
            "no such crate",
            |_| (),
            &["up", "-p", "app"],
            3,
            "project.unknown_package",
            "shop-migrations",
        ),
        (
            "no such manifest",
            |_| (),
            &["up", "--manifest-path", "x/y"],
            3,
            "project.no_manifest",
            "--manifest-path",
        ),
        (
            "no revisions folder",
            |it| configure(it, "revisions = \"gone\""),
            &["up"],
            3,
            "project.no_revisions",
            "`revisions`",
        ),
    ]);
}

#[test]
fn a_command_line_that_is_wrong() {
    for arguments in [
        &["up", "--fast"][..],
        &["sideways"],
        &["new"],
        &["accept"],
        &["up", "--transaction", "some"],
        &["up", "--lock-timeout", "soon"],
        &["up", "-d", "sqlite:a", "--env", "prod"],
        &["up", "--dry-run", "--sql"],
        &["up", "-x", "novalue"],
        &["new", "two\nlines"],
        &[],
    ] {
        let workspace = workspace();
        let before = workspace.files();
        let human = workspace.migrate(arguments.iter().copied()).exits(2);
        let error = workspace.migrate_json(arguments.iter().copied()).exits(2).json_error();
        assert!(error["code"].as_str().unwrap().starts_with("usage."), "{arguments:?}: {error}");
        assert!(error["hint"].is_string(), "{arguments:?}: {error}");
        assert!(!human.stderr.is_empty() && human.stdout.is_empty(), "{arguments:?}: {human:?}");
        assert!(workspace.files() == before, "{arguments:?}");
    }
}
