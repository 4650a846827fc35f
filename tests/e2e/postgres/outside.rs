//! `transaction:false`: statements that run one by one, recorded one by one. What fails or is
//! killed half-way goes on where it stopped, and asks only where nothing else can tell.

use std::time::{Duration, Instant};

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::{self, postgres::PgPoolOptions};
use migrate_runtime::{CrateInfo, ErrorKind, Migrator, PartWay, Registry};
use migrate_tests::{Database, Revision, Run, Running, Workspace, cargo_migrate};
use serde_json::json;

use super::{A, applied, workspace};

/// A revision on top of `A` whose sections run outside of a transaction. Gives its file.
fn outside(workspace: &Workspace, up: &str, down: &str) -> String {
    workspace.revision(A);
    let id = "cccc3333";
    let file = workspace.revision(Revision { id, revises: A.id, up, down: Some(down) });
    for direction in ["up", "down"] {
        let marker = format!("-- migrate:{direction}\n");
        let outside = format!("-- migrate:{direction} transaction:false\n");
        let text = workspace.read(&file).replace(&marker, &outside);
        workspace.write(&file, text);
    }
    file
}

/// State, statements that are done, and all of them.
fn journal(database: &Database) -> Vec<String> {
    database.query(
        "SELECT state || ' ' || done || '/' || total FROM _migrate_revisions WHERE id = 'cccc3333'",
    )
}

fn indexes(database: &Database) -> Vec<String> {
    database.query(
        "SELECT relname || CASE WHEN indisvalid THEN '' ELSE ' invalid' END FROM pg_index \
         JOIN pg_class ON oid = indexrelid WHERE indrelid::regclass::text = 'a' ORDER BY 1",
    )
}

fn log(database: &Database) -> Vec<String> {
    database.query(
        "SELECT action || ' ' || outcome FROM _migrate_log WHERE revision = 'cccc3333' \
         ORDER BY seq",
    )
}

/// Starts a command and waits until the server runs a statement with this in it.
fn started(workspace: &Workspace, database: &Database, command: &str, statement: &str) -> Running {
    let running = Run::start(&mut workspace.command(cargo_migrate(), [command]));
    wait_until(database, statement, "1");
    running
}

/// Waits until so many sessions run such a statement.
fn wait_until(database: &Database, statement: &str, count: &str) {
    let runs = format!("SELECT count(*) FROM {}", running(statement));
    let deadline = Instant::now() + Duration::from_secs(20);
    while database.query(&runs) != [count] {
        assert!(Instant::now() < deadline, "{statement}: not {count}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The sessions of the server that run a statement with this in it; the message that writes the
/// revision's text into the history is none.
fn running(statement: &str) -> String {
    format!(
        "pg_stat_activity WHERE datname = current_database() AND state = 'active' \
         AND pid <> pg_backend_pid() AND query LIKE '%{statement}%' \
         AND query NOT LIKE '%INSERT INTO \"public\".\"_migrate%'"
    )
}

/// Ends the server's side of a run, which would go on with its statement.
fn terminate(database: &Database, statement: &str) {
    database.execute(&format!("SELECT pg_terminate_backend(pid) FROM {}", running(statement)));
    wait_until(database, statement, "0");
}

#[test]
fn an_index_is_made_and_dropped_concurrently() {
    let Some((workspace, database)) = workspace() else { return };
    let up = "CREATE INDEX CONCURRENTLY i ON a (x);\nVACUUM ANALYZE a;\n-- the end";
    outside(&workspace, up, "DROP INDEX CONCURRENTLY i;");
    let up = workspace.migrate_json(["up"]).succeeds().json();
    assert_eq!(up["after"], json!(["cccc3333"]));
    assert_eq!(
        (journal(&database), indexes(&database)),
        (vec!["applied 2/2".into()], vec!["i".into()])
    );
    workspace.migrate(["verify"]).succeeds();
    workspace.migrate(["down"]).succeeds();
    assert!(journal(&database).is_empty() && indexes(&database).is_empty());
    assert_eq!(log(&database), ["up ok", "down ok"]);
    workspace.migrate(["redo"]).succeeds();
}

#[test]
fn what_failed_goes_on_where_it_stopped() {
    let Some((workspace, database)) = workspace() else { return };
    let up = "INSERT INTO a VALUES (2);\nINSERT INTO nope VALUES (3);\nINSERT INTO a VALUES (4);";
    let file = outside(&workspace, up, "DELETE FROM a WHERE x > 3;\nDELETE FROM nope;\nSELECT 1;");
    let run = workspace.migrate_json(["up"]).exits(9);
    let error = run.json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("revision.failed"), &json!(9)));
    assert_eq!(run.json()["applied"], json!(["aaaa1111"]));
    assert_eq!(run.json()["rolled_back"], json!(null));
    assert_eq!(journal(&database), ["up_partial 1/3"]);
    let status = workspace.migrate_json(["status"]).succeeds().json();
    assert_eq!((&status["partial"], &status["pending"]), (&json!(["cccc3333"]), &json!([])));
    assert_eq!(status["current"], json!(["aaaa1111"]));
    assert_eq!(status["applied"], 1);
    let status = workspace.migrate(["status"]).succeeds().stdout;
    for expected in [":9:1, statement 2", "INSERT INTO nope VALUES (3)", "cargo migrate up"] {
        assert!(status.contains(expected), "{expected} is not in {status}");
    }
    // Down can't: first it must be finished.
    let error = workspace.migrate_json(["down"]).exits(9).json_error();
    assert_eq!(error["code"], "integrity.partial");
    assert!(error["hint"].as_str().unwrap().contains("cargo migrate resume cccc3333"));

    // What is done must stay as it was; the rest may be corrected.
    workspace.replace(&file, "VALUES (2)", "VALUES (22)");
    let error = workspace.migrate_json(["up"]).exits(10).json_error();
    assert_eq!(
        (&error["code"], &error["revision"]),
        (&json!("integrity.edited"), &json!("cccc3333"))
    );
    workspace.replace(&file, "VALUES (22)", "VALUES (2)");
    workspace.replace(&file, "INSERT INTO nope", "INSERT INTO a");
    workspace.migrate(["up"]).succeeds();
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2", "3", "4"]);
    assert_eq!(journal(&database), ["applied 3/3"]);
    workspace.migrate(["verify"]).succeeds();

    workspace.migrate(["down"]).exits(9);
    assert_eq!(journal(&database), ["down_partial 1/3"]);
    let error = workspace.migrate_json(["up"]).exits(9).json_error();
    assert_eq!(error["code"], "integrity.partial");
    workspace.replace(&file, "DELETE FROM nope", "DELETE FROM a WHERE x > 1");
    workspace.migrate(["resume"]).succeeds();
    assert_eq!(database.query("SELECT x FROM a"), ["1"]);
    assert_eq!(log(&database), ["up failed", "up ok", "down failed", "down ok"]);
    assert_eq!(applied(&database), ["aaaa1111"]);
}

#[test]
fn nothing_is_left_of_a_first_statement_that_fails() {
    let Some((workspace, database)) = workspace() else { return };
    let up = "CREATE UNIQUE INDEX CONCURRENTLY i ON a (x);\nSELECT 1;";
    outside(&workspace, up, "DROP INDEX CONCURRENTLY nope;");
    workspace.migrate(["up", "+1"]).succeeds();
    database.execute("INSERT INTO a VALUES (1)");
    let run = workspace.migrate_json(["up"]).exits(8);
    assert_eq!(run.json()["rolled_back"], "cccc3333");
    assert!(journal(&database).is_empty() && indexes(&database).is_empty());
    database.execute("DELETE FROM a");
    workspace.migrate(["up"]).succeeds();
    assert_eq!(indexes(&database), ["i"]);
    workspace.migrate(["down"]).exits(8);
    assert!(journal(&database)[0].starts_with("applied"));
}

#[test]
fn a_statement_in_flight_that_shows_nowhere_is_asked_for() {
    let Some((workspace, database)) = workspace() else { return };
    let up = "SET search_path = pg_catalog, public;\nINSERT INTO a VALUES (2);\n\
              SELECT pg_sleep(30);\nINSERT INTO a VALUES (4);";
    let file = outside(&workspace, up, "SELECT 1;");
    let running = started(&workspace, &database, "up", "SELECT pg_sleep");
    running.kill();
    terminate(&database, "SELECT pg_sleep");
    assert_eq!(journal(&database), ["up_partial 2/4"]);
    let run = workspace.migrate_json(["up"]).exits(9);
    let error = run.json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("revision.undecided"), &json!(10)));
    assert_eq!(error["statement"], "SELECT pg_sleep(30)");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("resume cccc3333 --done") && hint.contains("--again"), "{hint}");
    workspace.migrate(["status"]).succeeds();
    workspace.migrate(["resume"]).exits(9);
    workspace.migrate(["resume", "aaaa1111", "--done"]).exits(2);
    workspace.migrate(["resume", "--done", "--again"]).exits(2);
    assert_eq!(journal(&database), ["up_partial 2/4"]);

    // Once more, and killed once more; what ran before it does not run again.
    let again = Run::start(&mut workspace.command(cargo_migrate(), ["resume", "cccc", "--again"]));
    std::thread::sleep(Duration::from_secs(2));
    again.kill();
    terminate(&database, "SELECT pg_sleep");
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2"]);
    workspace.replace(&file, "pg_sleep(30)", "pg_sleep(0)");
    workspace.migrate(["up"]).exits(9);
    workspace.migrate(["resume", "cccc3333", "--done"]).succeeds();
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2", "4"]);
    assert_eq!(journal(&database), ["applied 4/4"]);
    workspace.migrate(["resume"]).succeeds();
    workspace.migrate(["resume", "--done"]).exits(2);
}

/// Starts `up`, which waits for a table in the second of three statements, and kills it there.
fn killed_in_a_definition(
    workspace: &Workspace,
    database: &Database,
    end: impl Fn(),
    expected: &str,
) {
    let up = "CREATE TABLE b (x int);\nALTER TABLE a ADD y text;\nCREATE TABLE c (x int);";
    outside(workspace, up, "DROP TABLE b, c;\nALTER TABLE a DROP y;");
    workspace.migrate(["up", "+1"]).succeeds();
    let url = database.url().to_owned();
    let holder = std::thread::spawn(move || {
        let lock = "LOCK TABLE a IN ACCESS SHARE MODE";
        migrate_tests::hold(&url, lock, Duration::from_secs(2));
    });
    std::thread::sleep(Duration::from_millis(500));
    started(workspace, database, "up", "ALTER TABLE a ADD").kill();
    end();
    holder.join().unwrap();
    wait_until(database, "ALTER TABLE a ADD", "0");
    assert_eq!(journal(database), [expected]);
    workspace.migrate(["up"]).succeeds();
    assert_eq!(journal(database), ["applied 3/3"]);
    assert_eq!(database.query("SELECT count(y) FROM a"), ["0"]);
}

#[test]
fn a_definition_that_took_effect_does_not_run_again() {
    let Some((workspace, database)) = workspace() else { return };
    // The server notices that its client has gone when it answers, and has done it by then; and
    // has recorded it, which is one with it.
    killed_in_a_definition(&workspace, &database, || (), "up_partial 2/3");
}

#[test]
fn a_definition_that_took_no_effect_runs_again() {
    let Some((workspace, database)) = workspace() else { return };
    let end = || terminate(&database, "ALTER TABLE a ADD");
    killed_in_a_definition(&workspace, &database, end, "up_partial 1/3");
}

#[test]
fn an_index_that_was_not_finished_is_dropped_and_made_again() {
    let Some((workspace, database)) = workspace() else { return };
    let up = "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON a (x);";
    outside(&workspace, up, "DROP INDEX CONCURRENTLY i;");
    workspace.migrate(["up", "+1"]).succeeds();
    // It waits for the writer, with the index there and invalid.
    let url = database.url().to_owned();
    let writer = std::thread::spawn(move || {
        migrate_tests::hold(&url, "INSERT INTO a VALUES (7)", Duration::from_secs(4));
    });
    std::thread::sleep(Duration::from_millis(500));
    let running = started(&workspace, &database, "up", "CREATE INDEX CONCURRENTLY");
    std::thread::sleep(Duration::from_millis(500));
    running.kill();
    terminate(&database, "CREATE INDEX CONCURRENTLY");
    writer.join().unwrap();
    assert_eq!(indexes(&database), ["i invalid"]);
    assert_eq!(journal(&database), ["up_partial 1/2"]);
    workspace.migrate(["up"]).succeeds();
    assert_eq!(
        (journal(&database), indexes(&database)),
        (vec!["applied 2/2".into()], vec!["i".into()])
    );
}

#[test]
fn one_transaction_for_all_is_refused_before_anything_runs() {
    let Some((workspace, database)) = workspace() else { return };
    outside(&workspace, "VACUUM a;", "SELECT 1;");
    let error = workspace.migrate_json(["up", "--transaction", "all"]).exits(4).json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("script.transaction_false"), &json!(7)));
    assert!(database.query("SELECT tablename FROM pg_tables WHERE tablename = 'a'").is_empty());
}

#[test]
fn the_script_runs_it_outside_of_a_transaction() {
    let Some((workspace, _database)) = workspace() else { return };
    outside(&workspace, "VACUUM a;", "SELECT 1;");
    let script = workspace.migrate(["up", "--sql"]).succeeds().stdout;
    assert!(script.contains("COMMIT;\nVACUUM a;\n;\nBEGIN;\n"), "{script}");
}

#[test]
fn an_application_is_told_by_types_and_goes_on() {
    let Some(server) = migrate_tests::postgres() else { return };
    let database = server.database();
    let migrator = |second: &str| {
        let text = format!(
            "-- x\n--\n-- Revision: aaaa\n-- Revises: base\n-- migrate:up transaction:false\n\
             CREATE TABLE t (x int);\nSET lock_timeout = '7s';\nSET search_path = pg_catalog;\n\
             {second};\n"
        );
        let file = RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap();
        let tests = CrateInfo::new("tests", "0.1.0");
        Migrator::new(Registry::from_files(vec![file], tests).unwrap().into())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        let error = migrator("INSERT INTO public.t VALUES ('x')").run(&pool).await.unwrap_err();
        let ErrorKind::Failed(failure) = error.kind() else { panic!("{error}") };
        assert_eq!(failure.part_way, Some(PartWay { done: 3, total: 4 }));
        assert!(failure.rolled_back.is_empty() && error.is_connection_usable());

        let good = migrator("INSERT INTO public.t SELECT 1 WHERE current_schema IS NULL OR true");
        let partial = good.status(&pool).await.unwrap().partial;
        assert_eq!((partial[0].done, partial[0].goes_on), (3, true));
        assert!(!format!("{partial:?}").contains("INSERT"));
        assert_eq!(good.run(&pool).await.unwrap().ids(), ["aaaa"]);
        // The session is as it was found, and what the section set was set again.
        for (setting, value) in [("search_path", "\"$user\", public"), ("lock_timeout", "0")] {
            let sql = format!("SELECT current_setting('{setting}')");
            let found: String =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap();
            assert_eq!(found, value);
        }
        pool.close().await;
    });
    assert_eq!(database.query("SELECT x FROM t"), ["1"]);
}

#[test]
fn an_index_that_takes_too_long_is_not_left_behind() {
    let Some((workspace, database)) = workspace() else { return };
    outside(&workspace, "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON a (x);", "SELECT 1;");
    workspace.migrate(["up", "+1"]).succeeds();
    let url = database.url().to_owned();
    let writer = std::thread::spawn(move || {
        migrate_tests::hold(&url, "INSERT INTO a VALUES (7)", Duration::from_secs(2));
    });
    std::thread::sleep(Duration::from_millis(300));
    let run = workspace.migrate(["up", "--statement-timeout", "500ms"]).exits(9);
    assert!(run.stderr.contains("ran longer than 500ms"), "{}", run.stderr);
    writer.join().unwrap();
    assert!(indexes(&database).is_empty());
    assert_eq!(journal(&database), ["up_partial 1/2"]);
    workspace.migrate(["up"]).succeeds();
    assert_eq!(indexes(&database), ["i"]);
}

#[test]
fn a_lost_connection_leaves_the_statement_in_flight() {
    let Some((workspace, database)) = workspace() else { return };
    let file = outside(&workspace, "SELECT 1;\nSELECT pg_sleep(30);", "SELECT 1;");
    let running = started(&workspace, &database, "up", "SELECT pg_sleep");
    terminate(&database, "SELECT pg_sleep");
    let run = running.finish().exits(9);
    assert!(run.stderr.contains("find out what became of it"), "{}", run.stderr);
    assert_eq!(journal(&database), ["up_partial 1/2"]);
    workspace.migrate(["up"]).exits(9);
    workspace.replace(&file, "pg_sleep(30)", "pg_sleep(0)");
    let run = workspace.migrate_json(["resume", "--again"]).succeeds().json();
    assert_eq!(
        (run["type"].clone(), run["after"].clone()),
        (json!("summary"), json!(["cccc3333"]))
    );
    assert_eq!(journal(&database), ["applied 2/2"]);
}
