//! How a migrator runs: its tables, its transactions, its patience.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Whether each revision is a transaction of its own, or the whole run is one.
///
/// ```
/// use migrate_runtime::TransactionMode;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let read = |text: &str| migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes());
/// # let a1 = read("-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?;
/// # let b2 = read("-- y\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\nSELECT y FROM z;")?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![a1, b2], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// // the second of two revisions fails, so the first is not applied either
/// let migrator = migrator.transaction(TransactionMode::All);
/// let error = migrator.run(&pool).await.unwrap_err();
/// assert!(error.report().is_empty());
/// assert!(migrator.current(&pool).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransactionMode {
    /// A revision, its row and its log line commit together.
    #[default]
    Each,
    /// The whole run commits together.
    All,
}

/// How other writers are kept out on PostgreSQL. SQLite and MySQL have one way each, so there it
/// changes nothing.
///
/// ```
/// use migrate_runtime::LockMode;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// // the pool's connections go through PgBouncer in transaction mode
/// let migrator = migrator.lock(LockMode::Transaction);
/// assert_eq!(migrator.run(&pool).await?.after, ["a1"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LockMode {
    /// A lock of the connection, held for the whole run. Behind a pooler that gives each message
    /// to another of the server's sessions the run ends with `lock.lost`.
    #[default]
    Session,
    /// A lock in each revision's transaction, which ends with it: for connections that go through
    /// a pooler. Between two revisions somebody else may get it; then the rest is planned anew.
    ///
    /// A revision's transaction is `READ COMMITTED` in this mode, whatever the session's default
    /// is. What a script sets with `SET`, but for `search_path`, `role`, `lock_timeout` and
    /// `statement_timeout`, stays on the pooler's connection for whoever gets it next; `SET LOCAL`
    /// does not.
    Transaction,
    /// A row that must be renewed, for what has neither.
    Lease,
}

/// The names of the three tables in which a database remembers its revisions.
///
/// ```
/// use migrate_runtime::{HistoryTables, sqlx};
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let migrator = migrator.history_tables(HistoryTables::named("shop_revisions"));
/// migrator.run(&pool).await?;
/// let ids: Vec<String> =
///     sqlx::query_scalar("SELECT id FROM shop_revisions").fetch_all(&pool).await?;
/// assert_eq!(ids, ["a1"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryTables {
    /// The schema they are in, on PostgreSQL. `None`: where the `search_path` finds them, or would
    /// make them.
    pub schema: Option<String>,
    /// A row per applied revision.
    pub revisions: String,
    /// A line per action, only ever appended.
    pub log: String,
    /// The format of these tables, and what else must be remembered once.
    pub meta: String,
}

impl HistoryTables {
    /// The tables of a project whose revisions are kept in `revisions`. The others are named
    /// after it: `x_revisions` goes with `x_log` and `x_meta`, any other `x` likewise.
    ///
    /// ```
    /// let tables = migrate_runtime::HistoryTables::named("shop_revisions");
    /// assert_eq!((tables.log.as_str(), tables.meta.as_str()), ("shop_log", "shop_meta"));
    /// ```
    pub fn named(revisions: &str) -> Self {
        let stem = revisions.strip_suffix("_revisions").unwrap_or(revisions);
        Self {
            schema: None,
            revisions: revisions.to_owned(),
            log: format!("{stem}_log"),
            meta: format!("{stem}_meta"),
        }
    }

    /// The same tables in a schema.
    ///
    /// ```
    /// let tables = migrate_runtime::HistoryTables::default().in_schema("admin");
    /// assert_eq!(tables.schema.as_deref(), Some("admin"));
    /// ```
    #[must_use]
    pub fn in_schema(self, schema: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), ..self }
    }
}

impl Default for HistoryTables {
    fn default() -> Self {
        Self::named("_migrate_revisions")
    }
}

/// What several heads mean for [`run`](crate::Migrator::run).
///
/// ```
/// use migrate_runtime::MultipleHeads;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let root = |id: &str| {
/// #     let text = format!("-- x\n--\n-- Revision: {id}\n-- Revises: base\n-- migrate:up\n");
/// #     migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())
/// # };
/// # let files = vec![root("a1")?, root("b1")?];
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(files, shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// assert_eq!(migrator.run(&pool).await.unwrap_err().code(), "graph.multiple_heads");
/// let migrator = migrator.multiple_heads(MultipleHeads::Allow);
/// assert_eq!(migrator.run(&pool).await?.after, ["a1", "b1"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MultipleHeads {
    /// An error: somebody has to put them in order.
    #[default]
    Deny,
    /// Lineages that are separate by design: all of them are applied.
    Allow,
}

/// What of a revision's text the history keeps.
///
/// ```
/// use migrate_runtime::StoreSource;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let migrator = migrator.store_source(StoreSource::Full).store_source_max(1_000_000);
/// migrator.run(&pool).await?;
/// assert!(migrator.applied_source(&pool, "a1").await?.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StoreSource {
    /// All of it: edits can be shown as a diff, and files restored.
    #[default]
    Full,
    /// Only the section that takes the revision down.
    Down,
    /// Nothing.
    None,
}

/// What [`run`](crate::Migrator::run) and [`up`](crate::Migrator::up) do where revisions are
/// applied that are not at hand: the database is newer than the code.
/// [`down`](crate::Migrator::down) takes such revisions down in any case, if they are in its way.
///
/// ```
/// use migrate_runtime::OnUnknown;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let migrator = |ids: &[&str]| -> Result<Migrator, Box<dyn std::error::Error>> {
/// #     let read = |id: &&str| {
/// #         let text = format!("-- {id}\n--\n-- Revision: {id}\n-- Revises: base\n\
/// #             -- migrate:up\nCREATE TABLE {id} (x);\n-- migrate:down\nDROP TABLE {id};\n");
/// #         migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())
/// #     };
/// #     let files = ids.iter().map(read).collect::<Result<_, _>>()?;
/// #     let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// #     Ok(Migrator::new(Registry::from_files(files, shop)?.into()))
/// # };
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// # migrator(&["newer"])?.run(&pool).await?;
/// # let older = migrator(&["older"])?;
/// // `newer` is applied, and only `older` is at hand
/// assert_eq!(older.run(&pool).await.unwrap_err().code(), "integrity.unknown");
///
/// let tolerant = older.clone().on_unknown(OnUnknown::Ignore);
/// assert_eq!(tolerant.run(&pool).await?.after, ["newer", "older"]);
///
/// let tidy = older.on_unknown(OnUnknown::RollBack);
/// assert_eq!(tidy.run(&pool).await?.after, ["older"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnUnknown {
    /// [`ErrorKind::Unknown`](crate::ErrorKind::Unknown), and nothing is run.
    #[default]
    Refuse,
    /// They stay as they are, and what is pending of the revisions at hand is run. The schema must
    /// be one that older code can live with.
    Ignore,
    /// They are taken down first, the newest first, from the `down` section that the database has
    /// stored; so is what needs them. This loses what those revisions have made, data included.
    RollBack,
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) tables: HistoryTables,
    /// The schema that is migrated by itself, on PostgreSQL: its history is in it, and statements
    /// find nothing but what is in it.
    pub(crate) tenant: Option<String>,
    pub(crate) on_unknown: OnUnknown,
    pub(crate) transaction: TransactionMode,
    pub(crate) lock: LockMode,
    pub(crate) lock_timeout: Duration,
    /// How long to wait for a database that does not answer yet.
    pub(crate) wait: Duration,
    /// How long a statement of a revision may run; never zero.
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) multiple_heads: MultipleHeads,
    pub(crate) store_source: StoreSource,
    /// The most bytes of a text that the history keeps; a longer one is not kept at all.
    pub(crate) store_source_max: usize,
    /// Set by somebody who wants the run to stop.
    pub(crate) stop: Option<Arc<AtomicBool>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tables: HistoryTables::default(),
            tenant: None,
            on_unknown: OnUnknown::default(),
            transaction: TransactionMode::default(),
            lock: LockMode::default(),
            lock_timeout: Duration::from_mins(1),
            wait: Duration::ZERO,
            statement_timeout: None,
            multiple_heads: MultipleHeads::default(),
            store_source: StoreSource::default(),
            store_source_max: usize::MAX,
            stop: None,
        }
    }
}
