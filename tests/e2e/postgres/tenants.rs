//! Tenants: one schema each, with its own tables and its own history, migrated side by side.

use std::time::Duration;

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::postgres::PgPoolOptions;
use migrate_runtime::sqlx::{self, PgPool};
use migrate_runtime::{CrateInfo, Dialect, Direction, Migrator, OfflineRange, Registry};
use migrate_tests::{Database, postgres};

fn migrator(scripts: &[&str]) -> Migrator {
    let mut parent = "base".to_owned();
    let mut files = Vec::new();
    for (at, script) in scripts.iter().enumerate() {
        let text = format!("-- x\n--\n-- Revision: r{at}\n-- Revises: {parent}\n{script}");
        files.push(RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap());
        parent = format!("r{at}");
    }
    let registry = Registry::from_files(files, CrateInfo::new("tests", "0.1.0")).unwrap();
    Migrator::new(registry.into())
}

const USERS: &str =
    "-- migrate:up\nCREATE TABLE users (name text);\n-- migrate:down\nDROP TABLE users;\n";
const SLOW: &str = "-- migrate:up\nSELECT pg_sleep(0.3);\nINSERT INTO users VALUES \
                    (current_schema());\n-- migrate:down\nDELETE FROM users;\n";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn pool(database: &Database, size: u32) -> PgPool {
    PgPoolOptions::new().max_connections(size).connect(database.url()).await.unwrap()
}

async fn text(pool: &PgPool, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

const TABLES: &str = "SELECT string_agg(table_schema || '.' || table_name, ' ' ORDER BY 1) FROM \
                      information_schema.tables WHERE table_schema LIKE 'tenant%' OR table_schema = 'public'";

#[test]
fn two_at_once_have_their_own_tables_and_history() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = pool(&database, 2).await;
        let (one, two) = (
            migrator(&[USERS, SLOW]).in_schema("tenant_1"),
            migrator(&[USERS, SLOW]).in_schema("tenant \"2\""),
        );
        assert!(one.status(&pool).await.unwrap().applied.is_empty());
        let (first, second) = tokio::join!(one.run(&pool), two.run(&pool));
        assert_eq!(
            (first.unwrap().ids(), second.unwrap().ids()),
            (vec!["r0", "r1"], vec!["r0", "r1"])
        );
        assert_eq!(text(&pool, "SELECT name FROM tenant_1.users").await, "tenant_1");
        assert_eq!(
            text(&pool, "SELECT name FROM \"tenant \"\"2\"\"\".users").await,
            "tenant \"2\""
        );
        one.down(&pool, "base").await.unwrap();
        let tables = text(&pool, TABLES).await;
        assert!(
            tables.contains("tenant \"2\".users") && !tables.contains("tenant_1.users"),
            "{tables}"
        );
        assert!(!tables.contains("public."), "{tables}");
        assert_eq!(one.current(&pool).await.unwrap(), Vec::<String>::new());
        assert_eq!(two.current(&pool).await.unwrap(), ["r1"]);
        pool.close().await;
    });
}

#[test]
fn a_tenant_waits_for_no_other() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = pool(&database, 3).await;
        let patient = |schema| migrator(&[USERS, SLOW]).in_schema(schema);
        let slow = patient("tenant_1");
        let hurried = patient("tenant_2").lock_timeout(Duration::ZERO);
        let (first, second) = tokio::join!(slow.run(&pool), hurried.run(&pool));
        assert_eq!((first.unwrap().steps.len(), second.unwrap().steps.len()), (2, 2));
        // Those who migrate the same one do.
        let same = patient("tenant_3");
        let (first, second) = tokio::join!(same.run(&pool), same.run(&pool));
        assert_eq!(first.unwrap().steps.len() + second.unwrap().steps.len(), 2);
        pool.close().await;
    });
}

#[test]
fn the_session_is_left_as_it_was_found() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = pool(&database, 1).await;
        sqlx::raw_sql("SET search_path = public, pg_catalog").execute(&pool).await.unwrap();
        let tenant = migrator(&[USERS]).in_schema("tenant_1");
        tenant.run(&pool).await.unwrap();
        assert_eq!(text(&pool, "SHOW search_path").await, "public, pg_catalog");
        // A table that only `public` has is not the tenant's, and a failure creates nothing.
        sqlx::raw_sql("CREATE TABLE orders (x int)").execute(&pool).await.unwrap();
        let stray = migrator(&["-- migrate:up\nDROP TABLE orders;\n"]).in_schema("tenant_2");
        assert_eq!(stray.run(&pool).await.unwrap_err().code(), "revision.failed");
        assert_eq!(text(&pool, "SHOW search_path").await, "public, pg_catalog");
        let missing = "SELECT (to_regnamespace('tenant_2') IS NULL)::text";
        assert_eq!(text(&pool, missing).await, "true");
        let together = migrator(&[USERS, SLOW]).in_schema("tenant_3");
        let together = together.transaction(migrate_runtime::TransactionMode::All);
        together.run(&pool).await.unwrap();
        assert_eq!(text(&pool, "SELECT name FROM tenant_3.users").await, "tenant_3");
        assert_eq!(text(&pool, "SHOW search_path").await, "public, pg_catalog");
        pool.close().await;
    });
}

#[test]
fn a_script_makes_the_schema_and_stays_in_it() {
    let range = OfflineRange { from: None, to: "head", direction: Direction::Up };
    let tenant = migrator(&[USERS, SLOW]).in_schema("tenant_1");
    let script = tenant.script(range, Dialect::Postgres).unwrap();
    assert_eq!(script.matches("CREATE SCHEMA IF NOT EXISTS \"tenant_1\";").count(), 1);
    assert_eq!(script.matches("SET LOCAL search_path = \"tenant_1\";").count(), 2);
    assert!(script.contains("INSERT INTO \"tenant_1\".\"_migrate_revisions\""), "{script}");
}

#[test]
fn outside_of_a_transaction_a_tenant_is_alone_too() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = pool(&database, 1).await;
        let scripts = [
            "-- migrate:up transaction:false\nCREATE TABLE users (name text);\n\
             -- migrate:down transaction:false\nDROP TABLE users;\n",
            "-- migrate:up transaction:false\n\
             CREATE INDEX CONCURRENTLY by_name ON users (name);\nSELECT 1 / count(*) FROM users;\n",
        ];
        let tenant = migrator(&scripts).in_schema("tenant_1");
        let before = text(&pool, "SHOW search_path").await;
        let error = tenant.run(&pool).await.unwrap_err();
        assert_eq!(error.report().ids(), ["r0"], "{error}");
        assert_eq!(text(&pool, "SHOW search_path").await, before);
        sqlx::query("INSERT INTO tenant_1.users VALUES ('x')").execute(&pool).await.unwrap();
        assert_eq!(tenant.resume(&pool, None, None).await.unwrap().ids(), ["r1"]);
        assert_eq!(text(&pool, "SHOW search_path").await, before);
        let tables = text(&pool, TABLES).await;
        assert!(tables.contains("tenant_1.users") && !tables.contains("public."), "{tables}");
        let range = OfflineRange { from: None, to: "head", direction: Direction::Up };
        let script = tenant.script(range, Dialect::Postgres).unwrap();
        assert!(script.contains("COMMIT;\nSET search_path = \"tenant_1\";\n"), "{script}");
        let as_found = "BEGIN;\nDO $migrate$ BEGIN PERFORM pg_catalog.set_config('role'";
        assert!(script.contains(as_found), "{script}");
        pool.close().await;
    });
}

#[test]
fn what_another_tenant_defines_does_not_tell_how_far_this_one_is() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    block_on(async {
        let pool = pool(&database, 3).await;
        let adds = "-- migrate:up transaction:false\n\
                    CREATE INDEX CONCURRENTLY by_name ON users (name);\n";
        let tenant = migrator(&[USERS, adds]).in_schema("tenant_1");
        tenant.up(&pool, "r0").await.unwrap();
        // The statement waits for the table until the server's side of the run is ended.
        let mut holder = pool.begin().await.unwrap();
        sqlx::query("LOCK TABLE tenant_1.users").execute(&mut *holder).await.unwrap();
        let ended = async {
            let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE datname = current_database() AND state = 'active' \
                       AND query LIKE 'CREATE INDEX CONCURRENTLY by_name%' AND pid <> pg_backend_pid()";
            for _ in 0..1000 {
                let count: i64 = sqlx::query_scalar(end).fetch_one(&pool).await.unwrap();
                if count > 0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let run = tokio::time::timeout(Duration::from_secs(20), tenant.run(&pool));
        let (run, ()) = tokio::join!(run, ended);
        assert_eq!(run.unwrap().unwrap_err().code(), "revision.undecided");
        holder.rollback().await.unwrap();
        migrator(&[USERS]).in_schema("tenant_2").run(&pool).await.unwrap();
        assert_eq!(tenant.run(&pool).await.unwrap().ids(), ["r1"]);
        let index = "SELECT indisvalid::text FROM pg_index \
                     WHERE indexrelid = 'tenant_1.by_name'::regclass";
        assert_eq!(text(&pool, index).await, "true");
        pool.close().await;
    });
}
