//! A `down` section that only the database has, and that runs outside of a transaction.

use migrate_runtime::STORED_DOWN;
use migrate_tests::Revision;

use super::{A, B, applied, schema, workspace};

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
