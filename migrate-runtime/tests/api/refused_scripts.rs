//! Scripts that can't run as they are: refused before the first of all pending revisions begins.

use crate::common::{Scratch, TWO, migrator, send};
use migrate_model::revision::FileError;
use migrate_runtime::{Error, ErrorKind};

#[track_caller]
fn fault(error: &Error) -> &FileError {
    match error.kind() {
        ErrorKind::File(fault) => fault,
        other => panic!("{other:?}"),
    }
}

/// The script is the last of three pending ones. Nothing is applied, not even history tables.
async fn assert_refused(script: &str, line: u32, code: &str) {
    let (scratch, migrator) = (Scratch::new(), migrator(&[TWO[0], TWO[1], ("cccc", script)]));
    scratch.connect().await;
    let error = migrator.run(scratch.url()).await.unwrap_err();
    let fault = fault(&error);
    assert_eq!((fault.file.as_str(), fault.position.line), ("revisions/cccc.sql", line));
    assert_eq!((fault.position.column, error.code()), (1, code));
    assert!(error.report().is_empty());
    assert_eq!(scratch.dump().await, [""; 0]);
}

#[tokio::test]
async fn transaction_control() {
    let code = "script.transaction_control";
    assert_refused("-- migrate:up\nCREATE TABLE c (x);\nCOMMIT;\n", 8, code).await;
    assert_refused("-- migrate:up\nbegin immediate;\nSELECT 1;\nend;\n", 7, code).await;
    assert_refused("-- migrate:up\nSELECT 1;\nROLLBACK;\n", 8, code).await;
    assert_refused("-- migrate:up\n\nSAVEPOINT s;\nRELEASE s;\n", 8, code).await;
    assert_refused("-- migrate:up\nSELECT 1;\nRELEASE s;\n", 8, code).await;
}

#[tokio::test]
async fn what_needs_no_transaction() {
    assert_refused("-- migrate:up\nVACUUM;\n", 7, "script.needs_no_transaction").await;
    let script = "-- migrate:up\nPRAGMA journal_mode = WAL;\n";
    assert_refused(script, 7, "script.needs_no_transaction").await;
}

#[tokio::test]
async fn transaction_control_where_statements_run_one_by_one() {
    let script = "-- migrate:up transaction:false\nBEGIN;\nSELECT 1;\nCOMMIT;\n";
    assert_refused(script, 7, "script.transaction_control").await;
}

#[tokio::test]
async fn a_pragma_that_would_do_nothing() {
    assert_refused("-- migrate:up\nPRAGMA foreign_keys = OFF;\n", 7, "script.no_effect").await;
}

#[tokio::test]
async fn no_section_for_this_dialect() {
    let script = "-- migrate:up dialect:postgres\nSELECT 1;\n-- migrate:up dialect:mysql\n";
    assert_refused(script, 8, "script.no_section").await;
}

#[tokio::test]
async fn a_quote_that_never_ends() {
    assert_refused("-- migrate:up\nSELECT 1;\n'\n", 8, "script.unterminated").await;
}

#[tokio::test]
async fn words_of_transactions_inside_of_other_statements_are_fine() {
    let scratch = Scratch::new();
    let script = "-- migrate:up\nCREATE TABLE c (x);\n-- COMMIT;\n\
                  CREATE TRIGGER t AFTER INSERT ON c BEGIN DELETE FROM c; END;\n\
                  INSERT INTO c VALUES ('COMMIT;');\n";
    let migrator = migrator(&[("cccc", script)]);
    assert_eq!(migrator.run(scratch.url()).await.unwrap().ids(), ["cccc"]);
}

#[tokio::test]
async fn what_could_not_be_taken_down_again_is_not_applied() {
    for (down, line) in [
        ("-- migrate:down transaction:false\nBEGIN;\n", 9),
        ("-- migrate:down\nSELECT 1;\nCOMMIT;\n", 10),
        ("-- migrate:down dialect:mysql\n", 8),
    ] {
        let (scratch, up) = (Scratch::new(), "-- migrate:up\nCREATE TABLE a (x);\n");
        let migrator = migrator(&[("aaaa", &format!("{up}{down}")), TWO[1]]);
        let before = scratch.dump().await;
        let error = migrator.run(scratch.url()).await.unwrap_err();
        assert_eq!((fault(&error).position.line, fault(&error).position.column), (line, 1));
        assert_eq!(scratch.dump().await, before);
    }
}

#[tokio::test]
async fn a_connection_inside_of_a_transaction() {
    use sqlx::Connection;
    let (scratch, migrator) = (Scratch::new(), migrator(&TWO));
    let mut connection = scratch.connect().await;
    migrator.up(&mut connection, "aaaa").await.unwrap();
    let before = crate::common::dump(&mut connection).await;

    let mut transaction = connection.begin().await.unwrap();
    migrator.run(&mut *transaction).await.unwrap_err();
    assert_eq!(crate::common::dump(&mut transaction).await, before);
    transaction.rollback().await.unwrap();

    send(&mut connection, "BEGIN").await;
    migrator.run(&mut connection).await.unwrap_err();
    assert_eq!(crate::common::dump(&mut connection).await, before);
    send(&mut connection, "ROLLBACK").await;
    assert_eq!(migrator.run(&mut connection).await.unwrap().ids(), ["bbbb"]);
}
