//! Statements that are recorded one by one, because definitions commit by themselves: what fails or
//! is killed goes on where it stopped, and asks only where nothing else can tell.

use std::time::{Duration, Instant};

use migrate_tests::{Database, Revision, Run, Running, Workspace, cargo_migrate};
use serde_json::json;

use super::{A, B, applied, progress, workspace};

/// Starts `up`, waits until the server runs a statement that begins so, and kills it.
fn killed_in(workspace: &Workspace, database: &Database, statement: &str) {
    let running: Running = Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
    wait_for(database, statement, "1");
    running.kill();
}

fn wait_for(database: &Database, statement: &str, count: &str) {
    let runs = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() \
         AND id <> CONNECTION_ID() AND info LIKE '{statement}%'"
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    while database.query(&runs) != [count] {
        assert!(Instant::now() < deadline, "{statement}: not {count}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Ends the server's side of a run, which would go on with its statement.
fn end(database: &Database, statement: &str) {
    let connections = database.query(&format!(
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() \
         AND id <> CONNECTION_ID() AND info LIKE '{statement}%'"
    ));
    for connection in connections {
        database.execute(&format!("KILL {connection}"));
    }
    wait_for(database, statement, "0");
}

#[test]
fn what_only_changes_rows_is_one_transaction() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let up = "SET @x = 2;\nINSERT INTO a VALUES (@x);\nUPDATE a SET x = x + 10;\nSELECT nope;";
    let file = workspace.revision(Revision { up, down: Some("DELETE FROM a;"), ..B });
    let run = workspace.migrate_json(["up"]).exits(8);
    let error = run.json_error();
    assert_eq!((&error["line"], &error["column"]), (&json!(11), &json!(8)));
    assert_eq!(run.json()["rolled_back"], "bbbb2222");
    assert_eq!(database.query("SELECT x FROM a"), ["1"]);
    assert!(progress(&database, "bbbb2222").is_empty());
    workspace.replace(&file, "SELECT nope", "SELECT 1");
    workspace.migrate(["up"]).succeeds();
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["11", "12"]);
    assert_eq!(progress(&database, "bbbb2222"), ["applied 4/4"]);
}

#[test]
fn a_table_that_keeps_to_no_transaction_is_found_out() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(Revision { up: "CREATE TABLE a (x int) ENGINE=MyISAM;", ..A });
    let up = "INSERT INTO a VALUES (1);\nSELECT nope;";
    workspace.revision(Revision { up, ..B });
    let run = workspace.migrate_json(["up"]).exits(9);
    assert_eq!(run.json_error()["code"], "revision.undecided");
    assert_eq!(database.query("SELECT x FROM a"), ["1"]);
}

#[test]
fn a_definition_that_fails_leaves_those_before_it() {
    let Some((workspace, database)) = workspace() else { return };
    let up = "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\nALTER TABLE a ADD x int;\n\
              CREATE TABLE b (x int);";
    let file = workspace.revision(Revision { up, ..A });
    let run = workspace.migrate_json(["up"]).exits(9);
    let error = run.json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("revision.failed"), &json!(10)));
    assert_eq!(progress(&database, "aaaa1111"), ["up_partial 2/4"]);
    let status = workspace.migrate_json(["status"]).succeeds().json();
    assert_eq!(status["partial"], json!(["aaaa1111"]));
    workspace.replace(&file, "VALUES (1)", "VALUES (7)");
    assert_eq!(workspace.migrate_json(["up"]).exits(10).json_error()["code"], "integrity.edited");
    workspace.replace(&file, "VALUES (7)", "VALUES (1)");
    workspace.replace(&file, "ADD x", "ADD y");
    workspace.migrate(["up"]).succeeds();
    assert_eq!(progress(&database, "aaaa1111"), ["applied 4/4"]);
    assert_eq!(database.query("SELECT x FROM a"), ["1"]);
    workspace.migrate(["verify"]).succeeds();
}

#[test]
fn nothing_is_left_of_a_first_statement_that_fails() {
    let Some((workspace, database)) = workspace() else { return };
    let file = workspace.revision(Revision { up: "CREATE TABLE a (x nope);", ..A });
    let run = workspace.migrate_json(["up"]).exits(8);
    assert_eq!(run.json()["rolled_back"], "aaaa1111");
    assert!(progress(&database, "aaaa1111").is_empty());
    workspace.replace(&file, "nope", "int");
    workspace.migrate(["up"]).succeeds();
    workspace.replace(&file, "DROP TABLE a", "DROP TABLE nope");
    workspace.migrate(["accept", "aaaa1111", "--yes"]).succeeds();
    workspace.migrate(["down"]).exits(8);
    assert_eq!(progress(&database, "aaaa1111"), ["applied 1/1"]);
}

#[test]
fn a_definition_that_fails_half_way_is_asked_for() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(Revision { down: Some("DROP TABLE a, nope;"), ..A });
    workspace.migrate(["up"]).succeeds();
    let run = workspace.migrate_json(["down"]).exits(9);
    assert_eq!(run.json_error()["code"], "revision.undecided");
    assert_eq!(progress(&database, "aaaa1111"), ["down_partial 0/1"]);
    assert!(database.query("SHOW TABLES LIKE 'a'").is_empty());
    let error = workspace.migrate_json(["resume"]).exits(9).json_error();
    assert!(error["hint"].as_str().unwrap().contains("resume aaaa1111 --done"), "{error}");
    workspace.migrate(["resume", "--done"]).succeeds();
    assert!(applied(&database).is_empty());
}

#[test]
fn a_definition_in_flight_is_decided_by_the_schema() {
    let Some((workspace, database)) = workspace() else { return };
    let up = "CREATE TABLE b (x int);\nALTER TABLE a ADD INDEX (x);\nINSERT INTO b VALUES (1);";
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    workspace.revision(Revision { up, down: Some("DROP TABLE b;"), ..B });
    for is_ended in [true, false] {
        // A writer that does not end keeps the table from being changed.
        let url = database.url().to_owned();
        let writer = std::thread::spawn(move || {
            migrate_tests::hold_mysql(&url, "UPDATE a SET x = x + 1", Duration::from_secs(2));
        });
        wait_for_writer(&database);
        killed_in(&workspace, &database, "ALTER TABLE a ADD INDEX");
        if is_ended {
            end(&database, "ALTER TABLE a ADD INDEX");
        }
        writer.join().unwrap();
        wait_for(&database, "ALTER TABLE a ADD INDEX", "0");
        assert_eq!(progress(&database, "bbbb2222"), ["up_partial 1/3"]);
        workspace.migrate(["up"]).succeeds();
        assert_eq!(progress(&database, "bbbb2222"), ["applied 3/3"]);
        // A second time would have made a second index.
        assert_eq!(
            database.query("SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'a'"),
            ["1"]
        );
        assert_eq!(database.query("SELECT x FROM b"), ["1"]);
        workspace.migrate(["down"]).succeeds();
        database.execute("ALTER TABLE a DROP INDEX x");
    }
}

fn wait_for_writer(database: &Database) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while database.query("SELECT COUNT(*) FROM information_schema.innodb_trx") == ["0"] {
        assert!(Instant::now() < deadline, "nobody writes");
        // The server makes this list anew only if nobody has read it for a tenth of a second.
        std::thread::sleep(Duration::from_millis(150));
    }
}

#[test]
fn rows_in_flight_are_never_written_twice() {
    let Some((workspace, database)) = workspace() else { return };
    let up = "CREATE TABLE a (x int);\nINSERT INTO a SELECT SLEEP(3);\nINSERT INTO a VALUES (2);";
    workspace.revision(Revision { up, ..A });
    killed_in(&workspace, &database, "INSERT INTO a SELECT SLEEP");
    // The server ends the statement, finds nobody, and rolls it back.
    workspace.migrate(["up"]).succeeds();
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["0", "2"]);
    assert_eq!(progress(&database, "aaaa1111"), ["applied 3/3"]);
}

/// A procedure whose effect nobody can tell from its call.
const PROCEDURE: &str = "CREATE TABLE a (x int);\n\
     CREATE PROCEDURE p(commits bool) BEGIN INSERT INTO a VALUES (1); \
     IF commits THEN COMMIT; END IF; DO SLEEP(3); INSERT INTO a VALUES (2); END;\n";

#[test]
fn a_call_that_did_not_commit_runs_again() {
    let Some((workspace, database)) = workspace() else { return };
    let up = format!("{PROCEDURE}CALL p(FALSE);");
    workspace.revision(Revision { up: &up, ..A });
    killed_in(&workspace, &database, "DO SLEEP");
    end(&database, "DO SLEEP");
    workspace.migrate(["up"]).succeeds();
    assert_eq!(database.query("SELECT x FROM a ORDER BY x"), ["1", "2"]);
}

#[test]
fn a_call_that_has_committed_is_asked_for() {
    let Some((workspace, database)) = workspace() else { return };
    let up = format!("{PROCEDURE}CALL p(TRUE);");
    workspace.revision(Revision { up: &up, ..A });
    killed_in(&workspace, &database, "DO SLEEP");
    end(&database, "DO SLEEP");
    let error = workspace.migrate_json(["up"]).exits(9).json_error();
    assert_eq!(
        (&error["code"], &error["statement"]),
        (&json!("revision.undecided"), &json!("CALL p(TRUE)"))
    );
    assert_eq!(database.query("SELECT x FROM a"), ["1"]);
    workspace.migrate(["resume", "--done"]).succeeds();
    assert_eq!(progress(&database, "aaaa1111"), ["applied 3/3"]);
}

#[test]
fn one_transaction_for_all_is_refused_where_it_cannot_be() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let error = workspace.migrate_json(["up", "--transaction", "all"]).exits(4).json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("script.implicit_commit"), &json!(8)));
    workspace.migrate(["up"]).succeeds();
    let rows = Revision { up: "INSERT INTO a VALUES (2);", down: Some("DELETE FROM a;"), ..B };
    workspace.revision(rows);
    let more = Revision { id: "cccc3333", revises: "bbbb2222", up: "SELECT nope;", down: None };
    let file = workspace.revision(more);
    workspace.migrate(["up", "--transaction", "all"]).exits(8);
    assert_eq!(database.query("SELECT x FROM a"), ["1"]);
    workspace.replace(&file, "nope", "1");
    workspace.migrate(["up", "--transaction", "all"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222", "cccc3333"]);
}

#[test]
fn locked_tables_are_refused_before_anything_runs() {
    let Some((workspace, _database)) = workspace() else { return };
    workspace.revision(Revision { up: "CREATE TABLE a (x int);\nLOCK TABLES a WRITE;", ..A });
    let error = workspace.migrate_json(["up"]).exits(4).json_error();
    assert_eq!((&error["code"], &error["line"]), (&json!("script.locks_tables"), &json!(9)));
}

#[test]
fn tables_that_a_run_left_half_made_are_completed() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    workspace.migrate(["down"]).succeeds();
    database.execute("DROP TABLE _migrate_log, _migrate_meta");
    workspace.migrate(["status"]).succeeds();
    workspace.migrate(["up"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111"]);
    // With revisions in it a missing log is no accident of ours.
    database.execute("DROP TABLE _migrate_log");
    workspace.migrate(["up"]).exits(6);
}
