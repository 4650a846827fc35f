//! An applied revision that is not at hand: the database is newer than the binary.

use crate::common::{Scratch, TWO, migrator, shown};
use migrate_runtime::{Error, ErrorKind, Migrator, UnknownRevision};

const NEWER: &str = "-- migrate:up\nCREATE TABLE n (x);\nINSERT INTO n VALUES ('hush');\n";

/// Two revisions are applied; the first and another second one are at hand.
async fn newer_database() -> (Scratch, Migrator) {
    let scratch = Scratch::new();
    migrator(&[TWO[0], ("nnnn", NEWER)]).run(scratch.url()).await.unwrap();
    (scratch, migrator(&TWO))
}

#[track_caller]
fn unknown(error: &Error) -> &[UnknownRevision] {
    match error.kind() {
        ErrorKind::Unknown(unknown) => unknown,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn is_refused_and_nothing_is_changed() {
    let (scratch, migrator) = newer_database().await;
    let before = scratch.dump().await;
    for error in [
        migrator.run(scratch.url()).await.unwrap_err(),
        migrator.up(scratch.url(), "head").await.unwrap_err(),
        migrator.stamp(scratch.url(), &["base"]).await.unwrap_err(),
        migrator.plan(scratch.url()).await.unwrap_err(),
    ] {
        let [unknown] = unknown(&error) else { panic!("{error:?}") };
        assert_eq!((unknown.id.as_str(), unknown.message.as_str()), ("nnnn", "revision nnnn"));
        assert_eq!(error.code(), "integrity.unknown");
        assert!(error.report().is_empty());
        assert!(!shown(&error).contains("hush"), "{}", shown(&error));
    }
    assert_eq!(scratch.dump().await, before);
}

#[tokio::test]
async fn what_only_reads_tells_of_it() {
    let (scratch, migrator) = newer_database().await;
    assert_eq!(migrator.current(scratch.url()).await.unwrap(), ["nnnn"]);
    let status = migrator.status(scratch.url()).await.unwrap();
    let known = status.unknown.iter().map(|unknown| unknown.id.as_str()).collect::<Vec<_>>();
    assert_eq!((known, status.pending), (vec!["nnnn"], vec!["bbbb".to_owned()]));
    let findings = migrator.verify(scratch.url()).await.unwrap();
    let findings = findings.iter().map(|finding| (finding.code, finding.revision.as_str()));
    assert_eq!(findings.collect::<Vec<_>>(), [("integrity.unknown", "nnnn")]);
    let source = migrator.applied_source(scratch.url(), "nnnn").await.unwrap().unwrap();
    assert!(source.ends_with(NEWER));
}

#[tokio::test]
async fn an_edit_is_told_before_an_unknown_revision() {
    let (scratch, _) = newer_database().await;
    let at_hand = migrator(&[("aaaa", "-- migrate:up\nSELECT 1;\n")]);
    let error = at_hand.run(scratch.url()).await.unwrap_err();
    assert_eq!(error.code(), "integrity.edited");
}
