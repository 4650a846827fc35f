//! What belongs to working in a shell: completions, the manual, editors, how much is printed,
//! Alembic's names, and commands for all crates of a workspace.

use std::process::Command;

use migrate_tests::{Run, Workspace, cargo_migrate};
use serde_json::json;

fn line() -> Workspace {
    Workspace::new().with_tables(&[("aaaa1111", "base"), ("bbbb2222", "aaaa1111")])
}

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = Run::of(Command::new(cargo_migrate()).arg("--help")).succeeds().stdout;
    let listed = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    listed.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn the_help_lists_what_is_built_and_nothing_else() {
    let expected = "init new up down switch current history status verify check heads branches show \
                    merge rebase stamp redo resume edit database accept restore completions man";
    assert_eq!(commands().join(" "), expected);
    let workspace = Workspace::without_migrations();
    let help = workspace.migrate(["--help"]).succeeds().stdout;
    assert_eq!(help, Run::of(Command::new(cargo_migrate()).arg("-h")).succeeds().stdout);
    let not_built = workspace.migrate_json(["lint"]).exits(2).json_error();
    assert_eq!(not_built["code"], "usage.arguments");
}

#[test]
fn completions_know_every_command() {
    let workspace = Workspace::without_migrations();
    for shell in ["bash", "zsh", "fish"] {
        let script = workspace.migrate(["completions", shell]).succeeds().stdout;
        let words: Vec<&str> =
            script.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).collect();
        for command in commands() {
            assert!(words.contains(&&*command), "{shell}: {command}");
        }
        assert!(words.contains(&"upgrade"), "{shell}: aliases, too");
    }
    let error = workspace.migrate_json(["completions", "tcsh"]).exits(2).json_error();
    assert_eq!(error["code"], "usage.arguments");
}

#[test]
#[cfg(unix)]
fn bash_accepts_its_completions() {
    let workspace = Workspace::without_migrations();
    let script = workspace.migrate(["completions", "bash"]).succeeds().stdout;
    workspace.write("completions.bash", &script);
    let bash = |script: &str| {
        Run::of(Command::new("bash").args(["-c", script]).current_dir(workspace.path("")))
    };
    assert_eq!(bash("bash -n completions.bash").succeeds().stderr, "");
    // What Tab offers after `cargo-migrate stam`.
    let offered = bash(
        "source ./completions.bash; COMP_WORDS=(cargo-migrate stam); COMP_CWORD=1; \
         \"$(complete -p cargo-migrate | sed 's/.*-F \\([^ ]*\\).*/\\1/')\" cargo-migrate stam \
         cargo-migrate; echo \"${COMPREPLY[@]}\"",
    );
    assert_eq!(offered.succeeds().stdout, "stamp\n");
}

#[test]
fn the_manual_is_a_page_that_names_every_command() {
    let page = Run::of(Command::new(cargo_migrate()).arg("man")).succeeds().stdout;
    assert!(page.contains(".TH cargo-migrate 1 "), "{page}");
    let plain = page.replace('\\', "");
    for command in commands() {
        let heading = format!("\ncargo-migrate-{command}(1)\n");
        assert!(plain.contains(&heading), "{command}: {page}");
    }
    for option in ["--database-url", "--format", "--yes", "--env"] {
        assert!(plain.contains(option), "{option}");
    }
}

/// A workspace with an editor that notes its arguments and adds a statement to the file.
#[cfg(unix)]
fn with_editor() -> (Workspace, String) {
    let workspace = line();
    workspace.write(
        "editor.sh",
        "echo \"$@\" >> opened.txt\nfor file; do :; done\n\
         [ -f \"$file\" ] && sed -i.bak 's/^-- migrate:up$/&\\nSELECT 1;/' \"$file\"\n",
    );
    let editor = format!("sh {} --wait", workspace.path("editor.sh").display());
    (workspace, editor)
}

#[cfg(unix)]
fn migrate_with<'a>(
    workspace: &Workspace,
    visual: Option<&str>,
    editor: Option<&str>,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Run {
    let mut command = workspace.command(cargo_migrate(), arguments);
    command.env_remove("VISUAL").env_remove("EDITOR");
    command.envs(visual.map(|visual| ("VISUAL", visual)));
    Run::of(command.envs(editor.map(|editor| ("EDITOR", editor))))
}

#[test]
#[cfg(unix)]
fn edit_opens_the_file_and_waits() {
    let (workspace, editor) = with_editor();
    let run = migrate_with(&workspace, None, Some(&editor), ["edit", "aaaa"]).succeeds();
    assert_eq!(run.stdout, "      Edited migrations/revisions/aaaa1111.sql\n");
    assert!(workspace.read("migrations/revisions/aaaa1111.sql").contains("SELECT 1;"));
    let arguments = ["edit", "--format", "json"];
    let run = migrate_with(&workspace, Some(&editor), Some("false"), arguments).succeeds();
    let expected = "{\"revision\":\"bbbb2222\",\"file\":\"migrations/revisions/bbbb2222.sql\"}\n";
    assert_eq!(run.stdout, expected, "without a name it is the head, VISUAL comes first");
    let revisions = workspace.path("migrations/revisions");
    let revisions = revisions.display();
    assert_eq!(
        workspace.read("opened.txt"),
        format!("--wait {revisions}/aaaa1111.sql\n--wait {revisions}/bbbb2222.sql\n")
    );
}

#[test]
#[cfg(unix)]
fn edit_opens_what_counts_from_the_database() {
    let (workspace, editor) = with_editor();
    workspace.migrate(["up", "bbbb"]).succeeds();
    for (name, expected) in [("current", "bbbb2222"), ("-1", "aaaa1111")] {
        let arguments = ["edit", name, "--format", "json"];
        let run = migrate_with(&workspace, None, Some(&editor), arguments).succeeds();
        assert_eq!(run.json()["revision"], expected, "{name}");
    }
}

#[test]
#[cfg(unix)]
fn edit_says_what_it_can_not_open() {
    let (workspace, editor) = with_editor();
    for (name, visual, exit, code) in [
        ("head", None, 2, "usage.editor"),
        ("head", Some("false"), 2, "usage.editor"),
        ("head", Some("no-such-editor"), 2, "usage.editor"),
        ("nope", Some(&*editor), 4, "graph.unresolved"),
    ] {
        let arguments = ["edit", name, "--format", "json"];
        let error = migrate_with(&workspace, visual, None, arguments).exits(exit).json_error();
        assert_eq!(error["code"], code, "{name} {visual:?}");
    }
    assert!(!workspace.path("opened.txt").exists());
}

/// The base is no revision, so there is no file to open.
#[test]
#[cfg(unix)]
fn edit_of_nothing_is_an_error() {
    let (workspace, editor) = with_editor();
    let arguments = ["edit", "base", "--format", "json"];
    let error = migrate_with(&workspace, None, Some(&editor), arguments).exits(4).json_error();
    assert_eq!(error["code"], "graph.unresolved");
}

#[test]
#[cfg(unix)]
fn an_empty_visual_is_none() {
    let (workspace, editor) = with_editor();
    migrate_with(&workspace, Some(""), Some(&editor), ["edit", "aaaa"]).succeeds();
    assert!(workspace.path("opened.txt").exists());
}

#[test]
#[cfg(unix)]
fn new_edit_opens_the_file_it_wrote() {
    let (workspace, editor) = with_editor();
    let arguments = ["new", "third", "--edit", "--rev-id", "cccc3333", "--format", "json"];
    let run = migrate_with(&workspace, None, Some(&editor), arguments).succeeds();
    let file = run.json()["file"].as_str().unwrap().to_owned();
    assert_eq!(run.json_lines().len(), 1);
    assert!(workspace.read(&file).contains("SELECT 1;"));
    let opened = format!("--wait {}\n", workspace.path(&file).display());
    assert_eq!(workspace.read("opened.txt"), opened);

    let arguments = ["new", "fourth", "--edit", "--rev-id", "dddd4444"];
    let run = migrate_with(&workspace, None, None, arguments).exits(2);
    assert!(run.stderr.contains("the file is migrations/revisions/"), "{}", run.stderr);
    let head = workspace.migrate_json(["heads"]).succeeds().json();
    assert_eq!(head["revisions"][0]["revision"], "dddd4444", "what was written stays");
}

#[test]
fn quiet_prints_only_products_and_errors() {
    let workspace = line();
    for arguments in [
        &["up", "-q"][..],
        &["redo", "-q"],
        &["stamp", "aaaa", "-q"],
        &["new", "third", "-q"],
        &["database", "create", "-q"],
        &["check", "--quiet", "-d", "sqlite:none.db"],
    ] {
        let run = workspace.migrate(arguments.iter().copied()).succeeds();
        assert_eq!((&*run.stdout, &*run.stderr), ("", ""), "{arguments:?}");
    }
    let run = workspace.migrate(["show", "aaaa", "--sql", "-q"]).succeeds();
    assert_eq!(run.stdout, "CREATE TABLE aaaa1111 (x int);\n");
    assert!(workspace.migrate(["up", "--sql", "-q"]).succeeds().stdout.contains("CREATE TABLE"));
    let run = workspace.migrate(["up", "nope", "-q"]).exits(4);
    assert!(run.stdout.is_empty() && run.stderr.starts_with("error[graph.unresolved]: "));
    let current = workspace.migrate_json(["current", "-q"]).succeeds().stdout;
    assert_eq!(current, "{\"heads\":[\"aaaa1111\"]}\n", "JSON is a product");
    let error = workspace.migrate_json(["up", "-q", "-v"]).exits(2).json_error();
    assert_eq!(error["code"], "usage.arguments");
}

#[test]
fn verbose_shows_statements_with_their_times() {
    let workspace = line();
    let time = |line: &str| {
        let (time, rest) =
            line.trim_start().strip_prefix('(').unwrap().split_once(" ms) ").unwrap();
        assert!(time.parse::<u32>().is_ok(), "{line}");
        rest.to_owned()
    };
    let up = workspace.migrate(["up", "-v", "aaaa"]).succeeds().stdout;
    let lines: Vec<&str> = up.lines().collect();
    assert_eq!(lines.len(), 4, "{up}");
    assert_eq!(time(lines[1]), "CREATE TABLE aaaa1111 (x int)");
    assert!(lines[2].starts_with("          Up aaaa1111 make aaaa1111 ("), "{up}");
    let redo = workspace.migrate(["redo", "--verbose"]).succeeds().stdout;
    let lines: Vec<&str> = redo.lines().collect();
    assert_eq!(time(lines[0]), "DROP TABLE aaaa1111");
    assert_eq!(time(lines[2]), "CREATE TABLE aaaa1111 (x int)");
    // A stamp sends none.
    let stamp = workspace.migrate(["stamp", "bbbb", "-v"]).succeeds().stdout;
    assert!(!stamp.contains("CREATE"), "{stamp}");
}

#[test]
fn colours_are_for_terminals_or_when_asked_for() {
    let workspace = line();
    for command in ["check", "status", "show", "up"] {
        assert!(!is_coloured(&workspace, &[command], None), "{command}");
        assert!(!is_coloured(&workspace, &[command, "--color", "never"], FORCE), "{command}");
        assert!(is_coloured(&workspace, &[command, "--color", "always"], None), "{command}");
    }
    for product in [&["show", "--sql"][..], &["up", "--sql"], &["completions", "bash"]] {
        let arguments = [product, &["--color", "always"]].concat();
        assert!(!is_coloured(&workspace, &arguments, FORCE), "{product:?}");
    }
    let json = ["up", "nope", "--color", "always", "--format", "json"];
    assert!(!is_coloured(&workspace, &json, FORCE));
}

#[test]
fn errors_in_the_command_line_follow_the_colour_option_too() {
    let workspace = line();
    assert!(!is_coloured(&workspace, &["nope"], None));
    assert!(!is_coloured(&workspace, &["nope", "--color", "never"], FORCE));
    assert!(is_coloured(&workspace, &["nope", "--color", "always"], None));
    workspace.migrate(["heads", "--color", "sometimes"]).exits(2);
}

/// The variable that makes programs write colours without a terminal.
const FORCE: Option<(&str, &str)> = Some(("CLICOLOR_FORCE", "1"));

fn is_coloured(workspace: &Workspace, arguments: &[&str], variable: Option<(&str, &str)>) -> bool {
    let mut command = workspace.command(cargo_migrate(), arguments.iter().copied());
    let run = Run::of(command.env_remove("CLICOLOR_FORCE").envs(variable));
    let said = run.stdout + &run.stderr;
    said.contains('\u{1b}') || said.contains("\\u001b")
}

#[test]
fn alembics_names_and_spellings_work() {
    let workspace = line();
    let heads = || workspace.migrate_json(["current"]).succeeds().json()["heads"].clone();
    workspace.migrate(["upgrade", "+1"]).succeeds();
    assert_eq!(heads(), json!(["aaaa1111"]));
    workspace.migrate(["upgrade", "head"]).succeeds();
    workspace.migrate(["downgrade", "-1"]).succeeds();
    assert_eq!(heads(), json!(["aaaa1111"]));
    workspace.migrate(["upgrade", "heads"]).succeeds();
    workspace.migrate(["downgrade", "base"]).succeeds();
    assert_eq!(heads(), json!([]));
    workspace.migrate(["stamp", "head"]).succeeds();
    workspace.migrate(["stamp", "--purge", "aaaa"]).succeeds();
    assert_eq!(heads(), json!(["aaaa1111"]));
    let script = workspace.migrate(["upgrade", "aaaa:head", "--sql"]).succeeds().stdout;
    assert!(script.contains("CREATE TABLE bbbb2222") && !script.contains("CREATE TABLE aaaa1111"));
    let script = workspace.migrate(["downgrade", "head:aaaa", "--sql"]).succeeds().stdout;
    assert!(script.contains("DROP TABLE bbbb2222"));
}

#[test]
fn alembics_messages_and_ranges_work() {
    let workspace = line();
    for (spelling, id) in [
        (&["-m", "a message"][..], "cccc1111"),
        (&["--message", "a message"], "cccc2222"),
        (&["--message=a message"], "cccc3333"),
        (&["-ma message"], "cccc4444"),
    ] {
        let arguments = ["revision", "--rev-id", id].into_iter().chain(spelling.iter().copied());
        let file = workspace.migrate_json(arguments).succeeds().json()["file"].clone();
        let text = workspace.read(file.as_str().unwrap());
        assert!(text.starts_with("-- a message\n"), "{spelling:?}");
    }
    let expected = workspace.migrate(["history", "aaaa:bbbb"]).succeeds().stdout;
    assert_eq!(expected.lines().count(), 2);
    for range in [
        &["-r", "aaaa:bbbb"][..],
        &["-raaaa:bbbb"],
        &["--rev-range", "aaaa:bbbb"],
        &["--rev-range=aaaa:bbbb"],
        &["-r:bbbb"],
    ] {
        let run = workspace.migrate(["history"].iter().chain(range).copied()).succeeds();
        assert_eq!(run.stdout, expected, "{range:?}");
    }
    workspace.migrate(["upgrade", "head"]).succeeds();
    let run = workspace.migrate(["history", "-r-1:current"]).succeeds();
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    let marked = workspace.migrate(["history", "--indicate-current"]).succeeds().stdout;
    assert_eq!(marked, workspace.migrate(["history", "-i"]).succeeds().stdout);
}

/// The workspace of [`line`] with a second migrations crate, whose history has its own tables.
fn two_crates() -> Workspace {
    let workspace = line();
    workspace.migrate(["init", "billing", "--name", "billing-migrations"]).succeeds();
    let manifest = workspace.read("billing/Cargo.toml");
    let table = "table = \"billing_revisions\"\n\n[dependencies]";
    workspace.write("billing/Cargo.toml", manifest.replacen("\n[dependencies]", table, 1));
    let text = workspace.read("migrations/revisions/aaaa1111.sql");
    workspace.write("billing/revisions/cccc3333.sql", text.replace("aaaa1111", "cccc3333"));
    workspace
}

#[test]
fn all_packages_runs_each_crate() {
    let workspace = two_crates();
    let up = workspace.migrate(["up", "--all-packages"]).succeeds().stdout;
    let verbs: Vec<String> = up
        .lines()
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        verbs,
        [
            "Package billing-migrations",
            "Created sqlite:shop.db",
            "Up cccc3333",
            "Finished 1",
            "Package shop-migrations",
            "Up aaaa1111",
            "Up bbbb2222",
            "Finished 2",
        ]
    );
    let current = workspace.migrate_json(["current", "--all-packages"]).succeeds();
    assert_eq!(
        current.json_lines(),
        [json!({ "heads": ["cccc3333"] }), json!({ "heads": ["bbbb2222"] })]
    );
    let arguments = ["heads", "--all-packages", "-p", "billing-migrations"];
    assert_eq!(workspace.migrate_json(arguments).exits(2).json_error()["code"], "usage.arguments");
}

#[test]
fn all_packages_ends_with_the_worst_of_all() {
    let workspace = two_crates();
    workspace.write("billing/revisions/broken.sql", "SELECT 1;\n");
    let run = workspace.migrate_json(["check", "--all-packages"]).exits(1);
    let codes: Vec<_> =
        run.json_lines().iter().map(|one| one["findings"][0]["code"].clone()).collect();
    assert_eq!(codes, [json!("header.missing"), json!(null)]);
    assert_eq!(workspace.migrate(["up", "--all-packages"]).code, 4);
}

#[test]
fn all_packages_of_a_workspace_without_any_is_an_error() {
    let workspace = Workspace::without_migrations();
    for option in [&["up"][..], &["up", "--all-packages"]] {
        let error = workspace.migrate_json(option.iter().copied()).exits(3).json_error();
        assert_eq!(error["code"], "project.none", "{option:?}");
    }
}
