//! Which database is meant, and making and dropping it: `database`, `--env`, `-x`, `.env`.

use std::fs;
use std::path::PathBuf;

use migrate_tests::{PASSWORD, Revision, Run, Workspace, cargo_migrate, query};
use serde_json::json;

fn workspace() -> Workspace {
    Workspace::new().with_tables(&[("aaaa1111", "base"), ("bbbb2222", "aaaa1111")])
}

fn with_environments() -> Workspace {
    let workspace = workspace();
    workspace.configure(
        "[package.metadata.migrate.env.prod]\nurl = \"sqlite:${REGION}/${NAME}.db\"\n\
         [package.metadata.migrate.env.stage]\nurl = \"sqlite:shop.db\"\n\
         table = \"stage_revisions\"\n\
         [package.metadata.migrate.env.server]\nurl = \"postgres://me:${SECRET}@host/shop\"\n\
         [package.metadata.migrate.env.cipher]\nurl = \"sqlite:shop.db?password=${SECRET}\"\n\
         [package.metadata.migrate.env.raw]\nurl = \"${SECRET}\"\n",
    );
    fs::create_dir(workspace.path("eu")).unwrap();
    workspace
}

/// Runs with environment variables.
fn migrate_with<'a>(
    workspace: &Workspace,
    variables: &[(&str, &str)],
    arguments: impl IntoIterator<Item = &'a str>,
) -> Run {
    let mut command = workspace.command(cargo_migrate(), arguments);
    Run::of(command.env_remove("NAME").env_remove("REGION").envs(variables.iter().copied()))
}

/// The files in the workspace's folder that have something to do with a database.
fn database_files(workspace: &Workspace) -> Vec<String> {
    let names = fs::read_dir(workspace.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.contains(".db")).collect();
    names.sort_unstable();
    names
}

fn content(workspace: &Workspace) -> Vec<u8> {
    fs::read(workspace.path("shop.db")).unwrap()
}

const NONE: [&str; 0] = [];

#[test]
fn create_makes_an_empty_database_once() {
    let workspace = workspace();
    let run = workspace.migrate(["database", "create"]).succeeds();
    assert_eq!(run.stdout, "     Created sqlite:shop.db\n");
    assert_eq!(fs::metadata(workspace.path("shop.db")).unwrap().len(), 0);
    workspace.migrate(["up"]).succeeds();
    let before = content(&workspace);
    let run = workspace.migrate(["database", "create"]).succeeds();
    assert_eq!(run.stdout, "    Finished sqlite:shop.db is there already\n");
    let run = workspace.migrate_json(["database", "create"]).succeeds();
    assert_eq!(run.stdout, "{\"database\":\"sqlite:shop.db\",\"created\":false}\n");
    assert!(content(&workspace) == before);
}

#[test]
fn a_database_that_can_not_be_made_is_unreachable() {
    let workspace = workspace();
    for command in [&["up"][..], &["database", "create"]] {
        let arguments = command.iter().copied().chain(["-d", "sqlite:nowhere/shop.db"]);
        let error = workspace.migrate_json(arguments).exits(6).json_error();
        assert_eq!(error["code"], "database.unreachable", "{command:?}");
    }
    let arguments = ["database", "drop", "--yes", "-d", "sqlite::memory:"];
    let error = workspace.migrate_json(arguments).exits(3).json_error();
    assert_eq!(error["code"], "config.database_url");
}

#[test]
fn drop_asks_and_where_it_can_not_the_answer_is_no() {
    let workspace = workspace();
    workspace.migrate(["up"]).succeeds();
    let before = content(&workspace);
    let run = workspace.migrate(["database", "drop"]).succeeds();
    assert_eq!(
        run.stdout,
        "     Skipped drop sqlite:shop.db with all that it holds? (not asked: no terminal; --yes \
         says yes)\n    Finished nothing was dropped of sqlite:shop.db\n"
    );
    for action in ["drop", "reset"] {
        let run = workspace.migrate_json(["database", action]).succeeds();
        assert_eq!(run.stdout, "{\"database\":\"sqlite:shop.db\",\"dropped\":false}\n");
        assert!(content(&workspace) == before, "{action}");
    }
}

#[test]
fn drop_with_yes_removes_all_of_its_files() {
    let workspace = workspace();
    workspace.migrate(["up"]).succeeds();
    for file in ["shop.db-wal", "shop.db-shm", "shop.db-journal", "shop.db-mine", "other.db-wal"] {
        workspace.write(file, "");
    }
    let run = workspace.migrate_json(["database", "drop", "--yes"]).succeeds();
    assert_eq!(run.stdout, "{\"database\":\"sqlite:shop.db\",\"dropped\":true}\n");
    assert_eq!(database_files(&workspace), ["other.db-wal", "shop.db-mine"]);
    let run = workspace.migrate_json(["database", "drop", "--yes"]).succeeds();
    assert_eq!(run.stdout, "{\"database\":\"sqlite:shop.db\",\"dropped\":false}\n");
    let run = workspace.migrate(["database", "drop"]).succeeds();
    assert_eq!(run.stdout, "    Finished nothing was dropped of sqlite:shop.db\n");
}

#[test]
fn reset_is_drop_and_create_and_up() {
    let workspace = workspace();
    workspace.migrate(["up", "aaaa"]).succeeds();
    migrate_tests::execute(&workspace.path("shop.db"), "CREATE TABLE left_over (x)");
    workspace.write("shop.db-shm", "of a database that is gone");
    let run = workspace.migrate_json(["database", "reset", "--yes"]).succeeds();
    let summary = run.json();
    assert_eq!(
        (&summary["type"], &summary["before"], &summary["after"], &summary["applied"]),
        (&"summary".into(), &json!([]), &json!(["bbbb2222"]), &2.into())
    );
    let tables = "SELECT name AS x FROM sqlite_master WHERE type = 'table' \
                  AND name NOT LIKE '\\_migrate%' ESCAPE '\\' ORDER BY name";
    assert_eq!(query(&workspace.path("shop.db"), tables), ["aaaa1111", "bbbb2222"]);
    let log = "SELECT count(*) AS x FROM _migrate_log";
    assert_eq!(query(&workspace.path("shop.db"), log), ["2"]);
}

#[test]
fn reset_makes_a_database_that_is_not_there() {
    let workspace = workspace();
    workspace.migrate(["database", "reset"]).succeeds();
    let heads = workspace.migrate_json(["current"]).succeeds().json();
    assert_eq!(heads, json!({ "heads": ["bbbb2222"] }));
}

#[test]
fn reset_with_revisions_that_can_not_run_drops_nothing() {
    for (revises, up, code) in [
        ("bbbb2222", "SELECT 'open", "script.unterminated"),
        ("bbbb2222", "COMMIT;", "script.transaction_control"),
        ("aaaa1111", "SELECT 1;", "graph.multiple_heads"),
        ("cccc2222", "SELECT 1;", "graph.unresolved"),
    ] {
        let workspace = workspace();
        workspace.migrate(["up"]).succeeds();
        let before = content(&workspace);
        workspace.revision(Revision { id: "cccc3333", revises, up, down: None });
        let error = workspace.migrate_json(["database", "reset", "--yes"]).exits(4).json_error();
        assert_eq!(error["code"], code);
        assert!(content(&workspace) == before, "{code}");
    }
}

#[test]
fn reset_of_a_database_that_may_not_be_written_drops_nothing() {
    let workspace = workspace();
    workspace.migrate(["up"]).succeeds();
    let before = content(&workspace);
    let url = "sqlite:shop.db?mode=ro";
    let run = workspace.migrate(["database", "reset", "--yes", "-d", url]);
    assert_ne!(run.code, 0);
    assert!(content(&workspace) == before);
}

#[test]
fn a_read_only_url_reads_and_never_writes() {
    let workspace = workspace();
    let url = "sqlite:shop.db?mode=ro";
    for command in ["up", "stamp"] {
        let error = workspace.migrate_json([command, "head", "-d", url]).exits(6).json_error();
        assert_eq!(error["code"], "database.unreachable", "{command}");
        assert_eq!(database_files(&workspace), NONE, "{command}");
    }
    workspace.migrate(["up", "aaaa"]).succeeds();
    let before = content(&workspace);
    let current = workspace.migrate_json(["current", "-d", url]).succeeds().json();
    assert_eq!(current, json!({ "heads": ["aaaa1111"] }));
    workspace.migrate(["verify", "-d", url]).succeeds();
    let dry = workspace.migrate_json(["up", "--dry-run", "-d", url]).succeeds().json();
    assert_eq!(dry["after"], json!(["bbbb2222"]));
    for command in ["up", "down", "redo"] {
        let error = workspace.migrate_json([command, "-d", url]).exits(6).json_error();
        assert_eq!(error["code"], "database.permission", "{command}");
    }
    assert!(content(&workspace) == before);
}

#[test]
fn an_environment_has_a_url_from_the_root_of_the_workspace_and_variables_in_it() {
    let workspace = with_environments();
    let variables = [("REGION", "eu"), ("NAME", "first"), ("DATABASE_URL", "sqlite:wrong.db")];
    let binary = cargo_migrate();
    let mut command = workspace.command(binary, ["up", "--env", "prod", "-q"]);
    let folder: PathBuf = workspace.path("app/src");
    Run::of(command.envs(variables).current_dir(folder)).succeeds();
    assert!(workspace.path("eu/first.db").exists());
    assert_eq!(database_files(&workspace), NONE);
    let run = migrate_with(&workspace, &variables, ["status", "--env", "prod"]).succeeds();
    assert!(run.stdout.starts_with("    Database sqlite:eu/first.db\n"), "{}", run.stdout);
}

#[test]
fn values_of_the_command_line_come_before_the_environment() {
    let workspace = with_environments();
    let variables = [("REGION", "eu"), ("NAME", "environment")];
    let arguments = ["up", "--env", "prod", "-x", "NAME=cli", "-x", "OTHER=1"];
    migrate_with(&workspace, &variables, arguments).succeeds();
    assert!(workspace.path("eu/cli.db").exists());
    assert!(!workspace.path("eu/environment.db").exists());
    let arguments = ["current", "--env", "prod", "-x", "NAME=cli", "-x", "REGION=eu"];
    migrate_with(&workspace, &[], arguments).succeeds();
    let run = migrate_with(&workspace, &[], ["up", "-x", "NAME", "--format", "json"]).exits(2);
    assert_eq!(run.json_error()["code"], "usage.arguments");
}

#[test]
fn a_variable_that_is_missing_is_named() {
    let workspace = with_environments();
    let arguments = ["status", "--env", "prod", "-x", "REGION=eu", "--format", "json"];
    let error = migrate_with(&workspace, &[], arguments).exits(3).json_error();
    assert_eq!(error["code"], "config.env");
    assert_eq!(error["message"], "env.prod.url needs the environment variable NAME");
}

#[test]
fn an_environment_that_is_unknown_is_refused_with_the_known_ones() {
    let workspace = with_environments();
    let known = json!(["cipher", "prod", "raw", "server", "stage"]);
    for command in
        [&["status"][..], &["up"], &["check"], &["up", "--sql"], &["stamp", "head", "--sql"]]
    {
        let arguments = command.iter().copied().chain(["--env", "prd"]);
        let error = workspace.migrate_json(arguments).exits(3).json_error();
        assert_eq!((&error["code"], &error["candidates"]), (&"config.env".into(), &known));
    }
    assert_eq!(database_files(&workspace), NONE);
    let arguments = ["status", "--env", "stage", "-d", "sqlite:shop.db"];
    assert_eq!(workspace.migrate_json(arguments).exits(2).json_error()["code"], "usage.arguments");
}

#[test]
fn an_environment_has_a_history_of_its_own() {
    let workspace = with_environments();
    workspace.migrate(["stamp", "head", "--env", "stage"]).succeeds();
    let tables = "SELECT name AS x FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let expected = ["stage_log", "stage_meta", "stage_revisions"];
    assert_eq!(query(&workspace.path("shop.db"), tables), expected);
    let heads = workspace.migrate_json(["current", "--env", "stage"]).succeeds().json();
    assert_eq!(heads, json!({ "heads": ["bbbb2222"] }));
    assert_eq!(workspace.migrate_json(["current"]).succeeds().json(), json!({ "heads": [] }));
    let script = workspace.migrate(["up", "--sql", "--env", "stage"]).succeeds().stdout;
    assert!(script.contains("\"stage_revisions\"") && !script.contains("_migrate"), "{script}");
}

#[test]
fn a_password_in_an_expanded_url_is_never_printed() {
    let workspace = with_environments();
    let variables = [("SECRET", PASSWORD)];
    for environment in ["server", "cipher", "raw"] {
        for command in ["up", "status", "check", "current", "verify", "redo"] {
            for format in ["human", "json"] {
                let arguments = [command, "-v", "--env", environment, "--format", format];
                // Its end is where what it prints is searched.
                migrate_with(&workspace, &variables, arguments);
            }
        }
    }
    let arguments = ["database", "create", "--env", "cipher"];
    let run = migrate_with(&workspace, &variables, arguments).succeeds();
    assert_eq!(run.stdout, "     Created sqlite:shop.db?password=***\n");
}

#[test]
fn dotenv_is_read_as_shells_and_other_tools_read_it() {
    let workspace = workspace();
    for (line, file) in [
        ("DATABASE_URL=sqlite:plain.db # where it is", "plain.db"),
        ("DATABASE_URL=\"sqlite:with space.db\"", "with space.db"),
        ("DATABASE_URL='sqlite:single $HOME.db'", "single $HOME.db"),
        ("export DATABASE_URL=sqlite:export.db\r", "export.db"),
        ("# DATABASE_URL=sqlite:wrong.db\n\n  DATABASE_URL = sqlite:blank.db", "blank.db"),
        ("SHOP=a b c\nDATABASE_URL=sqlite:after.db", "after.db"),
        ("SHOP=shop\nDATABASE_URL=sqlite:${SHOP}_1.db", "shop_1.db"),
    ] {
        workspace.write(".env", format!("{line}\n"));
        workspace.migrate(["up", "-q"]).succeeds();
        assert!(workspace.path(file).exists(), "{line}: {:?}", database_files(&workspace));
        fs::remove_file(workspace.path(file)).unwrap();
        assert_eq!(database_files(&workspace), NONE, "{line}");
    }
}

#[test]
fn a_dotenv_that_can_not_be_read_is_told_without_its_values() {
    let workspace = workspace();
    for line in [
        "DATABASE_URL=postgres://me:SENTINEL-7f3a word@host/shop",
        "DATABASE_URL=\"postgres://me:SENTINEL-7f3a@host/shop",
        "DATABASE_URL postgres://me:SENTINEL-7f3a@host/shop",
        "DATABASE_URL=sqlite:shop.db?password=SENTINEL-7f3a word",
    ] {
        workspace.write(".env", format!("{line}\n"));
        for format in ["human", "json"] {
            let run = workspace.migrate(["status", "--format", format]).exits(3);
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(said.contains("config.dotenv"), "{said}");
        }
    }
}
