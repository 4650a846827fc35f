//! An application that is older than the database: it refuses, ignores or rolls back.

use migrate_model::RevisionFile;
use migrate_runtime::{CrateInfo, ErrorKind, Migrator, OnUnknown, Registry};
use migrate_tests::{Ground, Place};

migrate_tests::on_every_dialect!(
    an_application_refuses_ignores_or_rolls_back,
    of_two_at_once_each_step_is_done_by_one,
    what_is_left_half_way_by_newer_code_stays_with_it,
);

/// The URL for a process that is not in the workspace.
fn url(ground: &Ground) -> String {
    match ground.place() {
        Place::File { path, .. } => format!("sqlite:{}?mode=rwc", path.display()),
        Place::Server(database) => database.url().to_owned(),
    }
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

fn an_application_refuses_ignores_or_rolls_back(ground: &Ground) {
    let url = &*url(ground);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        migrator(&["newer"]).run(url).await.unwrap();
        let older = migrator(&["older"]);
        let error = older.run(url).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unknown(unknown) if unknown[0].id == "newer"));
        let tolerant = older.clone().on_unknown(OnUnknown::Ignore);
        let report = tolerant.run(url).await.unwrap();
        assert_eq!((report.ids(), report.after.len()), (vec!["older"], 2));
        let tidy = older.on_unknown(OnUnknown::RollBack);
        let report = tidy.run(url).await.unwrap();
        assert_eq!((report.ids(), &report.after), (vec!["newer"], &vec!["older".to_owned()]));
    });
}

fn of_two_at_once_each_step_is_done_by_one(ground: &Ground) {
    let url = &*url(ground);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        migrator(&["newer"]).run(url).await.unwrap();
        let tidy = migrator(&["older"]).on_unknown(OnUnknown::RollBack);
        let (one, other) = tokio::join!(tidy.run(url), tidy.run(url));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one.steps.len() + other.steps.len(), 2);
        assert_eq!((one.after, other.after), (vec!["older".to_owned()], vec!["older".to_owned()]));
    });
}

fn what_is_left_half_way_by_newer_code_stays_with_it(ground: &Ground) {
    let url = &*url(ground);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let newer = migrator(&["a", "b"]);
    runtime.block_on(newer.up(url, "heads")).unwrap();
    ground.execute("UPDATE _migrate_revisions SET state = 'up_partial', done = 0 WHERE seq = 2");
    runtime.block_on(async {
        let older = || migrator(&["a"]);
        let code = |outcome: Result<migrate_runtime::Report, migrate_runtime::Error>| {
            outcome.unwrap_err().code()
        };
        assert_eq!(code(older().run(url).await), "integrity.unknown");
        for choice in [OnUnknown::Ignore, OnUnknown::RollBack] {
            let outcome = older().on_unknown(choice).run(url).await;
            assert_eq!(code(outcome), "integrity.partial", "{choice:?}");
        }
        assert_eq!(code(older().down(url, "base").await), "integrity.partial");
        assert_eq!(code(older().resume(url, None, None).await), "integrity.unknown");
    });
}
