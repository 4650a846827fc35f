//! An applied revision whose text was changed since: refused before anything is done.

use crate::common::{Scratch, TWO, migrator, migrator_of_files, number, send, shown, text, texts};
use migrate_model::Position;
use migrate_runtime::{EditedRevision, Error, ErrorKind, Migrator};

const OLD: &str = "-- migrate:up\nCREATE TABLE a (x);\nINSERT INTO a VALUES ('hush_old');\n";
const NEW: &str = "-- migrate:up\nCREATE TABLE a (x);\n  INSERT INTO a VALUES ('hush_new');\n";

/// `OLD` was applied; `NEW` is at hand, and one more revision that is pending.
async fn edited_database() -> (Scratch, Migrator) {
    let scratch = Scratch::new();
    migrator(&[("aaaa", OLD)]).run(scratch.url()).await.unwrap();
    (scratch, migrator(&[("aaaa", NEW), TWO[1]]))
}

#[track_caller]
fn edited(error: &Error) -> &[EditedRevision] {
    match error.kind() {
        ErrorKind::Edited(edited) => edited,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn is_refused_with_both_checksums_and_the_first_difference() {
    let (scratch, migrator_at_hand) = edited_database().await;
    let error = migrator_at_hand.run(scratch.url()).await.unwrap_err();
    let [edited] = edited(&error) else { panic!("{error:?}") };
    let applied = migrator(&[("aaaa", OLD)]);
    let checksum = |migrator: &Migrator| migrator.registry().graph().revision(0).checksum;
    assert_eq!((edited.id.as_str(), edited.message.as_str()), ("aaaa", "revision aaaa"));
    assert_eq!(edited.file, "revisions/aaaa.sql");
    assert_eq!(edited.applied, checksum(&applied).to_string());
    assert_eq!(edited.at_hand, checksum(&migrator_at_hand));
    assert_eq!(edited.first_difference, Some(Position { line: 8, column: 3 }));
    assert_eq!(edited.applied_source(), Some(text("aaaa", "base", OLD).as_str()));
    assert_eq!(edited.source_at_hand(), Some(text("aaaa", "base", NEW).as_str()));
    assert_eq!(error.code(), "integrity.edited");
    assert!(error.report().is_empty());
    let mut connection = scratch.connect().await;
    let at = texts(&mut connection, "SELECT applied_at FROM _migrate_revisions").await.remove(0);
    assert_eq!(edited.applied_at, at);
    assert_eq!(
        error.to_string(),
        format!("aaaa revision aaaa was edited after it was applied here ({at}), first at line 8")
    );
}

#[tokio::test]
async fn nothing_is_changed_by_a_refusal() {
    let (scratch, migrator) = edited_database().await;
    let before = scratch.dump().await;
    assert_eq!(edited(&migrator.run(scratch.url()).await.unwrap_err()).len(), 1);
    assert_eq!(edited(&migrator.up(scratch.url(), "head").await.unwrap_err()).len(), 1);
    assert_eq!(edited(&migrator.down(scratch.url(), "base").await.unwrap_err()).len(), 1);
    assert_eq!(edited(&migrator.stamp(scratch.url(), &["head"]).await.unwrap_err()).len(), 1);
    assert_eq!(edited(&migrator.plan(scratch.url()).await.unwrap_err()).len(), 1);
    assert_eq!(edited(&migrator.plan_up(scratch.url(), "head").await.unwrap_err()).len(), 1);
    assert_eq!(edited(&migrator.plan_down(scratch.url(), "base").await.unwrap_err()).len(), 1);
    assert_eq!(scratch.dump().await, before);
    assert!(before.contains(&"a: 'hush_old'".to_owned()), "{before:?}");
}

#[tokio::test]
async fn neither_text_is_in_what_an_error_shows() {
    let (scratch, migrator) = edited_database().await;
    let error = migrator.run(scratch.url()).await.unwrap_err();
    assert!(shown(&error).contains("aaaa"));
    assert!(!shown(&error).contains("hush"), "{}", shown(&error));
    let status = migrator.status(scratch.url()).await.unwrap();
    let shown = format!("{status:?} {:?} {migrator:?}", status.findings());
    assert!(shown.contains("aaaa") && !shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn all_of_them_are_named_in_the_order_of_application() {
    let scratch = Scratch::new();
    migrator(&TWO).run(scratch.url()).await.unwrap();
    let at_hand = migrator(&[("aaaa", NEW), ("bbbb", NEW)]);
    let error = at_hand.run(scratch.url()).await.unwrap_err();
    let ids: Vec<&str> = edited(&error).iter().map(|edited| edited.id.as_str()).collect();
    assert_eq!(ids, ["aaaa", "bbbb"]);
}

#[tokio::test]
async fn an_applied_text_that_was_not_stored_has_no_first_difference() {
    let (scratch, migrator) = edited_database().await;
    send(&mut scratch.connect().await, "UPDATE _migrate_revisions SET source = NULL").await;
    let error = migrator.run(scratch.url()).await.unwrap_err();
    assert_eq!(edited(&error)[0].first_difference, None);
    assert_eq!(edited(&error)[0].applied_source(), None);
    assert_eq!(migrator.applied_source(scratch.url(), "aaaa").await.unwrap(), None);
}

#[tokio::test]
async fn line_endings_and_a_byte_order_mark_are_no_edit() {
    let unix = text("aaaa", "base", OLD);
    let windows = unix.replace('\n', "\r\n");
    let variants = [
        unix.clone(),
        windows.clone(),
        format!("\u{FEFF}{unix}"),
        "\u{FEFF}".to_owned() + &windows,
    ];
    for applied in &variants {
        let scratch = Scratch::new();
        let one = migrator_of_files(&[("aaaa", applied.clone().into_bytes())]);
        assert_eq!(one.run(scratch.url()).await.unwrap().ids(), ["aaaa"]);
        for at_hand in &variants {
            let other = migrator_of_files(&[("aaaa", at_hand.clone().into_bytes())]);
            assert!(other.run(scratch.url()).await.unwrap().is_empty());
            assert_eq!(other.verify(scratch.url()).await.unwrap(), []);
            assert_eq!(other.accept(scratch.url(), "aaaa").await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn a_blank_at_the_end_of_a_line_is_an_edit() {
    let scratch = Scratch::new();
    migrator(&[("aaaa", OLD)]).run(scratch.url()).await.unwrap();
    let at_hand = migrator(&[("aaaa", &OLD.replace(";\n", "; \n"))]);
    let error = at_hand.run(scratch.url()).await.unwrap_err();
    assert_eq!(edited(&error)[0].first_difference, Some(Position { line: 7, column: 1 }));
}

#[tokio::test]
async fn accepting_records_the_text_and_runs_nothing() {
    let (scratch, migrator) = edited_database().await;
    let mut connection = scratch.connect().await;
    assert!(migrator.accept(&mut connection, "aaaa").await.unwrap().is_some());
    assert_eq!(texts(&mut connection, "SELECT x FROM a").await, ["hush_old"]);
    let source = migrator.applied_source(&mut connection, "aaaa").await.unwrap();
    assert_eq!(source, Some(text("aaaa", "base", NEW)));
    let log = "SELECT action || ' ' || revision || ' ' || outcome FROM _migrate_log ORDER BY seq";
    assert_eq!(texts(&mut connection, log).await, ["up aaaa ok", "accept aaaa ok"]);
    let kept = "SELECT count(*) FROM _migrate_revisions WHERE seq = 1 AND origin = 'run'";
    assert_eq!(number(&mut connection, kept).await, 1);
    assert_eq!(migrator.run(&mut connection).await.unwrap().ids(), ["bbbb"]);
}
