//! What happens during a run, as values. The runner emits them; whoever wants to show them
//! listens. The same moments are `tracing` events of the target `migrate`.

use std::time::Duration;

use migrate_model::Revision;
use migrate_model::revision::Direction;

/// A moment of a run.
///
/// ```
/// use migrate_runtime::Event;
/// # use std::time::Duration;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let (tell, told) = std::sync::mpsc::channel();
/// let migrator = migrator.lock_timeout(Duration::from_secs(5)).on_event(move |event| {
///     match event {
///         Event::LockWait { waited, .. } => eprintln!("waiting for {waited:?}"),
///         Event::StepFinished { revision, .. } => drop(tell.send(revision.id.clone())),
///         _ => {}
///     }
/// });
/// migrator.run(&pool).await?;
/// assert_eq!(told.recv()?.as_str(), "a1");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The plan stands and the first step is about to begin.
    RunStarted {
        /// Which way it goes.
        direction: Direction,
        /// How many steps it has.
        steps: usize,
        /// The current heads, sorted.
        before: &'a [String],
    },
    /// Another writer holds the database.
    LockWait {
        /// How long this run has waited so far.
        waited: Duration,
        /// Who has it, and until when at most, where the database tells.
        holder: Option<&'a str>,
    },
    /// The database does not answer yet; the next try follows after a pause.
    Wait {
        /// How long this run has waited so far.
        waited: Duration,
        /// What the last try ended with.
        reason: &'a str,
    },
    /// A step begins.
    StepStarted {
        /// The revision.
        revision: &'a Revision,
        /// Which way it goes.
        direction: Direction,
    },
    /// A statement of the step has run.
    StatementFinished {
        /// Its text.
        statement: &'a str,
        /// How long it took.
        duration: Duration,
    },
    /// A step is committed.
    StepFinished {
        /// The revision.
        revision: &'a Revision,
        /// Which way it went.
        direction: Direction,
        /// How long it took.
        duration: Duration,
    },
}
