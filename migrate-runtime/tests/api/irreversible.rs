//! A revision without a `down` section can't be taken down, and says so before anything is done.

use crate::common::{Scratch, TWO, migrator};
use migrate_runtime::{ErrorKind, Migrator};

/// The middle one of three has no way back.
fn one_way() -> Migrator {
    let last = "-- migrate:up\nCREATE TABLE c (x);\n-- migrate:down\nDROP TABLE c;\n";
    migrator(&[TWO[0], ("bbbb", "-- migrate:up\nCREATE TABLE b (x);\n"), ("cccc", last)])
}

#[tokio::test]
async fn refuses_the_whole_way_down() {
    let (scratch, migrator) = (Scratch::new(), one_way());
    migrator.run(scratch.url()).await.unwrap();
    let before = scratch.dump().await;
    for target in ["base", "aaaa", "-2"] {
        let error = migrator.down(scratch.url(), target).await.unwrap_err();
        let ErrorKind::Irreversible { id, file } = error.kind() else { panic!("{error:?}") };
        assert_eq!((id.as_str(), file.as_str()), ("bbbb", "revisions/bbbb.sql"));
        assert_eq!(error.code(), "revision.irreversible");
        assert!(error.report().is_empty());
    }
    assert_eq!(scratch.dump().await, before);
}

#[tokio::test]
async fn what_is_above_it_goes_down() {
    let (scratch, migrator) = (Scratch::new(), one_way());
    migrator.run(scratch.url()).await.unwrap();
    assert_eq!(migrator.down(scratch.url(), "bbbb").await.unwrap().ids(), ["cccc"]);
}

#[tokio::test]
async fn an_empty_down_section_is_a_way_down() {
    let scratch = Scratch::new();
    let migrator = migrator(&[("aaaa", "-- migrate:up\nSELECT 1;\n-- migrate:down\n")]);
    migrator.run(scratch.url()).await.unwrap();
    assert_eq!(migrator.down(scratch.url(), "base").await.unwrap().ids(), ["aaaa"]);
    assert_eq!(migrator.current(scratch.url()).await.unwrap(), [""; 0]);
}
