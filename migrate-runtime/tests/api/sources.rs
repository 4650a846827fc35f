//! What the history keeps of a revision's text: all of it, unchanged.

use crate::common::{Scratch, migrator, migrator_of_files, text, texts};

/// Runs one revision; its text comes back, and its table has the given rows.
async fn assert_kept(script: &str, rows: &[&str]) {
    let (scratch, migrator) = (Scratch::new(), migrator(&[("aaaa", script)]));
    assert_eq!(migrator.run(scratch.url()).await.unwrap().ids(), ["aaaa"]);
    let source = migrator.applied_source(scratch.url(), "aaaa").await.unwrap();
    assert!(source == Some(text("aaaa", "base", script)), "the text has changed");
    let mut connection = scratch.connect().await;
    assert!(texts(&mut connection, "SELECT x FROM a ORDER BY rowid").await == rows);
    assert!(migrator.run(&mut connection).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_comment_at_the_end_without_a_newline() {
    assert_kept("-- migrate:up\nCREATE TABLE a (x);\nINSERT INTO a VALUES ('1'); -- done", &["1"])
        .await;
    assert_kept("-- migrate:up\nCREATE TABLE a (x) -- done", &[]).await;
    assert_kept("-- migrate:up\nCREATE TABLE a (x); /* done */", &[]).await;
}

#[tokio::test]
async fn two_hundred_kilobytes() {
    let word = "a'b\";--\n".repeat(25_000);
    let quoted = word.replace('\'', "''");
    let script =
        format!("-- migrate:up\nCREATE TABLE a (x);\nINSERT INTO a VALUES ('{quoted}');\n");
    assert_eq!(word.len(), 200_000);
    assert_kept(&script, &[&word]).await;
}

#[tokio::test]
async fn characters_of_four_bytes() {
    let script =
        "-- migrate:up\n-- 𝄞\nCREATE TABLE a (x);\nINSERT INTO a VALUES ('🦀é\u{10FFFF}');\n";
    assert_kept(script, &["🦀é\u{10FFFF}"]).await;
}

#[tokio::test]
async fn windows_lines_are_kept_as_they_ran() {
    let (scratch, unix) =
        (Scratch::new(), text("aaaa", "base", "-- migrate:up\nCREATE TABLE a (x);\n"));
    let windows = format!("\u{FEFF}{}", unix.replace('\n', "\r\n")).into_bytes();
    let migrator = migrator_of_files(&[("aaaa", windows)]);
    migrator.run(scratch.url()).await.unwrap();
    assert_eq!(migrator.applied_source(scratch.url(), "aaaa").await.unwrap(), Some(unix));
}

#[tokio::test]
async fn the_way_down_is_kept_on_its_own() {
    let scratch = Scratch::new();
    let down = "DROP TABLE a; -- 🦀\n";
    let script = format!("-- migrate:up\nCREATE TABLE a (x);\n-- migrate:down\n{down}");
    let one_way = "-- migrate:up\nSELECT 1;\n";
    migrator(&[("aaaa", &script), ("bbbb", one_way)]).run(scratch.url()).await.unwrap();
    let kept = "SELECT coalesce(down_source, 'none') || down_transaction FROM _migrate_revisions";
    let kept = texts(&mut scratch.connect().await, kept).await;
    assert_eq!(kept, [format!("{down}1"), "none1".to_owned()]);
}

#[tokio::test]
async fn what_is_not_applied_has_no_applied_source() {
    let (scratch, migrator) = (Scratch::new(), migrator(&crate::common::TWO));
    migrator.up(scratch.url(), "aaaa").await.unwrap();
    assert_eq!(migrator.applied_source(scratch.url(), "bbbb").await.unwrap(), None);
    assert_eq!(migrator.applied_source(scratch.url(), "nope").await.unwrap(), None);
}
