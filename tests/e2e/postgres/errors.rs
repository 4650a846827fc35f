//! What fails, and where: the server's words, the place in the file, what is left of it.

use migrate_tests::Revision;
use serde_json::{Value, json};

use super::{A, B, applied, workspace};

/// Code, line and column of the error of `up`.
fn place(error: &Value) -> (&str, &Value, &Value) {
    (error["code"].as_str().unwrap(), &error["line"], &error["column"])
}

#[test]
fn errors_have_their_place_in_the_file() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    let before = database.state();
    for (up, line, column) in [
        // A syntax error, behind letters of several bytes.
        ("SELECT 'ünï';\nSELECT 'ö' AS x, FORM a;", 9, 18),
        // A name that does not exist has a place, too.
        ("CREATE TABLE b (x int);\n/* ü */ INSERT INTO b (z) VALUES (1);", 9, 24),
        // What fails while it runs has none: then it's the statement.
        ("CREATE TABLE b (x int PRIMARY KEY);\n-- one\nINSERT INTO b VALUES (1), (1);", 10, 1),
        ("SELECT 1;\n  SELECT 1 / (SELECT 0);", 9, 3),
        // In the body of a function, and in a block.
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRUN 1;\nEND $$;",
            10,
            3,
        ),
        ("DO $$ BEGIN\n  PERFORM 1;\n  UPDATE a SET nope = 1;\nEND $$;", 10, 16),
        ("SELECT 1;\nDO $$\nBEGIN\n  PERFORM 1 / 0;\nEND $$;", 11, 3),
    ] {
        workspace.revision(Revision { up, ..B });
        let run = workspace.migrate_json(["up"]).exits(8);
        let error = run.json_error();
        assert_eq!(place(&error), ("revision.failed", &json!(line), &json!(column)), "{error}");
        assert_eq!(run.json()["rolled_back"], "bbbb2222");
        assert_eq!(database.state(), before, "{up}");
        assert_eq!(applied(&database), ["aaaa1111"]);
    }
    let failed = "SELECT count(*) FROM _migrate_log WHERE outcome = 'failed'";
    assert_eq!(database.query(failed), ["7"]);
}

#[test]
fn the_server_is_quoted_with_detail_hint_and_context() {
    let Some((workspace, _database)) = workspace() else { return };
    let up = "DO $$ BEGIN\n  RAISE EXCEPTION 'no tea' USING DETAIL = 'empty', HINT = 'boil water';\n\
              END $$;";
    workspace.revision(Revision { up, ..A });
    let run = workspace.migrate(["up"]).exits(8);
    for expected in ["no tea", "detail: empty", "hint: boil water", "PL/pgSQL function", ":9:3"] {
        assert!(run.stderr.contains(expected), "{expected} is not in {}", run.stderr);
    }
}

#[test]
fn what_can_not_run_in_a_transaction_is_refused_before_anything_runs() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.revision(Revision { up: "CREATE INDEX CONCURRENTLY i ON a (x);", ..B });
    let error = workspace.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(place(&error), ("script.needs_no_transaction", &json!(8), &json!(1)));
    workspace.revision(Revision { up: "COMMIT;", ..B });
    let error = workspace.migrate_json(["up"]).exits(4).json_error();
    assert_eq!(place(&error), ("script.transaction_control", &json!(8), &json!(1)));
    assert!(database.state().is_empty());
}

#[test]
fn a_statement_that_runs_too_long_is_ended() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(Revision { up: "CREATE TABLE a (x int);\nSELECT pg_sleep(20);", ..A });
    let run = workspace.migrate(["up", "--statement-timeout", "300ms"]).exits(8);
    assert!(run.stderr.contains("ran longer than 300ms"), "{}", run.stderr);
    assert!(database.state().is_empty());
}

#[test]
fn a_server_that_is_not_there() {
    let Some((workspace, _database)) = workspace() else { return };
    workspace.revision(A);
    let url = "postgres://me:SECRET@127.0.0.1:1/x";
    let run = workspace.migrate_json(["up", "-d", url]).exits(6);
    assert_eq!(run.json_error()["code"], "database.unreachable");
    assert!(!run.stdout.contains("SECRET") && !run.stderr.contains("SECRET"));
}
