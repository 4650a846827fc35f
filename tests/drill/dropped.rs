//! An application drops the future of its run half-way: its pool of one connection is as good as
//! new, and holds no lock.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use migrate_runtime::IntoDatabase;
use migrate_runtime::sqlx::pool::PoolOptions;
use migrate_runtime::sqlx::{
    ColumnIndex, Database, Decode, Executor, IntoArguments, MySql, Pool, Postgres, Type,
    query_scalar,
};
use migrate_tests::migrator;

use crate::dialects::Dialect;
use crate::drill::Drill;
use crate::killed::whole;
use crate::revisions::Revision;
use crate::rounds::one_of;
use crate::world::Way;

on_each_dialect!(at_every_await on servers);

fn at_every_await(dialect: &Dialect) {
    match dialect.name {
        "postgres" => drop_at_every_await::<Postgres>(dialect),
        "mariadb" => drop_at_every_await::<MySql>(dialect),
        other => panic!("which pool does {other} have?"),
    }
}

fn drop_at_every_await<DB: Database>(dialect: &Dialect)
where
    for<'p> &'p Pool<DB>: IntoDatabase<'p> + Executor<'p, Database = DB>,
    for<'q> DB::Arguments: IntoArguments<DB>,
    for<'r> i64: Decode<'r, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    let held = dialect.held_locks.unwrap();
    let mut drill = Drill::new(dialect, Revision::several(dialect, 2));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut polls = 1;
    loop {
        let Some(place) = drill.place() else { return };
        let has_ended = runtime.block_on(async {
            let options = PoolOptions::<DB>::new().max_connections(1);
            let pool = options.connect(&place.url()).await.unwrap();
            let migrator = migrator(&drill.workspace.path("migrations/revisions"));
            let has_ended = polled(migrator.run(&pool), polls).await;
            // The pool gives out the connection that it had, or a new one.
            let locks: i64 = query_scalar(held).fetch_one(&pool).await.unwrap();
            assert_eq!(locks, 0, "a lock is held after {polls} polls");
            pool.close().await;
            has_ended
        });
        drill.tally.runs += 1;
        drill.tally.hits += usize::from(!has_ended);
        drill.check(&place, Way::Up);
        whole(&mut drill, &place, Way::Up);
        if has_ended {
            break;
        }
        polls += one_of(3);
    }
    println!("{}: dropped at every await: {}", dialect.name, drill.tally);
    assert!(polls > 5, "a run waits more often than {polls} times");
}

/// Drops the future when it has been polled that often; whether it came to its end.
async fn polled(run: impl Future, times: usize) -> bool {
    let (mut run, mut left) = (pin!(run), times);
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        run.as_mut().poll(context).map(|_| true)
    })
    .await
}
