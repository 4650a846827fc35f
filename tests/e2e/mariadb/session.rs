//! Connections that are somebody else's: they are left as they were found, and a pool gets none
//! back that still holds the lock.

use std::time::Duration;

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::mysql::MySqlPoolOptions;
use migrate_runtime::sqlx::{self, AssertSqlSafe, Connection, MySqlConnection, MySqlPool};
use migrate_runtime::{CrateInfo, Migrator, Registry};
use migrate_tests::mariadb;

fn migrator(sections: &str) -> Migrator {
    let text = format!("-- x\n--\n-- Revision: aaaa\n-- Revises: base\n{sections}");
    let file = RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap();
    let registry = Registry::from_files(vec![file], CrateInfo::new("tests", "0.1.0")).unwrap();
    Migrator::new(registry.into())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn text(pool: &MySqlPool, sql: &str) -> String {
    let sql = AssertSqlSafe(format!("SELECT CAST(({sql}) AS CHAR)"));
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

const SESSION: &str = "SELECT CONCAT_WS(' ', DATABASE(), @@sql_mode, @@time_zone, \
                       @@character_set_client, @@character_set_results, @@collation_connection, \
                       @@foreign_key_checks, @@unique_checks, @@lock_wait_timeout)";

#[test]
fn a_dump_leaves_the_session_as_it_was() {
    let Some(server) = mariadb() else { return };
    let (database, other) = (server.database(), server.database());
    block_on(async {
        let pool =
            MySqlPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        sqlx::raw_sql("SET time_zone = '+02:00', foreign_key_checks = 0, lock_wait_timeout = 77")
            .execute(&pool)
            .await
            .unwrap();
        let before = text(&pool, SESSION).await;
        let preamble = "/*!40101 SET NAMES latin1 */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n\
             /*!40014 SET UNIQUE_CHECKS=0, FOREIGN_KEY_CHECKS=1 */;\n\
             /*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */;\n";
        let table = format!("CREATE TABLE t (x int); -- ü😀 \\\nUSE {};\n", other.name());
        // One that defines something, and one that only changes rows.
        let both =
            format!("-- migrate:up\n{preamble}{table}-- migrate:down\n{preamble}DELETE FROM t;\n");
        let migrator = migrator(&both);
        migrator.run(&pool).await.unwrap();
        assert_eq!(text(&pool, SESSION).await, before);
        assert_eq!(text(&pool, "SELECT source FROM _migrate_revisions").await.len(), {
            let header = "-- x\n--\n-- Revision: aaaa\n-- Revises: base\n";
            header.len() + both.len()
        });
        migrator.down(&pool, "base").await.unwrap();
        assert_eq!(text(&pool, SESSION).await, before);
        pool.close().await;
    });
}

#[test]
fn a_run_that_is_dropped_leaves_no_lock_in_the_pool() {
    let Some(server) = mariadb() else { return };
    let database = server.database();
    block_on(async {
        let pool =
            MySqlPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
        let slow = migrator("-- migrate:up\nCREATE TABLE t (x int);\nDO SLEEP(2);\n");
        let dropped = tokio::time::timeout(Duration::from_millis(800), slow.run(&pool)).await;
        assert!(dropped.is_err());
        assert_eq!(text(&pool, "SELECT 'usable'").await, "usable");
        // It waits until the server has ended the other session, and goes on then.
        let report = slow.run(&pool).await.unwrap();
        assert_eq!(report.ids(), ["aaaa"]);
        pool.close().await;
    });
}

#[test]
fn a_failed_run_gives_the_lock_back_and_the_connection_is_usable() {
    let Some(server) = mariadb() else { return };
    let database = server.database();
    block_on(async {
        let mut connection = MySqlConnection::connect(database.url()).await.unwrap();
        for section in ["SELECT nope;", "CREATE TABLE t (x int);\nSELECT nope;"] {
            let failing = migrator(&format!("-- migrate:up\n{section}\n"));
            let error = failing.run(&mut connection).await.unwrap_err();
            assert_eq!(error.code(), "revision.failed");
            assert!(error.is_connection_usable());
        }
        let good = migrator("-- migrate:up\nCREATE TABLE t (x int);\nSELECT 1;\n");
        assert_eq!(good.run(database.url()).await.unwrap().ids(), ["aaaa"]);
        connection.close().await.unwrap();
    });
}

#[test]
fn a_connection_that_is_in_no_database_is_refused() {
    let Some(server) = mariadb() else { return };
    let database = server.database();
    block_on(async {
        let (url, _) = database.url().rsplit_once('/').unwrap();
        let error = migrator("-- migrate:up\nSELECT 1;\n").run(url).await.unwrap_err();
        assert_eq!(error.code(), "config.database_url");
    });
}

#[test]
fn a_statement_that_runs_too_long_is_ended() {
    let Some(server) = mariadb() else { return };
    let database = server.database();
    block_on(async {
        let slow =
            migrator("-- migrate:up\nCREATE TABLE t (x int);\nSELECT SLEEP(1) FROM seq_1_to_20;\n");
        let slow = slow.statement_timeout(Duration::from_millis(300));
        let error = slow.run(database.url()).await.unwrap_err();
        assert!(error.to_string().contains("ran longer than 300ms"), "{error}");
    });
}
