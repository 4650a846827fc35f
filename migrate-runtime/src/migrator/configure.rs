//! What an application chooses before a run. Nothing here touches a database.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::Migrator;
use crate::event::Event;
use crate::identity::GitCommit;
use crate::settings::{
    HistoryTables, LockMode, MultipleHeads, OnUnknown, StoreSource, TransactionMode,
};

impl Migrator {
    /// Uses other history tables.
    #[must_use]
    pub fn history_tables(mut self, tables: HistoryTables) -> Self {
        let schema = self.settings.tenant.clone().or(tables.schema);
        self.settings.tables = HistoryTables { schema, ..tables };
        self
    }

    /// Migrates one schema of a PostgreSQL database by itself, with a history of its own in that
    /// schema: for tenants, whose schemas are made at sign-up. A schema that is missing is created
    /// together with the first revision.
    ///
    /// While a revision runs, the `search_path` is that schema alone, and it ends with the
    /// revision's transaction: a table that a tenant lacks is an error, never the table of that
    /// name in `public`. What lies elsewhere, an extension's functions for example, is named with
    /// its schema. The lock is the schema's, so tenants are migrated side by side. On SQLite this
    /// is an error, `config.schema`.
    ///
    /// ```no_run
    /// # #[cfg(feature = "postgres")]
    /// # async fn signed_up(
    /// #     migrator: migrate_runtime::Migrator,
    /// #     pool: migrate_runtime::sqlx::PgPool,
    /// # ) -> Result<(), migrate_runtime::Error> {
    /// migrator.in_schema("tenant_42").run(&pool).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn in_schema(mut self, schema: impl Into<String>) -> Self {
        let schema = schema.into();
        self.settings.tables.schema = Some(schema.clone());
        self.settings.tenant = Some(schema);
        self
    }

    /// Makes each revision a transaction, or the whole run one.
    #[must_use]
    pub fn transaction(mut self, mode: TransactionMode) -> Self {
        self.settings.transaction = mode;
        self
    }

    /// How other writers are kept out on PostgreSQL (default: by a lock of the session). Behind a
    /// pooler that gives each message to another session, like PgBouncer in transaction mode, it
    /// must be [`LockMode::Transaction`]; all who migrate the same database may differ in it.
    ///
    /// ```no_run
    /// # #[cfg(feature = "postgres")]
    /// # async fn behind_a_pooler(
    /// #     migrator: migrate_runtime::Migrator,
    /// #     pool: migrate_runtime::sqlx::PgPool,
    /// # ) -> Result<(), migrate_runtime::Error> {
    /// migrator.lock(migrate_runtime::LockMode::Transaction).run(&pool).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn lock(mut self, mode: LockMode) -> Self {
        self.settings.lock = mode;
        self
    }

    /// Waits at most that long for other writers (default: 60 s).
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.settings.lock_timeout = timeout;
        self
    }

    /// Waits at most that long for the database to answer, with growing pauses between the tries
    /// (default: not at all). For a server that is being started beside the program; what does not
    /// pass by itself, a wrong password or a missing database, is an error at once. SQLite answers
    /// always.
    #[must_use]
    pub fn wait_for_database(mut self, time: Duration) -> Self {
        self.settings.wait = time;
        self
    }

    /// Ends a statement of a revision that runs longer: its revision is rolled back, and the error
    /// is [`ErrorKind::Failed`] with the [`time_limit`](crate::Failure::time_limit). Zero means
    /// no limit (the default).
    ///
    /// On SQLite the connection's progress handler is used for it, and removed afterwards. A
    /// statement whose run was dropped goes on to its end, without a limit.
    ///
    /// [`ErrorKind::Failed`]: crate::ErrorKind::Failed
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.settings.statement_timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
        self
    }

    /// What [`run`](Self::run) does where there are several heads (default: refuse).
    #[must_use]
    pub fn multiple_heads(mut self, meaning: MultipleHeads) -> Self {
        self.settings.multiple_heads = meaning;
        self
    }

    /// What [`run`](Self::run) and [`up`](Self::up) do about applied revisions that are not at hand
    /// (default: refuse).
    #[must_use]
    pub fn on_unknown(mut self, choice: OnUnknown) -> Self {
        self.settings.on_unknown = choice;
        self
    }

    /// What of each revision's text the history keeps (default: all of it). Without the text an
    /// edit is still refused, but can't be shown or taken back; without the `down` section an
    /// older binary can't take the revision down.
    #[must_use]
    pub fn store_source(mut self, what: StoreSource) -> Self {
        self.settings.store_source = what;
        self
    }

    /// Keeps only texts of at most that many bytes (default: of any length).
    #[must_use]
    pub fn store_source_max(mut self, bytes: usize) -> Self {
        self.settings.store_source_max = bytes;
        self
    }

    /// Stops a run once `stop` becomes true: the statement that is running is interrupted, its
    /// revision rolled back, and the error is [`ErrorKind::Interrupted`]. For signal handlers.
    ///
    /// [`ErrorKind::Interrupted`]: crate::ErrorKind::Interrupted
    ///
    /// On SQLite the connection's progress handler is used for it, and removed afterwards. On
    /// PostgreSQL the server is asked by a second connection, so a connection that was lent to the
    /// run ([`IntoDatabase`](crate::IntoDatabase) of a `&mut PgConnection`) finishes its statement
    /// first; so does one behind a pooler that has no other connection of the server to give.
    #[must_use]
    pub fn stop_when(mut self, stop: Arc<AtomicBool>) -> Self {
        self.settings.stop = Some(stop);
        self
    }

    /// Calls `listener` at every [`Event`] of a run.
    #[must_use]
    pub fn on_event(mut self, listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.listener = Arc::new(listener);
        self
    }

    /// Lets the history remember the commit that a run was started from. `ask` is called at most
    /// once a run, and only if there is something to remember.
    #[must_use]
    pub fn git_commit(
        mut self,
        ask: impl Fn() -> Option<GitCommit> + Send + Sync + 'static,
    ) -> Self {
        self.ask_git = Arc::new(ask);
        self
    }
}
