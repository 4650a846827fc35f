//! A password is in no output: not on stdout or stderr, not in JSON, not in a table of a database
//! that was made, wherever the URL comes from, and whatever is wrong with it. Every output of all
//! tests is searched (`Running::finish`); here each command has something to leak.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use migrate_runtime::{CrateInfo, Migrator, Registry};
use migrate_tests::{PASSWORD, Revision, Run, Workspace, cargo_migrate};

/// URLs with a password at each place that somebody might write it to; some work, most are
/// broken.
const URLS: [&str; 20] = [
    "sqlite:me:SENTINEL-7f3a@shop.db",
    "sqlite://me:SENTINEL-7f3a@shop.db",
    "sqlite:shop.db?password=SENTINEL-7f3a",
    "sqlite:shop.db?mode=rwc&Password=SENTINEL-7f3a",
    "sqlite:shop.db?pwd=SENTINEL-7f3a",
    "sqlite:shop.db?key=SENTINEL-7f3a",
    "sqlite:shop.db?mode=rwc;password=SENTINEL-7f3a",
    "sqlite://me:SENTINEL-7f3a@no/folder/shop.db",
    "sqlite://me:SENTINEL-7f3a@shop.db?mode=rw",
    "postgres://me:SENTINEL-7f3a@host/shop",
    "postgresql://me:a@SENTINEL-7f3a@host:5432/shop?sslmode=require",
    "postgres://host/shop?user=me&password=SENTINEL-7f3a",
    "mysql://me:SENTINEL-7f3a@host/shop",
    "mariadb://me:SENTINEL-7f3a@host:port/shop",
    "postgres:/me:SENTINEL-7f3a@host/shop",
    "postgres//me:SENTINEL-7f3a@host/shop",
    "oracle://me:SENTINEL-7f3a@host/shop",
    " sqlite://me:SENTINEL-7f3a@shop.db",
    "me:SENTINEL-7f3a@host",
    "host=h password=SENTINEL-7f3a",
];

/// Every command, with what makes it go as far as it can.
const COMMANDS: [&str; 39] = [
    "up --dry-run",
    "up --sql",
    "status",
    "up",
    "up -v",
    "status",
    "current",
    "history -i",
    "verify",
    "check",
    "show --sql",
    "down --dry-run",
    "redo",
    "resume",
    "down",
    "stamp head",
    "stamp head --sql",
    "accept aaaa1111",
    "restore aaaa1111",
    "heads",
    "branches",
    "new next",
    "new side --head aaaa1111 --splice --rev-id bbbb2222",
    "new other --head aaaa1111 --splice --rev-id cccc3333",
    "history --graph",
    "rebase cccc3333 --onto bbbb2222",
    "new third --head aaaa1111 --splice --rev-id dddd4444",
    "heads",
    "merge",
    "edit head",
    "up --lock-timeout 1ms --transaction all",
    "database create",
    "database reset",
    "database reset --yes",
    "database drop",
    "database drop --yes",
    "up --no-such-option",
    "completions bash",
    "init other",
];

const NONE: [&str; 0] = [];

fn configure(workspace: &Workspace, line: &str) {
    workspace.replace("migrations/Cargo.toml", "dialects =", &format!("{line}\ndialects ="));
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    std::fs::remove_file(workspace.path(".env")).unwrap();
    let up = "CREATE TABLE a (x);\nINSERT INTO a VALUES (1);";
    let down = Some("DROP TABLE a;");
    workspace.revision(Revision { id: "aaaa1111", revises: "base", up, down });
    workspace
}

/// Runs a command for scripts and for eyes. That nothing leaks is asserted where it ends.
#[track_caller]
fn run(workspace: &Workspace, command: &str, prepare: impl Fn(&mut Command)) {
    for format in ["human", "json"] {
        let mut program = workspace.command(cargo_migrate(), command.split(' '));
        program.args(["--format", format]).envs([("VISUAL", "true"), ("EDITOR", "true")]);
        prepare(&mut program);
        Run::of(&mut program);
    }
}

#[test]
#[should_panic(expected = "prints the password")]
fn every_output_of_all_tests_is_searched() {
    Run::of(Command::new(env!("CARGO")).arg(PASSWORD));
}

/// The files that contain a text, other than those that we write a URL into.
fn files_with(workspace: &Workspace, text: &str) -> Vec<String> {
    let is_ours = |path: &Path| path.ends_with(".env") || path.ends_with("Cargo.toml");
    let has_it = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let files = workspace.files().into_iter();
    let files = files.filter(|(path, bytes)| !is_ours(path) && has_it(bytes));
    files.map(|(path, _)| format!("{text} is in {}", path.display())).collect()
}

/// Every command, with every URL from there.
#[track_caller]
fn nothing_leaks_from(prepare: fn(&Workspace, &str), give: fn(&mut Command, &str)) {
    let mut databases = 0;
    for url in URLS {
        let workspace = workspace();
        prepare(&workspace, url);
        for command in COMMANDS {
            run(&workspace, command, |program| give(program, url));
            assert_eq!(files_with(&workspace, PASSWORD), NONE, "{url} {command}");
            databases += files_with(&workspace, "_migrate_revisions").len();
        }
        let merged = files_with(&workspace, "-- merge 3 heads");
        assert_eq!(merged.len(), 1, "not all commands had something to do");
    }
    assert!(databases > 0, "no URL has led to a database, so none was looked into");
}

#[test]
fn the_command_line() {
    nothing_leaks_from(
        |_, _| (),
        |program, url| {
            program.args(["-d", url]);
        },
    );
}

#[test]
fn the_environment() {
    nothing_leaks_from(
        |_, _| (),
        |program, url| {
            program.env("DATABASE_URL", url);
        },
    );
}

#[test]
fn dotenv() {
    nothing_leaks_from(|it, url| it.write(".env", format!("DATABASE_URL='{url}'\n")), |_, _| ());
}

#[test]
fn the_metadata() {
    nothing_leaks_from(|it, url| configure(it, &format!("database-url = \"{url}\"")), |_, _| ());
}

#[test]
fn a_variable_of_an_environment() {
    nothing_leaks_from(
        |it, url| {
            let url = url.replace(PASSWORD, "${WORD}");
            configure(it, &format!("env.prod.url = \"{url}\""));
        },
        |program, _| {
            program.args(["--env", "prod"]).env("WORD", PASSWORD);
        },
    );
}

#[test]
fn a_value_of_the_command_line() {
    nothing_leaks_from(
        |it, _| configure(it, "env.prod.url = \"${URL}\""),
        |program, url| {
            program.args(["--env", "prod", "-x", &format!("URL={url}")]);
        },
    );
}

#[test]
fn a_file_that_cannot_be_read() {
    for line in [
        "DATABASE_URL=postgres://me:SENTINEL-7f3a@host/shop with space",
        "DATABASE_URL postgres://me:SENTINEL-7f3a@host/shop",
        "DATABASE_URL: postgres://me:SENTINEL-7f3a@host/shop",
        "DATABASE_URL='postgres://me:SENTINEL-7f3a@host/shop",
        "postgres://me:SENTINEL-7f3a@host/shop",
        "PASSWORD='SENTINEL-7f3a\nDATABASE_URL=sqlite:shop.db",
    ] {
        let workspace = workspace();
        workspace.write(".env", line);
        for command in COMMANDS {
            run(&workspace, command, |_| ());
        }
    }
    for line in [
        "database-ur1 = \"postgres://me:SENTINEL-7f3a@host/shop\"",
        "database-url = [\"postgres://me:SENTINEL-7f3a@host/shop\"]",
        "database-url = \"postgres://me:SENTINEL-7f3a@host/shop",
        "database-url = postgres://me:SENTINEL-7f3a@host/shop",
        "env.prod.ur1 = \"postgres://me:SENTINEL-7f3a@host/shop\"",
        "env.prod = \"postgres://me:SENTINEL-7f3a@host/shop\"",
        "env.prod.url = \"postgres://me:SENTINEL-7f3a@host/${SHOP\"",
    ] {
        let workspace = workspace();
        configure(&workspace, line);
        let prod = |program: &mut Command| {
            program.args(["--env", "prod"]);
        };
        for command in COMMANDS {
            run(&workspace, command, prod);
        }
    }
}

#[test]
fn a_url_at_the_wrong_place_of_the_command_line() {
    let workspace = workspace();
    let url = "postgres://me:SENTINEL-7f3a@host/shop";
    let commands = [
        format!("up {url}"),
        format!("down {url}"),
        format!("status {url}"),
        format!("stamp {url}"),
        format!("show {url}"),
        format!("history {url}"),
        format!("up --env {url}"),
        format!("up -x {url}"),
        format!("up --url {url}"),
        format!("up --url={url}"),
        format!("up --databse-url={url}"),
        format!("up -p {url}"),
        format!("up --manifest-path {url}"),
        format!("up --lock-timeout {url}"),
        url.to_owned(),
    ];
    for command in &commands {
        run(&workspace, command, |_| ());
    }
}

#[test]
fn the_errors_of_the_library() {
    let registry = Registry::from_files(Vec::new(), CrateInfo::new("shop", "0.1.0")).unwrap();
    let migrator = Migrator::new(Arc::new(registry));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for url in URLS {
        let error = runtime.block_on(migrator.status(url)).unwrap_err();
        let mut told = vec![format!("{error}"), format!("{error:?}")];
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            told.extend([format!("{error}"), format!("{error:?}")]);
            source = error.source();
        }
        for text in told {
            assert!(!text.contains(PASSWORD), "{url}: {text}");
        }
    }
}
