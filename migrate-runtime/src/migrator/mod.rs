//! The public face: revisions on one side, a database on the other.

mod configure;

use std::fmt;
use std::sync::Arc;

use migrate_model::Dialect;
use migrate_model::revision::{Direction, Identifier, PlannedStep};

use crate::connection::Connection;
use crate::dialect::Access;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::history::{Detail, History, RowState};
use crate::identity::{AskGit, RunIdentity};
use crate::interrupt::Interrupt;
use crate::into_database::IntoDatabase;
use crate::patience::Patience;
use crate::registry::Registry;
use crate::report::{Answer, Plan, Report};
use crate::runner::{self, Context, Goal, Integrity, Prepared, Purpose, Revisions};
use crate::settings::{Settings, TransactionMode};
use crate::status::{Accepted, Finding, Status};
use crate::wait::Wait;

/// Runs and inspects the revisions of a [`Registry`] on a database. An application gets one from
/// its migrations crate (`migrations::migrator()`) and calls [`run`](Self::run) at start-up.
/// Every method takes a pool, a `&mut` connection or a URL ([`IntoDatabase`]). Nothing global is
/// installed; what happens is reported as [`Event`]s and as `tracing` events of the target
/// `migrate`.
///
/// ```
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n-- migrate:down\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let registry = Registry::from_files(vec![file], CrateInfo::new("shop", "0.1.0"))?;
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let migrator = Migrator::new(registry.into());
/// assert_eq!(migrator.plan(&pool).await?.after, migrator.run(&pool).await?.after);
/// assert_eq!(migrator.down(&pool, "-1").await?.ids(), migrator.pending(&pool).await?);
/// assert_eq!(migrator.up(&pool, "head").await?.after, migrator.current(&pool).await?);
/// assert_eq!(migrator.verify(&pool).await?, migrator.status(&pool).await?.findings());
/// assert_eq!(migrator.stamp(&pool, &["base"]).await?.before, ["a1"]);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Migrator {
    registry: Arc<Registry>,
    settings: Settings,
    listener: Arc<dyn Fn(&Event<'_>) + Send + Sync>,
    ask_git: AskGit,
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrator")
            .field("revisions", &self.registry.graph().len())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Migrator {
    /// A migrator with the default settings: a transaction for each revision, a minute of
    /// patience with other writers, tables named `_migrate_…`.
    pub fn new(registry: Arc<Registry>) -> Self {
        Self {
            registry,
            settings: Settings::default(),
            listener: Arc::new(|_| ()),
            ask_git: Arc::new(|| None),
        }
    }

    /// The revisions.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Brings the database up to the newest revision. At the newest already, this is one query.
    ///
    /// # Errors
    /// [`ErrorKind::Edited`] if an applied revision was edited since, [`ErrorKind::Unknown`] if
    /// the database has revisions that this binary does not know (but for
    /// [`on_unknown`](Self::on_unknown)); nothing is run then. All
    /// others as they come; [`Error::report`] has what was applied before.
    pub async fn run<'c>(&self, database: impl IntoDatabase<'c>) -> Result<Report, Error> {
        self.reach(database, self.newest()).await
    }

    /// Applies the target and all that it needs: an id or the beginning of one, `head`, `+1` …
    pub async fn up<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        target: &str,
    ) -> Result<Report, Error> {
        self.reach(database, Goal::Up(target)).await
    }

    /// Takes down all that is above the target: an id, `-1`, `base` … A revision that is not at
    /// hand is taken down from the `down` section that the database has stored.
    pub async fn down<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        target: &str,
    ) -> Result<Report, Error> {
        self.reach(database, Goal::Down(target)).await
    }

    /// Goes on with the revision that a run has left half-way, and does nothing else: its
    /// statements run outside of a transaction, and the run that began it failed or was killed.
    /// `revision` says which one is meant. Where it can't be known whether the statement at which
    /// it stopped took effect ([`ErrorKind::Undecided`]), `answer` says it.
    ///
    /// ```
    /// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
    /// # let migrator = Migrator::new(Registry::from_files(Vec::new(), shop)?.into());
    /// # let pool = SqlitePool::connect("sqlite::memory:").await?;
    /// assert!(migrator.resume(&pool, None, None).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resume<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        revision: Option<&str>,
        answer: Option<Answer>,
    ) -> Result<Report, Error> {
        self.reach(database, Goal::Resume { revision, answer }).await
    }

    /// Records that the targets and what they need are applied, without running anything. What is
    /// related to a target gives way to it, other branches stay; `base` records that nothing is.
    pub async fn stamp<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        targets: &[&str],
    ) -> Result<Report, Error> {
        let mut together = self.clone();
        together.settings.transaction = TransactionMode::All;
        together.reach(database, Goal::Stamp(targets)).await
    }

    /// Forgets all that is recorded first, unknown and edited revisions included, then does what
    /// [`stamp`](Self::stamp) does.
    pub async fn stamp_anew<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        targets: &[&str],
    ) -> Result<Report, Error> {
        let mut connection = self.open(database, Access::Create).await?;
        let outcome = runner::stamp_anew(&mut connection, &self.context(), targets).await;
        give_back(connection, outcome).await
    }

    /// What [`run`](Self::run) would do. Nothing is changed.
    pub async fn plan<'c>(&self, database: impl IntoDatabase<'c>) -> Result<Plan, Error> {
        self.make_plan(database, self.newest()).await
    }

    /// What [`up`](Self::up) would do. Nothing is changed.
    pub async fn plan_up<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        target: &str,
    ) -> Result<Plan, Error> {
        self.make_plan(database, Goal::Up(target)).await
    }

    /// What [`down`](Self::down) would do. Nothing is changed.
    pub async fn plan_down<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        target: &str,
    ) -> Result<Plan, Error> {
        self.make_plan(database, Goal::Down(target)).await
    }

    /// What [`up`](Self::up) would do on a database that is empty, or not there at all.
    pub fn plan_on_empty(&self, target: &str, dialect: Dialect) -> Result<Plan, Error> {
        let empty = History::default();
        let revisions = Revisions::at_hand(&self.registry);
        runner::plan(&revisions, &self.settings, &empty, Goal::Up(target), dialect)
    }

    /// The current heads, sorted; none for an empty database.
    pub async fn current<'c>(&self, database: impl IntoDatabase<'c>) -> Result<Vec<String>, Error> {
        let mut connection = self.open(database, Access::Existing).await?;
        let history = self.history(&mut connection, Detail::Plan).await;
        connection.release().await;
        Ok(runner::current_heads(self.registry.graph(), &history?))
    }

    /// The ids of the revisions that are not applied, oldest first.
    pub async fn pending<'c>(&self, database: impl IntoDatabase<'c>) -> Result<Vec<String>, Error> {
        Ok(self.status(database).await?.pending)
    }

    /// All that there is to say about a database. Nothing is changed, nothing is refused.
    pub async fn status<'c>(&self, database: impl IntoDatabase<'c>) -> Result<Status, Error> {
        let mut connection = self.open(database, Access::Existing).await?;
        let inspected = self.inspect(&mut connection).await;
        connection.release().await;
        let (history, integrity) = inspected?;
        let graph = self.registry.graph();
        let applied = runner::applied_of(graph, &history);
        let mut pending: Vec<usize> =
            (0..graph.len()).filter(|index| !applied.contains(*index)).collect();
        let is_partial = |index: &usize| {
            let id = graph.revision(*index).id.as_str();
            integrity.partial.iter().any(|partial| partial.id == id)
        };
        pending.retain(|index| !is_partial(index));
        graph.sort_oldest_first(&mut pending);
        Ok(Status {
            current: runner::current_heads(graph, &history),
            pending: pending.into_iter().map(|at| graph.revision(at).id.to_string()).collect(),
            applied: history.rows,
            edited: integrity.edited,
            unknown: integrity.unknown,
            partial: integrity.partial,
        })
    }

    /// Compares every applied revision with those at hand. No finding: all is as it was applied.
    pub async fn verify<'c>(&self, database: impl IntoDatabase<'c>) -> Result<Vec<Finding>, Error> {
        Ok(self.status(database).await?.findings())
    }

    /// The text of an applied revision as it was applied, if the history has it.
    pub async fn applied_source<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        id: &str,
    ) -> Result<Option<String>, Error> {
        let mut connection = self.open(database, Access::Existing).await?;
        let source = connection.read_source(&self.settings.tables, id).await;
        connection.release().await;
        Ok(source?)
    }

    /// Records that an applied revision was edited on purpose: from now on the text at hand is
    /// what was applied. `None`: it was not edited.
    pub async fn accept<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        id: &str,
    ) -> Result<Option<Accepted>, Error> {
        let mut connection = self.open(database, Access::Existing).await?;
        let accepted = self.accept_on(&mut connection, id).await;
        connection.release().await;
        accepted
    }

    async fn accept_on(
        &self,
        connection: &mut Connection<'_>,
        name: &str,
    ) -> Result<Option<Accepted>, Error> {
        let tables = &self.settings.tables;
        let history = self.history(connection, Detail::All).await?;
        let graph = self.registry.graph();
        let applied = runner::applied_of(graph, &history);
        let found = Identifier::parse(name)?.revision(graph, &applied)?;
        let row = found.and_then(|index| {
            history.row(graph.revision(index).id.as_str()).map(|row| (index, row))
        });
        let Some((index, row)) = row else {
            return Err(ErrorKind::Usage {
                message: format!("`{name}` is not applied here, so there is nothing to accept"),
                code: "graph.unresolved",
            }
            .into());
        };
        let to = graph.revision(index).checksum;
        if row.checksum == to.to_string() {
            return Ok(None);
        }
        if row.state != RowState::Applied {
            // Its text is all that tells which statements are done.
            return Err(ErrorKind::Usage {
                message: format!("{} is not applied as a whole, so no edit is recorded", row.id),
                code: "integrity.partial",
            }
            .into());
        }
        let step = PlannedStep { index, direction: Direction::Up };
        let (dialect, revisions) = (connection.dialect(), Revisions::at_hand(&self.registry));
        let prepared = Prepared::new(&revisions, &self.settings, step, Purpose::Record, dialect)?;
        let run = self.identity();
        connection
            .accept(tables, &run, &prepared.row(), &row.checksum, &mut self.patience())
            .await?;
        Ok(Some(Accepted { from: row.checksum.clone(), to }))
    }

    /// The statements that a run over that range would send, with the bookkeeping, as a script to
    /// be run elsewhere. No database is touched.
    pub fn script(
        &self,
        range: crate::OfflineRange<'_>,
        dialect: Dialect,
    ) -> Result<String, Error> {
        let goal = match range.direction {
            Direction::Up => Goal::Up(range.to),
            Direction::Down => Goal::Down(range.to),
        };
        crate::offline::script(&self.context(), range.from, goal, dialect)
    }

    /// The bookkeeping that [`stamp`](Self::stamp) would send to an empty history, as a script.
    pub fn stamp_script(&self, targets: &[&str], dialect: Dialect) -> Result<String, Error> {
        crate::offline::script(&self.context(), None, Goal::Stamp(targets), dialect)
    }

    async fn reach<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        goal: Goal<'_>,
    ) -> Result<Report, Error> {
        let access = match goal {
            Goal::Newest(_) | Goal::Up(_) | Goal::Stamp(_) => Access::Create,
            Goal::Down(_) | Goal::Resume { .. } => Access::Existing,
        };
        let mut connection = self.open(database, access).await?;
        let outcome = runner::run(&mut connection, &self.context(), goal).await;
        give_back(connection, outcome).await
    }

    fn context(&self) -> Context<'_> {
        Context {
            registry: &self.registry,
            settings: &self.settings,
            run: self.identity(),
            interrupt: Arc::new(Interrupt::new(&self.settings)),
            listener: &*self.listener,
        }
    }

    async fn make_plan<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        goal: Goal<'_>,
    ) -> Result<Plan, Error> {
        let mut connection = self.open(database, Access::Existing).await?;
        let (context, mut patience) = (self.context(), self.patience());
        let surveyed = runner::survey(&mut connection, &context, goal, &mut patience).await;
        let dialect = connection.dialect();
        connection.release().await;
        let (revisions, history) = surveyed?;
        runner::plan(&revisions, &self.settings, &history, goal, dialect)
    }

    async fn inspect(
        &self,
        connection: &mut Connection<'_>,
    ) -> Result<(History, Integrity), ErrorKind> {
        let tables = &self.settings.tables;
        let history = self.history(connection, Detail::All).await?;
        let integrity = runner::examine(connection, &self.registry, tables, &history).await?;
        Ok((history, integrity))
    }

    async fn history(
        &self,
        connection: &mut Connection<'_>,
        detail: Detail,
    ) -> Result<History, ErrorKind> {
        connection.read_history(&self.settings.tables, detail, &mut self.patience()).await
    }

    async fn open<'c>(
        &self,
        database: impl IntoDatabase<'c>,
        access: Access,
    ) -> Result<Connection<'c>, ErrorKind> {
        let tenant = self.settings.tenant.as_deref();
        let wait = Wait::new(&self.settings, &*self.listener);
        Connection::open(database.into_database(), access, tenant, wait).await
    }

    fn patience(&self) -> Patience<'_> {
        Patience::new(&self.settings, &*self.listener)
    }

    fn newest(&self) -> Goal<'static> {
        Goal::Newest(self.settings.multiple_heads)
    }

    fn identity(&self) -> RunIdentity {
        RunIdentity::new(Arc::clone(&self.ask_git))
    }
}

/// Gives the connection back after a run, as its outcome allows.
async fn give_back(
    connection: Connection<'_>,
    outcome: Result<Report, Error>,
) -> Result<Report, Error> {
    match &outcome {
        Err(error) if !error.is_connection_usable() => connection.discard().await,
        _ => connection.release().await,
    }
    outcome
}
