//! Tenants are schemas, and SQLite has none. What PostgreSQL does with them is an end-to-end test.

use crate::common::{Scratch, TWO, migrator};
use migrate_runtime::{Dialect, Direction, OfflineRange};

#[tokio::test]
async fn sqlite_has_no_schemas() {
    let scratch = Scratch::new();
    let tenant = migrator(&TWO).in_schema("tenant_42");
    let pool = scratch.pool(1).await;
    let range = OfflineRange { from: None, to: "head", direction: Direction::Up };
    for error in [
        tenant.run(scratch.url()).await.unwrap_err(),
        tenant.run(&pool).await.unwrap_err(),
        tenant.status(&pool).await.unwrap_err(),
        tenant.script(range, Dialect::Sqlite).unwrap_err(),
    ] {
        assert_eq!(error.code(), "config.schema");
    }
    assert!(scratch.dump().await.is_empty());
}
