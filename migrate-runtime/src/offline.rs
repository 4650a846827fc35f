//! `up --sql`: what a run would send, as a script. Knows the way, touches no database.

use migrate_model::Dialect;
use migrate_model::revision::{Applied, Direction, Identifier};

use crate::connection;
use crate::dialect::Batch;
use crate::error::Error;
use crate::registry::Registry;
use crate::runner::{Context, Goal, Prepared, Revisions};

/// From which state to which; no database is asked, so both are named.
///
/// ```
/// use migrate_runtime::{Dialect, Direction, OfflineRange};
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let range = OfflineRange { from: None, to: "head", direction: Direction::Up };
/// let script = migrator.script(range, Dialect::Sqlite)?;
/// assert!(script.contains("CREATE TABLE x (y);"));
/// let books_only = migrator.stamp_script(&["head"], Dialect::Sqlite)?;
/// assert!(books_only.contains("'stamp'"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfflineRange<'a> {
    /// The state the script starts from; `None` is an empty database.
    pub from: Option<&'a str>,
    /// Where it leads.
    pub to: &'a str,
    /// Up or down.
    pub direction: Direction,
}

/// The whole script. The first revision's transaction makes the history tables if the script
/// starts from nothing.
pub(crate) fn script(
    context: &Context<'_>,
    from: Option<&str>,
    goal: Goal<'_>,
    dialect: Dialect,
) -> Result<String, Error> {
    let Context { registry, settings, run, interrupt, .. } = context;
    let graph = registry.graph();
    let applied = start_state(registry, from)?;
    let goal = goal.fix_on(graph, &applied, None)?;
    let revisions = Revisions::at_hand(registry);
    let starts_empty = applied.is_empty();
    let mut scripts = vec![connection::script_head(dialect).to_owned()];
    for step in goal.steps_on(graph, &applied)? {
        let prepared = Prepared::new(&revisions, settings, step, goal.purpose(), dialect)?;
        let batch = Batch {
            tables: &settings.tables,
            tenant: settings.tenant.as_deref(),
            run,
            crate_info: registry.crate_info(),
            registry_digest: registry.digest(),
            expected_version: (!starts_empty || scripts.len() > 1).then_some(0),
            clears_history: false,
            interrupt,
            unfinished: None,
            steps: &[prepared.ready()],
        };
        scripts.push(connection::script(dialect, &batch)?);
    }
    Ok(scripts.join("\n"))
}

/// The state that a script starts from: the named revision and all that it needs. No database is
/// asked, so nothing may count from its state.
fn start_state(registry: &Registry, from: Option<&str>) -> Result<Applied, Error> {
    let graph = registry.graph();
    let Some(from) = from else { return Ok(Applied::default()) };
    let found = Identifier::parse(from)?.without_state()?.revision(graph, &Applied::default())?;
    Ok(Applied::up_to(graph, &found.into_iter().collect::<Vec<_>>()))
}
