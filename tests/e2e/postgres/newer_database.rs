//! Older code on a newer database: what has no file is taken down from what the server has stored.

use migrate_model::RevisionFile;
use migrate_runtime::{CrateInfo, ErrorKind, Migrator, OnUnknown, Registry, STORED_DOWN};

use super::{A, B, applied, schema, workspace};
use migrate_tests::{Revision, postgres};

#[test]
fn switch_brings_the_database_to_the_checkout() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    let trunk = schema(&database);
    let branch = workspace.revision(B);
    workspace.migrate(["up"]).succeeds();
    std::fs::remove_file(workspace.path(branch)).unwrap();
    assert_eq!(workspace.migrate_json(["up"]).exits(10).json_error()["code"], "integrity.unknown");
    workspace.migrate(["switch"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
    let run = workspace.migrate_json(["switch", "--yes"]).succeeds();
    assert_eq!(super::after(&run), serde_json::json!(["aaaa1111"]));
    assert_eq!((schema(&database), applied(&database)), (trunk, vec!["aaaa1111".to_owned()]));
    assert!(
        workspace.migrate_json(["verify"]).succeeds().json()["findings"] == serde_json::json!([])
    );
}

#[test]
fn down_works_without_a_file_and_says_first_what_can_not_be() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let known = Revision { id: "xxxx9999", revises: "base", up: "", down: Some("") };
    workspace.revision(known);
    let branch = workspace.revision(B);
    let up = "CREATE TABLE c (x int);";
    let last = Revision { id: "cccc3333", revises: "bbbb2222", up, down: None };
    let last = workspace.revision(last);
    workspace.migrate(["up", "heads"]).succeeds();
    for file in [branch, last] {
        std::fs::remove_file(workspace.path(file)).unwrap();
    }
    let before = (schema(&database), applied(&database));
    let error = workspace.migrate_json(["down", "aaaa1111"]).exits(10).json_error();
    assert_eq!(
        (&error["code"], &error["revision"]),
        (&"integrity.unknown".into(), &"cccc3333".into())
    );
    assert_eq!((schema(&database), applied(&database)), before);

    database.execute(
        "UPDATE _migrate_revisions SET down_source = E'\nDROP TABLE ç;' WHERE id = 'cccc3333'",
    );
    let error = workspace.migrate_json(["down", "aaaa1111"]).exits(8).json_error();
    let place = (&error["file"], &error["line"], &error["column"]);
    assert_eq!(place, (&STORED_DOWN.into(), &2.into(), &1.into()));
    assert_eq!((schema(&database), applied(&database)), before);

    database.execute(
        "UPDATE _migrate_revisions SET down_source = 'DROP TABLE c' WHERE id = 'cccc3333'",
    );
    let run = workspace.migrate_json(["down", "base"]).succeeds();
    let steps = run.json()["steps"].as_array().unwrap().clone();
    let ids: Vec<&str> = steps.iter().filter_map(|step| step["revision"].as_str()).collect();
    assert_eq!(ids, ["cccc3333", "bbbb2222", "xxxx9999", "aaaa1111"]);
    assert!(schema(&database).is_empty() && applied(&database).is_empty());
}

#[test]
fn a_stored_section_runs_outside_of_a_transaction_and_goes_on_where_it_broke_off() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let down = "DROP INDEX CONCURRENTLY i;\nSELECT 1 / count(*) FROM a WHERE x = 7;\n\
                ALTER TABLE a DROP y;";
    let branch = Revision { up: "ALTER TABLE a ADD y int;\nCREATE INDEX i ON a (y);", ..B };
    let branch = workspace.revision(Revision { down: Some(down), ..branch });
    workspace.replace(&branch, "-- migrate:down", "-- migrate:down transaction:false");
    let before = || {
        workspace.migrate(["up"]).succeeds();
        let text = workspace.read(&branch);
        std::fs::remove_file(workspace.path(&branch)).unwrap();
        text
    };
    let text = before();
    let error = workspace.migrate_json(["down", "-1"]).exits(9).json_error();
    assert_eq!((&error["file"], &error["line"]), (&STORED_DOWN.into(), &2.into()), "{error}");
    let status = workspace.migrate(["status"]).succeeds().stdout;
    assert!(status.contains(&format!("Stopped {STORED_DOWN}:2:1, statement 2")), "{status}");
    let verify = workspace.migrate(["verify"]).exits(1).stdout;
    assert!(verify.contains("cargo migrate resume bbbb2222 goes on"), "{verify}");
    assert_eq!(workspace.migrate_json(["up"]).exits(10).json_error()["code"], "integrity.unknown");
    database.execute("INSERT INTO a VALUES (7)");
    workspace.migrate(["resume", "bbbb2222"]).succeeds();
    assert_eq!(
        (schema(&database), applied(&database)),
        (vec!["a.x integer YES".to_owned()], vec!["aaaa1111".to_owned()])
    );

    // `switch` takes it down, too, from wherever it is.
    workspace.write(&branch, text);
    before();
    database.execute("DELETE FROM a WHERE x = 7");
    workspace.migrate(["switch", "--yes"]).exits(9);
    database.execute("INSERT INTO a VALUES (7)");
    workspace.migrate(["switch", "--yes"]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111"]);
}

fn migrator(tables: &[&str]) -> Migrator {
    let read = |table: &&str| {
        let text = format!(
            "-- {table}\n--\n-- Revision: {table}\n-- Revises: base\n-- migrate:up\n\
             CREATE TABLE {table} (x int);\n-- migrate:down\nDROP TABLE {table};\n"
        );
        RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap()
    };
    let files = tables.iter().map(read).collect();
    let registry = Registry::from_files(files, CrateInfo::new("tests", "0.1.0")).unwrap();
    Migrator::new(registry.into())
}

#[test]
fn an_application_refuses_ignores_or_rolls_back() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        migrator(&["newer"]).run(database.url()).await.unwrap();
        let older = migrator(&["older"]);
        let error = older.run(database.url()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unknown(unknown) if unknown[0].id == "newer"));
        let tolerant = older.clone().on_unknown(OnUnknown::Ignore);
        let report = tolerant.run(database.url()).await.unwrap();
        assert_eq!((report.ids(), report.after.len()), (vec!["older"], 2));
        let tidy = older.on_unknown(OnUnknown::RollBack);
        let report = tidy.run(database.url()).await.unwrap();
        assert_eq!((report.ids(), &report.after), (vec!["newer"], &vec!["older".to_owned()]));
    });
}

#[test]
fn of_two_at_once_each_step_is_done_by_one() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        migrator(&["newer"]).run(database.url()).await.unwrap();
        let tidy = migrator(&["older"]).on_unknown(OnUnknown::RollBack);
        let (one, other) = tokio::join!(tidy.run(database.url()), tidy.run(database.url()));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one.steps.len() + other.steps.len(), 2);
        assert_eq!((one.after, other.after), (vec!["older".to_owned()], vec!["older".to_owned()]));
    });
}

#[test]
fn what_is_left_half_way_by_newer_code_stays_with_it() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let newer = migrator(&["a", "b"]);
    runtime.block_on(newer.up(database.url(), "heads")).unwrap();
    database.execute("UPDATE _migrate_revisions SET state = 'up_partial', done = 0 WHERE seq = 2");
    runtime.block_on(async {
        let older = || migrator(&["a"]);
        let code = |outcome: Result<migrate_runtime::Report, migrate_runtime::Error>| {
            outcome.unwrap_err().code()
        };
        assert_eq!(code(older().run(database.url()).await), "integrity.unknown");
        for choice in [OnUnknown::Ignore, OnUnknown::RollBack] {
            let outcome = older().on_unknown(choice).run(database.url()).await;
            assert_eq!(code(outcome), "integrity.partial", "{choice:?}");
        }
        assert_eq!(code(older().down(database.url(), "base").await), "integrity.partial");
        assert_eq!(code(older().resume(database.url(), None, None).await), "integrity.unknown");
    });
}
