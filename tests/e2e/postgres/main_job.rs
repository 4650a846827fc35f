//! Up, down, edits, stamps: as on SQLite.

use migrate_tests::Revision;
use serde_json::json;

use super::{A, B, after, applied, schema, workspace};

#[test]
fn up_and_down_lead_back_to_the_same_schema() {
    let Some((workspace, database)) = workspace() else { return };
    for revision in [A, B] {
        workspace.revision(revision);
    }
    let empty = schema(&database);
    let up = workspace.migrate_json(["up", "+1"]).succeeds();
    assert_eq!(after(&up), json!(["aaaa1111"]));
    let first = schema(&database);
    workspace.migrate(["up"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
    workspace.migrate(["down"]).succeeds();
    assert_eq!(schema(&database), first);
    workspace.migrate(["redo"]).succeeds();
    workspace.migrate(["down", "base"]).succeeds();
    assert_eq!(schema(&database), empty);
    let log = "SELECT action || ' ' || revision || ' ' || outcome FROM _migrate_log ORDER BY seq";
    assert_eq!(
        database.query(log),
        [
            "up aaaa1111 ok",
            "up bbbb2222 ok",
            "down bbbb2222 ok",
            "down aaaa1111 ok",
            "up aaaa1111 ok",
            "down aaaa1111 ok"
        ]
    );
}

#[test]
fn a_dry_run_and_a_look_create_nothing() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    for arguments in [["up", "--dry-run"].as_slice(), &["status"], &["current"], &["verify"]] {
        workspace.migrate(arguments.iter().copied()).succeeds();
    }
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.query(tables), ["0"]);
}

#[test]
fn an_edited_revision_is_refused_restored_and_accepted() {
    let Some((workspace, database)) = workspace() else { return };
    let file = workspace.revision(A);
    workspace.revision(B);
    workspace.migrate(["up"]).succeeds();
    workspace.replace(&file, "x int", "x bigint");
    let error = workspace.migrate_json(["up"]).exits(10).json_error();
    assert_eq!(
        (error["code"].clone(), error["line"].clone()),
        ("integrity.edited".into(), 8.into())
    );
    workspace.migrate(["verify"]).exits(1);
    workspace.migrate(["restore", "aaaa1111"]).succeeds();
    workspace.migrate(["up"]).succeeds();
    workspace.replace(&file, "-- make", "-- makes");
    workspace.migrate(["accept", "aaaa1111", "--yes"]).succeeds();
    workspace.migrate(["verify"]).succeeds();
    let accepted = "SELECT message FROM _migrate_revisions WHERE id = 'aaaa1111'";
    assert_eq!(database.query(accepted), ["makes aaaa1111"]);
}

#[test]
fn all_in_one_transaction_is_all_or_nothing() {
    let Some((workspace, database)) = workspace() else { return };
    for revision in [A, Revision { up: "ALTER TABLE nope ADD y text;", ..B }] {
        workspace.revision(revision);
    }
    let error = workspace.migrate_json(["up", "--transaction", "all"]).exits(8).json();
    assert_eq!(
        (error["applied"].clone(), error["rolled_back"].clone()),
        (json!([]), "bbbb2222".into())
    );
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.query(tables), ["0"]);
    workspace.revision(B);
    workspace.migrate(["up", "--transaction", "all"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
}

#[test]
fn states_are_stamped_and_forgotten() {
    let Some((workspace, database)) = workspace() else { return };
    for revision in [A, B] {
        workspace.revision(revision);
    }
    workspace.migrate(["stamp", "head"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
    workspace.migrate(["stamp", "aaaa1111", "--purge"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111"]);
    workspace.migrate(["stamp", "base", "--purge"]).succeeds();
    assert!(applied(&database).is_empty());
    assert!(schema(&database).is_empty());
}

#[test]
fn the_script_leads_a_fresh_database_to_the_same_state() {
    let Some((workspace, database)) = workspace() else { return };
    for revision in [A, B] {
        workspace.revision(revision);
    }
    let script = workspace.migrate(["up", "--sql"]).succeeds().stdout;
    // psql's own commands are for psql.
    let sql: String =
        script.lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n");
    database.execute(&sql);
    let run = workspace.migrate_json(["up"]).succeeds();
    assert_eq!((run.json()["applied"].clone(), after(&run)), (0.into(), json!(["bbbb2222"])));
    workspace.migrate(["verify"]).succeeds();
}

#[test]
fn texts_of_any_kind_survive() {
    let Some((workspace, database)) = workspace() else { return };
    let tea = "🫖 it''s \\ back\\slash $$ dollar $$ θέα";
    let long = "x".repeat(200_000);
    let up = format!("CREATE TABLE t (x text);\nINSERT INTO t VALUES ('{tea}');\n-- {long} {tea}");
    let file = workspace.revision(Revision { up: &up, down: Some("DROP TABLE t; -- end"), ..A });
    workspace.migrate(["up"]).succeeds();
    let stored = database.query("SELECT source FROM _migrate_revisions");
    assert_eq!(stored, [workspace.read(&file)]);
    assert_eq!(database.query("SELECT x FROM t"), [tea.replace("''", "'")]);
    workspace.migrate(["down"]).succeeds();
}

#[test]
fn two_histories_in_one_database_have_nothing_in_common() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    workspace.configure("table = \"other_revisions\"\n");
    workspace.revision(Revision { up: "CREATE TABLE o (x int);", down: None, ..A });
    workspace.migrate(["up"]).succeeds();
    assert_eq!(database.query("SELECT id FROM other_revisions"), ["aaaa1111"]);
    assert_eq!(database.query("SELECT count(*) FROM other_log"), ["1"]);
    assert_eq!(database.query("SELECT count(*) FROM _migrate_log"), ["1"]);
}
