//! The futures can be spawned, so they are `Send` and hold no lifetime that is too short.

use crate::common::{Scratch, TWO, migrator};

#[tokio::test(flavor = "multi_thread")]
async fn runs_in_a_spawned_task() {
    let scratch = Scratch::new();
    let (pool, url) = (scratch.pool(2).await, scratch.url());
    let mut connection = scratch.connect().await;
    let task = tokio::spawn(async move {
        let migrator = migrator(&TWO);
        let first = migrator.up(&pool, "+1").await?.after;
        let second = migrator.run(&mut connection).await?.after;
        let third = migrator.down(&mut pool.acquire().await?, "-1").await?.after;
        let fourth = migrator.run(url.as_str()).await?.after;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>([first, second, third, fourth].concat())
    });
    assert_eq!(task.await.unwrap().unwrap(), ["aaaa", "bbbb", "aaaa", "bbbb"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_future_is_send() {
    let scratch = Scratch::new();
    let pool = scratch.pool(2).await;
    let task = tokio::spawn(async move {
        let migrator = migrator(&TWO);
        migrator.stamp(&pool, &["aaaa"]).await?;
        migrator.plan(&pool).await?;
        migrator.plan_up(&pool, "head").await?;
        migrator.plan_down(&pool, "base").await?;
        migrator.pending(&pool).await?;
        migrator.verify(&pool).await?;
        migrator.status(&pool).await?;
        migrator.accept(&pool, "aaaa").await?;
        migrator.applied_source(&pool, "aaaa").await?;
        migrator.current(&pool).await
    });
    assert_eq!(task.await.unwrap().unwrap(), ["aaaa"]);
}
