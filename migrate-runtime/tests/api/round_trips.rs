//! How much a run costs: statements sent, bytes of sources read. Counted from sqlx's log of
//! statements (which has no BEGIN and COMMIT; `locks.rs` shows that there are none at head).

use std::collections::HashMap;
use std::future::Future;
use std::sync::{LazyLock, Mutex};

use crate::common::{TWO, migrator};
use migrate_runtime::sqlx::SqlitePool;
use migrate_runtime::sqlx::sqlite::SqlitePoolOptions;
use tracing::field::{Field, Visit};
use tracing::{Event, Instrument, Subscriber, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Cost {
    statements: usize,
    source_bytes: u64,
}

/// What was counted, by the span it happened in. SQLite's worker thread enters the caller's span,
/// but not its subscriber: that one must be the global one.
static COSTS: LazyLock<Mutex<HashMap<u64, Cost>>> = LazyLock::new(|| {
    let subscriber = tracing_subscriber::registry().with(Count);
    tracing::subscriber::set_global_default(subscriber).expect("nobody else sets one here");
    Mutex::default()
});

struct Count;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Count {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut cost = Cost::default();
        match event.metadata().target() {
            "sqlx::query" => cost.statements = 1,
            "migrate::source" => event.record(&mut cost),
            _ => return,
        }
        let mut costs = COSTS.lock().expect("counting does not panic");
        for span in context.event_scope(event).into_iter().flatten() {
            let sum = costs.entry(span.id().into_u64()).or_default();
            sum.statements += cost.statements;
            sum.source_bytes += cost.source_bytes;
        }
    }
}

impl Visit for Cost {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.source_bytes += if field.name() == "bytes" { value } else { 0 };
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

async fn counted<T>(future: impl Future<Output = T>) -> (T, Cost) {
    LazyLock::force(&COSTS);
    let span = info_span!("counted");
    let id = span.id().expect("the subscriber is there").into_u64();
    let output = future.instrument(span).await;
    let cost = COSTS.lock().expect("counting does not panic").remove(&id).unwrap_or_default();
    (output, cost)
}

async fn pool_of_one() -> SqlitePool {
    let options = SqlitePoolOptions::new().max_connections(1);
    options.connect("sqlite::memory:").await.expect("memory is there")
}

/// Goes up, which must be counted, and then runs at head.
async fn assert_head_costs_one_statement(count: usize) {
    let revisions: Vec<(String, String)> = (0..count)
        .map(|at| (format!("r{at:03}"), format!("-- migrate:up\nCREATE TABLE t{at} (x);\n")))
        .collect();
    let revisions: Vec<(&str, &str)> =
        revisions.iter().map(|(id, script)| (id.as_str(), script.as_str())).collect();
    let (migrator, pool) = (migrator(&revisions), pool_of_one().await);

    let (up, cost) = counted(migrator.run(&pool)).await;
    assert_eq!(up.unwrap().ids().len(), count);
    let registry = migrator.registry();
    let all: usize = (0..count).map(|at| registry.source(at).unwrap().len()).sum();
    assert_eq!(cost.source_bytes, u64::try_from(all).unwrap());
    assert!(cost.statements > 3 * count, "{cost:?}");

    let (at_head, cost) = counted(migrator.run(&pool)).await;
    assert!(at_head.unwrap().is_empty());
    assert_eq!(cost, Cost { statements: 1, source_bytes: 0 });
}

#[tokio::test]
async fn a_run_at_head_is_one_statement_for_one_revision() {
    assert_head_costs_one_statement(1).await;
}

#[tokio::test]
async fn a_run_at_head_is_one_statement_for_ten_revisions() {
    assert_head_costs_one_statement(10).await;
}

#[tokio::test]
async fn a_run_at_head_is_one_statement_for_three_hundred_revisions() {
    assert_head_costs_one_statement(300).await;
}

#[tokio::test]
async fn what_only_reads_is_one_statement_too() {
    let (migrator, pool) = (migrator(&TWO), pool_of_one().await);
    migrator.up(&pool, "aaaa").await.unwrap();
    let one = Cost { statements: 1, source_bytes: 0 };
    assert_eq!(counted(migrator.current(&pool)).await.1, one);
    assert_eq!(counted(migrator.status(&pool)).await.1, one);
    let planned = counted(migrator.plan(&pool)).await.1;
    assert_eq!(planned.statements, 1);
    assert_ne!(planned.source_bytes, 0, "a plan refuses what a run would");
}
