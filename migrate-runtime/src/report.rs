//! What a run is about to do, and what it has done.

use std::time::Duration;

use migrate_model::RevisionId;
use migrate_model::revision::{Direction, Kind};

/// One step of a plan.
///
/// ```
/// use migrate_runtime::{Direction, Step};
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let step: &Step = &migrator.plan(&pool).await?.steps[0];
/// assert_eq!((step.id.as_str(), step.direction), ("a1", Direction::Up));
/// assert_eq!(step.file, "a.sql");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The revision.
    pub id: RevisionId,
    /// Which way it goes.
    pub direction: Direction,
    /// What the revision does.
    pub message: String,
    /// The language of its file.
    pub kind: Kind,
    /// Its file.
    pub file: String,
}

/// What a run would do.
///
/// ```
/// use migrate_runtime::{Dialect, Direction, Plan};
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n-- migrate:down\nDROP TABLE x;\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let plan: Plan = migrator.plan_up(&pool, "a1").await?;
/// assert_eq!(plan, migrator.plan_on_empty("a1", Dialect::Sqlite)?);
///
/// migrator.run(&pool).await?;
/// let plan = migrator.plan_down(&pool, "base").await?;
/// assert_eq!(plan.steps[0].direction, Direction::Down);
/// assert!(plan.after.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// The current heads before, sorted.
    pub before: Vec<String>,
    /// The current heads after, sorted.
    pub after: Vec<String>,
}

/// A step that was done.
///
/// ```
/// use migrate_runtime::StepReport;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// for StepReport { step, duration } in migrator.run(&pool).await?.steps {
///     println!("{} {} ({} ms)", step.id, step.message, duration.as_millis());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub step: Step,
    /// How long it took, to the commit.
    pub duration: Duration,
}

/// What a run has done.
///
/// ```
/// use migrate_runtime::Report;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let report: Report = migrator.run(&pool).await?;
/// assert_eq!(report.ids(), ["a1"]);
/// assert_eq!((report.before.len(), report.after), (0, vec!["a1".to_owned()]));
/// assert!(migrator.run(&pool).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The steps that are done, in their order.
    pub steps: Vec<StepReport>,
    /// The current heads before, sorted.
    pub before: Vec<String>,
    /// The current heads after, sorted.
    pub after: Vec<String>,
    /// How long all of it took.
    pub duration: Duration,
}

impl Report {
    /// Whether there was nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The ids of the steps that were done, in their order.
    pub fn ids(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.step.id.as_str()).collect()
    }
}

/// What somebody says of the statement at which a run stopped, where the database can't tell.
///
/// ```
/// use migrate_runtime::Answer;
///
/// assert_ne!(Answer::Done, Answer::Again);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It took effect: go on behind it.
    Done,
    /// It did not: run it again.
    Again,
}
