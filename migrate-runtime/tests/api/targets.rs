//! What a migrator can be pointed at: every call, on every kind of database handle.

use crate::common::{Scratch, TWO, migrator, planned, text};
use migrate_runtime::sqlx::sqlite::SqlitePoolOptions;
use migrate_runtime::{Accepted, Migrator};

/// The same two revisions, the second one edited.
fn edited() -> Migrator {
    let second = "-- migrate:up\nCREATE TABLE b (y);\n-- migrate:down\nDROP TABLE b;\n";
    migrator(&[TWO[0], ("bbbb", second)])
}

fn checksum(migrator: &Migrator, index: usize) -> migrate_model::Checksum {
    migrator.registry().graph().revision(index).checksum
}

/// Makes every call on one database. The state must be carried from call to call.
macro_rules! assert_every_call_works_on {
    ($database:expr) => {{
        let (two, edited) = (migrator(&TWO), edited());
        assert_eq!(two.current($database).await.unwrap(), [""; 0]);
        assert_eq!(two.pending($database).await.unwrap(), ["aaaa", "bbbb"]);
        assert_eq!(two.verify($database).await.unwrap(), []);
        assert_eq!(planned(&two.plan($database).await.unwrap()), ["aaaa", "bbbb"]);
        assert_eq!(planned(&two.plan_up($database, "aaaa").await.unwrap()), ["aaaa"]);
        assert_eq!(two.run($database).await.unwrap().ids(), ["aaaa", "bbbb"]);
        assert!(two.run($database).await.unwrap().is_empty());
        assert_eq!(two.current($database).await.unwrap(), ["bbbb"]);
        assert_eq!(two.pending($database).await.unwrap(), [""; 0]);
        assert_eq!(planned(&two.plan_down($database, "base").await.unwrap()), ["bbbb", "aaaa"]);
        assert_eq!(two.down($database, "-1").await.unwrap().ids(), ["bbbb"]);
        assert_eq!(two.up($database, "+1").await.unwrap().ids(), ["bbbb"]);
        assert_eq!(two.stamp($database, &["aaaa"]).await.unwrap().after, ["aaaa"]);
        assert_eq!(two.stamp($database, &["head"]).await.unwrap().after, ["bbbb"]);
        let source = two.applied_source($database, "bbbb").await.unwrap();
        assert_eq!(source.as_deref(), Some(text("bbbb", "aaaa", TWO[1].1).as_str()));
        let status = edited.status($database).await.unwrap();
        assert_eq!((status.applied.len(), status.edited.len()), (2, 1));
        assert_eq!(edited.verify($database).await.unwrap()[0].code, "integrity.edited");
        let recorded = Accepted { from: checksum(&two, 1).to_string(), to: checksum(&edited, 1) };
        assert_eq!(edited.accept($database, "bbbb").await.unwrap(), Some(recorded));
        assert_eq!(edited.accept($database, "bbbb").await.unwrap(), None);
        assert_eq!(edited.verify($database).await.unwrap(), []);
        assert_eq!(edited.down($database, "base").await.unwrap().ids(), ["bbbb", "aaaa"]);
        assert_eq!(edited.current($database).await.unwrap(), [""; 0]);
    }};
}

#[tokio::test]
async fn a_pool() {
    let scratch = Scratch::new();
    let pool = scratch.pool(5).await;
    assert_every_call_works_on!(&pool);
}

#[tokio::test]
async fn a_pool_of_one() {
    let scratch = Scratch::new();
    let pool = scratch.pool(1).await;
    assert_every_call_works_on!(&pool);
}

#[tokio::test]
async fn a_pool_of_one_in_memory() {
    let options = SqlitePoolOptions::new().max_connections(1);
    let pool = options.connect("sqlite::memory:").await.unwrap();
    assert_every_call_works_on!(&pool);
}

#[tokio::test]
async fn a_connection() {
    let scratch = Scratch::new();
    let mut connection = scratch.connect().await;
    assert_every_call_works_on!(&mut connection);
}

#[tokio::test]
async fn a_connection_of_a_pool() {
    let scratch = Scratch::new();
    let pool = scratch.pool(1).await;
    let mut connection = pool.acquire().await.unwrap();
    assert_every_call_works_on!(&mut connection);
}

#[tokio::test]
async fn a_url() {
    let scratch = Scratch::new();
    scratch.connect().await;
    let url = scratch.url();
    assert_every_call_works_on!(url.as_str());
    assert_eq!(migrator(&TWO).run(&url).await.unwrap().ids(), ["aaaa", "bbbb"]);
    assert_eq!(migrator(&TWO).current(url).await.unwrap(), ["bbbb"]);
}

#[tokio::test]
async fn a_url_of_another_database_is_refused() {
    let error = migrator(&TWO).run("oracle://user:secret@localhost/x").await.unwrap_err();
    assert_eq!(error.code(), "config.database_url");
    assert!(!crate::common::shown(&error).contains("secret"));
}
