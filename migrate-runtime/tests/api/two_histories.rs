//! Two migrators with history tables of their own in one database.

use crate::common::{Scratch, migrator, tables, texts};
use migrate_runtime::{HistoryTables, Migrator};

/// The two have the same ids, and other texts.
fn both() -> (Migrator, Migrator) {
    let script = |table: &str| {
        format!("-- migrate:up\nCREATE TABLE {table} (x);\n-- migrate:down\nDROP TABLE {table};\n")
    };
    let of = |first: &str, second: &str, history: &str| {
        let revisions = [("aaaa", script(first)), ("bbbb", script(second))];
        let revisions = revisions.each_ref().map(|(id, text)| (*id, text.as_str()));
        migrator(&revisions).history_tables(HistoryTables::named(history))
    };
    (of("a1", "a2", "a_revisions"), of("b1", "b2", "b_revisions"))
}

#[tokio::test]
async fn go_up_and_down_without_each_other() {
    let (scratch, (a, b)) = (Scratch::new(), both());
    let mut connection = scratch.connect().await;
    assert_eq!(a.run(&mut connection).await.unwrap().ids(), ["aaaa", "bbbb"]);
    assert_eq!(b.pending(&mut connection).await.unwrap(), ["aaaa", "bbbb"]);
    assert_eq!(b.up(&mut connection, "aaaa").await.unwrap().ids(), ["aaaa"]);
    assert_eq!(a.down(&mut connection, "base").await.unwrap().ids(), ["bbbb", "aaaa"]);
    assert_eq!(b.current(&mut connection).await.unwrap(), ["aaaa"]);
    assert_eq!(b.verify(&mut connection).await.unwrap(), []);
    assert_eq!(b.run(&mut connection).await.unwrap().ids(), ["bbbb"]);
    let all = ["a_log", "a_meta", "a_revisions", "b1", "b2", "b_log", "b_meta", "b_revisions"];
    assert_eq!(tables(&mut connection).await, all);
    assert_eq!(
        texts(&mut connection, "SELECT action || ' ' || revision FROM a_log ORDER BY seq").await,
        ["up aaaa", "up bbbb", "down bbbb", "down aaaa"]
    );
    assert_eq!(
        texts(&mut connection, "SELECT action || ' ' || revision FROM b_log ORDER BY seq").await,
        ["up aaaa", "up bbbb"]
    );
    let usual = "SELECT name FROM sqlite_master WHERE name GLOB '_migrate*'";
    assert_eq!(texts(&mut connection, usual).await, [""; 0]);
}

#[tokio::test]
async fn an_edit_in_one_does_not_stop_the_other() {
    let (scratch, (a, b)) = (Scratch::new(), both());
    let edited = migrator(&[("aaaa", "-- migrate:up\nSELECT 1;\n")]);
    let edited = edited.history_tables(HistoryTables::named("a_revisions"));
    a.up(scratch.url(), "aaaa").await.unwrap();
    assert_eq!(edited.run(scratch.url()).await.unwrap_err().code(), "integrity.edited");
    assert_eq!(b.run(scratch.url()).await.unwrap().ids(), ["aaaa", "bbbb"]);
}

#[tokio::test]
async fn names_are_quoted() {
    let (scratch, (a, _)) = (Scratch::new(), both());
    let a = a.history_tables(HistoryTables::named("my \"own\" revisions"));
    assert_eq!(a.run(scratch.url()).await.unwrap().ids(), ["aaaa", "bbbb"]);
    assert_eq!(a.down(scratch.url(), "base").await.unwrap().ids(), ["bbbb", "aaaa"]);
    assert_eq!(
        tables(&mut scratch.connect().await).await,
        ["my \"own\" revisions", "my \"own\" revisions_log", "my \"own\" revisions_meta"]
    );
}
