//! Older code on a newer database: what is unknown is left alone or taken down, as was chosen, and
//! always from what the database has stored.

use crate::common::{Scratch, TWO, migrator, migrator_of_files, number, send, tables, text};
use migrate_runtime::{Error, ErrorKind, Migrator, OnUnknown, STORED_DOWN, StoreSource};

/// A script that makes a table, and drops it.
fn table(name: &str) -> String {
    format!("-- migrate:up\nCREATE TABLE {name} (x);\n-- migrate:down\nDROP TABLE {name};\n")
}

/// Revisions with their parents and further header lines, each with a table of its name.
fn graph(revisions: &[(&'static str, &str, &str)]) -> Migrator {
    let file = |(id, revises, keys): &(&'static str, &str, &str)| {
        (*id, text(id, &format!("{revises}{keys}"), &table(id)).into_bytes())
    };
    migrator_of_files(&revisions.iter().map(file).collect::<Vec<_>>())
}

async fn tables_of(scratch: &Scratch) -> Vec<String> {
    tables(&mut scratch.connect().await).await
}

#[tokio::test]
async fn ignoring_runs_what_is_pending_and_leaves_the_rest() {
    let scratch = Scratch::new();
    graph(&[("aaaa", "base", ""), ("nnnn", "aaaa", "")]).run(scratch.url()).await.unwrap();
    let older = graph(&[("aaaa", "base", ""), ("bbbb", "aaaa", "")]);
    let older = older.on_unknown(OnUnknown::Ignore);
    let plan = older.plan(scratch.url()).await.unwrap();
    let report = older.run(scratch.url()).await.unwrap();
    assert_eq!((report.ids(), &report.before), (vec!["bbbb"], &vec!["nnnn".to_owned()]));
    assert_eq!(report.after, ["bbbb", "nnnn"]);
    assert_eq!((plan.before, plan.after), (report.before, report.after));
    assert_eq!(tables_of(&scratch).await, ["aaaa", "bbbb", "nnnn"]);
    assert!(older.run(scratch.url()).await.unwrap().is_empty());
}

#[tokio::test]
async fn rolling_back_takes_down_what_is_unknown_then_goes_up() {
    let scratch = Scratch::new();
    let newer = [("aaaa", "base", ""), ("mmmm", "aaaa", ""), ("nnnn", "mmmm", "")];
    graph(&newer).run(scratch.url()).await.unwrap();
    let older = graph(&[("aaaa", "base", ""), ("bbbb", "aaaa", "")]);
    let older = older.on_unknown(OnUnknown::RollBack);
    let plan = older.plan(scratch.url()).await.unwrap();
    let report = older.run(scratch.url()).await.unwrap();
    assert_eq!(report.ids(), ["nnnn", "mmmm", "bbbb"]);
    assert_eq!((&report.before, &report.after), (&plan.before, &plan.after));
    assert_eq!(report.after, ["bbbb"]);
    assert_eq!(tables_of(&scratch).await, ["aaaa", "bbbb"]);
    let mut connection = scratch.connect().await;
    let log = "SELECT count(*) FROM _migrate_log WHERE action = 'down' AND outcome = 'ok'";
    assert_eq!(number(&mut connection, log).await, 2);
    assert!(older.verify(scratch.url()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_as_one_transaction_goes_down_and_up_in_it() {
    let scratch = Scratch::new();
    graph(&[("aaaa", "base", ""), ("nnnn", "aaaa", "")]).run(scratch.url()).await.unwrap();
    let before = scratch.dump().await;
    let broken = ("bbbb", "-- migrate:up\nSELECT y FROM z;\n");
    let older = migrator(&[("aaaa", &table("aaaa")), broken]).on_unknown(OnUnknown::RollBack);
    let older = older.transaction(migrate_runtime::TransactionMode::All);
    let error = older.run(scratch.url()).await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!(failure.rolled_back.len(), 2);
    let after = scratch.dump().await;
    let without_log = |dump: &[String]| -> Vec<String> {
        dump.iter().filter(|line| !line.starts_with("_migrate_log: ")).cloned().collect()
    };
    assert_eq!(without_log(&after), without_log(&before));
}

#[tokio::test]
async fn down_takes_known_and_unknown_in_the_order_of_their_edges() {
    let scratch = Scratch::new();
    let newer = [
        ("aaaa", "base", ""),
        ("xxxx", "base", ""),
        ("mmmm", "aaaa", ""),
        ("nnnn", "mmmm", "\n-- Depends-On: xxxx"),
    ];
    graph(&newer).up(scratch.url(), "heads").await.unwrap();
    let older = graph(&newer[..2]);
    assert_eq!(older.current(scratch.url()).await.unwrap(), ["nnnn", "xxxx"]);
    let plan = older.plan_down(scratch.url(), "base").await.unwrap();
    let ids: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["nnnn", "mmmm", "xxxx", "aaaa"]);
    // An unknown revision is a target like any other: an id, the beginning of one, a walk.
    assert_eq!(older.down(scratch.url(), "mmmm").await.unwrap().ids(), ["nnnn"]);
    assert_eq!(older.down(scratch.url(), "mmmm-1").await.unwrap().ids(), ["mmmm"]);
    assert_eq!(tables_of(&scratch).await, ["aaaa", "xxxx"]);
}

#[track_caller]
fn refused(error: &Error) -> String {
    assert_eq!(error.code(), "integrity.unknown");
    assert!(error.report().is_empty());
    error.to_string()
}

#[tokio::test]
async fn without_a_stored_down_section_nothing_is_touched() {
    for newer in [
        migrator(&[TWO[0], ("mmmm", "-- migrate:up\n"), ("nnnn", &table("n"))]),
        migrator(&[TWO[0], ("mmmm", &table("m")), ("nnnn", &table("n"))])
            .store_source(StoreSource::None),
    ] {
        let scratch = Scratch::new();
        newer.run(scratch.url()).await.unwrap();
        let before = scratch.dump().await;
        let older = migrator(&TWO);
        let error = older.down(scratch.url(), "aaaa").await.unwrap_err();
        assert!(refused(&error).contains("it has no file here"), "{error}");
        let older = older.on_unknown(OnUnknown::RollBack);
        refused(&older.run(scratch.url()).await.unwrap_err());
        refused(&older.plan(scratch.url()).await.unwrap_err());
        assert_eq!(scratch.dump().await, before);
    }
}

#[tokio::test]
async fn the_stored_text_is_split_and_checked_as_a_files() {
    let scratch = Scratch::new();
    migrator(&[TWO[0], ("nnnn", &table("n"))]).run(scratch.url()).await.unwrap();
    let mut connection = scratch.connect().await;
    send(
        &mut connection,
        "UPDATE _migrate_revisions SET down_source = '-- edited' || char(10) || 'DROP TABLE n;' \
         || char(10) || '  COMMIT;' WHERE id = 'nnnn'",
    )
    .await;
    let before = scratch.dump().await;
    let older = migrator(&TWO);
    let error = older.down(scratch.url(), "aaaa").await.unwrap_err();
    assert_eq!(error.code(), "script.transaction_control");
    let place = format!("nnnn, {STORED_DOWN}:3:3: ");
    assert!(error.to_string().starts_with(&place), "{error}");
    assert_eq!(scratch.dump().await, before);

    send(
        &mut connection,
        "UPDATE _migrate_revisions SET down_source = 'DROP TABLE n;' || char(10) || ' DROP \
         TABLE nope;' WHERE id = 'nnnn'",
    )
    .await;
    let error = older.down(scratch.url(), "aaaa").await.unwrap_err();
    let ErrorKind::Failed(failure) = error.kind() else { panic!("{error:?}") };
    let position = failure.position.unwrap();
    assert_eq!((failure.file.as_str(), position.line, position.column), (STORED_DOWN, 2, 2));
    assert_eq!(tables(&mut connection).await, ["a", "n"]);
}

#[tokio::test]
async fn an_edited_revision_is_refused_all_the_same() {
    let scratch = Scratch::new();
    migrator(&[TWO[0], ("nnnn", &table("n"))]).run(scratch.url()).await.unwrap();
    let edited = migrator(&[("aaaa", "-- migrate:up\nSELECT 1;\n")]);
    for edited in
        [edited.clone().on_unknown(OnUnknown::Ignore), edited.on_unknown(OnUnknown::RollBack)]
    {
        assert_eq!(edited.run(scratch.url()).await.unwrap_err().code(), "integrity.edited");
        let error = edited.down(scratch.url(), "base").await.unwrap_err();
        assert_eq!(error.code(), "integrity.edited");
    }
}

#[tokio::test]
async fn a_label_that_has_moved_on_and_a_parent_that_is_lost_are_in_nobodys_way() {
    let scratch = Scratch::new();
    let newer = [("mmmm", "base", ""), ("nnnn", "mmmm", "\n-- Labels: shop")];
    graph(&newer).run(scratch.url()).await.unwrap();
    send(&mut scratch.connect().await, "DELETE FROM _migrate_revisions WHERE id = 'mmmm'").await;
    let older = graph(&[("aaaa", "base", "\n-- Labels: shop")]).on_unknown(OnUnknown::RollBack);
    assert_eq!(older.run(scratch.url()).await.unwrap().ids(), ["nnnn", "aaaa"]);
}

#[tokio::test]
async fn a_stamp_leaves_or_refuses_what_is_unknown() {
    let scratch = Scratch::new();
    graph(&[("aaaa", "base", ""), ("nnnn", "aaaa", "")]).run(scratch.url()).await.unwrap();
    let older = graph(&[("aaaa", "base", ""), ("bbbb", "aaaa", "")]);
    let tidy = older.clone().on_unknown(OnUnknown::RollBack);
    let error = tidy.stamp(scratch.url(), &["bbbb"]).await.unwrap_err();
    assert_eq!(error.code(), "integrity.unknown");
    let tolerant = older.on_unknown(OnUnknown::Ignore);
    let report = tolerant.stamp(scratch.url(), &["bbbb"]).await.unwrap();
    assert_eq!(report.after, ["bbbb", "nnnn"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_at_once_each_step_is_done_by_one() {
    let scratch = Scratch::new();
    let newer = [("aaaa", "base", ""), ("mmmm", "aaaa", ""), ("nnnn", "mmmm", "")];
    graph(&newer).run(scratch.url()).await.unwrap();
    let older = graph(&[("aaaa", "base", ""), ("bbbb", "aaaa", "")]);
    let older = older.on_unknown(OnUnknown::RollBack);
    let start = || {
        let (older, url) = (older.clone(), scratch.url());
        tokio::spawn(async move { older.run(url).await })
    };
    let mut steps = 0;
    for run in [start(), start(), start(), start()] {
        let report = run.await.unwrap().unwrap();
        assert_eq!(report.after, ["bbbb"]);
        steps += report.steps.len();
    }
    assert_eq!((steps, tables_of(&scratch).await), (3, vec!["aaaa".to_owned(), "bbbb".to_owned()]));
}
