//! `in_schema`: each tenant is a database of its own, with its own history.

use migrate_model::RevisionFile;
use migrate_runtime::sqlx::{self, AssertSqlSafe, MySqlPool};
use migrate_runtime::{CrateInfo, Migrator, Registry};
use migrate_tests::mariadb;

#[test]
fn a_tenant_is_made_with_its_first_revision() {
    let Some(server) = mariadb() else { return };
    let database = server.database();
    let tenant = |number| format!("{}_t{number}", database.name());
    let text = "-- x\n--\n-- Revision: aaaa\n-- Revises: base\n-- migrate:up\n\
                CREATE TABLE t (x int);\nINSERT INTO t VALUES (1);\n\
                -- migrate:down\nDROP TABLE t;\n";
    let rows = "-- y\n--\n-- Revision: bbbb\n-- Revises: aaaa\n-- migrate:up\n\
                INSERT INTO t VALUES (2);\n-- migrate:down\nDELETE FROM t WHERE x = 2;\n";
    let read = |name: &str, text: &str| RevisionFile::parse(name, name, text.as_bytes()).unwrap();
    let files = vec![read("a.sql", text), read("b.sql", rows)];
    let registry = Registry::from_files(files, CrateInfo::new("tests", "0.1.0")).unwrap();
    let migrator = Migrator::new(registry.into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = MySqlPool::connect(database.url()).await.unwrap();
        for number in [1, 2] {
            let report = migrator.clone().in_schema(tenant(number)).run(&pool).await.unwrap();
            assert_eq!(report.ids(), ["aaaa", "bbbb"]);
            let again = migrator.clone().in_schema(tenant(number)).run(&pool).await.unwrap();
            assert!(again.is_empty());
        }
        migrator.clone().in_schema(tenant(1)).down(&pool, "base").await.unwrap();
        let sql = format!("SELECT COUNT(*) FROM {}.t", tenant(2));
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap();
        assert_eq!(count, 2);
        let here: Vec<String> = sqlx::query_scalar("SHOW TABLES").fetch_all(&pool).await.unwrap();
        assert!(here.is_empty(), "{here:?}");
        for number in [1, 2] {
            let drop = format!("DROP DATABASE {}", tenant(number));
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&pool).await.unwrap();
        }
        pool.close().await;
    });
}
