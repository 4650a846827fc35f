//! Connections that are somebody else's: they are left as they were found, and a pool gets none
//! back that still holds the lock.

use std::time::Duration;

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::postgres::{PgConnection, PgPoolOptions};
use migrate_runtime::sqlx::{self, Connection, PgPool};
use migrate_runtime::{CrateInfo, Migrator, Registry};
use migrate_tests::postgres;

fn migrator(sections: &str) -> Migrator {
    let text = format!("-- x\n--\n-- Revision: aaaa\n-- Revises: base\n{sections}");
    let file = RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap();
    let registry = Registry::from_files(vec![file], CrateInfo::new("tests", "0.1.0")).unwrap();
    Migrator::new(registry.into())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn text(pool: &PgPool, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

const LOCKS: &str = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' \
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[test]
fn search_path_and_role_are_as_they_were() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        sqlx::raw_sql("CREATE SCHEMA app; SET search_path = app, public")
            .execute(&pool)
            .await
            .unwrap();
        let dump = "-- migrate:up\nSELECT pg_catalog.set_config('search_path', '', false);\n\
                    SET ROLE pg_monitor;\nRESET ROLE;\nCREATE TABLE app.t (x int);\n\
                    SET lock_timeout = 0;\n";
        migrator(dump).run(&pool).await.unwrap();
        assert_eq!(text(&pool, "SHOW search_path").await, "app, public");
        assert_eq!(text(&pool, "SHOW role").await, "none");
        // The history is where the search_path would make it.
        assert_eq!(text(&pool, "SELECT id FROM app._migrate_revisions").await, "aaaa");
        assert_eq!(text(&pool, LOCKS).await, "0");
        pool.close().await;
    });
}

#[test]
fn a_run_at_head_needs_no_lock_and_a_failed_one_gives_it_back() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        let error = migrator("-- migrate:up\nSELECT nope;\n").run(&pool).await.unwrap_err();
        assert_eq!(error.code(), "revision.failed");
        assert_eq!(text(&pool, LOCKS).await, "0");
        let good = migrator("-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n");
        good.run(&pool).await.unwrap();
        let mut holder = PgConnection::connect(database.url()).await.unwrap();
        let all = "SELECT pg_advisory_lock(objid) FROM (SELECT 1::bigint AS objid) AS x";
        sqlx::raw_sql(all).execute(&mut holder).await.unwrap();
        assert!(good.run(&pool).await.unwrap().is_empty());
        // A borrowed connection works as well.
        assert_eq!(good.down(&mut holder, "base").await.unwrap().ids(), ["aaaa"]);
        holder.close().await.unwrap();
        pool.close().await;
    });
}

#[test]
fn a_run_that_is_dropped_leaves_no_lock_in_the_pool() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        let slow = migrator("-- migrate:up\nSELECT pg_sleep(3);\n");
        let dropped = tokio::time::timeout(Duration::from_millis(700), slow.run(&pool)).await;
        assert!(dropped.is_err());
        let others = PgPool::connect(database.url()).await.unwrap();
        // The server ends the sleeping session's statement first.
        for _ in 0..100 {
            if text(&others, LOCKS).await == "0" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(text(&others, LOCKS).await, "0");
        assert_eq!(text(&pool, "SELECT 'usable'").await, "usable");
        pool.close().await;
        others.close().await;
    });
}

#[test]
fn a_script_that_commits_by_itself_is_found_out() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        // What a script runs by name is beyond what its text shows.
        let make = "CREATE PROCEDURE sly() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$";
        sqlx::raw_sql(make).execute(&pool).await.unwrap();
        let error = migrator("-- migrate:up\nCREATE TABLE t (x int);\nCALL sly();\n");
        let error = error.run(&pool).await.unwrap_err();
        assert_eq!(error.code(), "revision.failed");
        assert_eq!(
            text(&pool, "SELECT count(*)::text FROM pg_tables WHERE tablename = 't'").await,
            "0"
        );
        pool.close().await;
    });
}
