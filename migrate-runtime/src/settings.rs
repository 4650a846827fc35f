//! How a migrator runs: its tables, its transactions, its patience.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Whether each revision is a transaction of its own, or the whole run is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransactionMode {
    /// A revision, its row and its log line commit together.
    #[default]
    Each,
    /// The whole run commits together.
    All,
}

/// The names of the three tables in which a database remembers its revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryTables {
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
    /// # #[cfg(feature = "sqlite")] {
    /// let tables = migrate_runtime::HistoryTables::named("shop_revisions");
    /// assert_eq!((tables.log.as_str(), tables.meta.as_str()), ("shop_log", "shop_meta"));
    /// # }
    /// ```
    pub fn named(revisions: &str) -> Self {
        let stem = revisions.strip_suffix("_revisions").unwrap_or(revisions);
        Self {
            revisions: revisions.to_owned(),
            log: format!("{stem}_log"),
            meta: format!("{stem}_meta"),
        }
    }
}

impl Default for HistoryTables {
    fn default() -> Self {
        Self::named("_migrate_revisions")
    }
}

/// What several heads mean for [`run`](crate::Migrator::run).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MultipleHeads {
    /// An error: somebody has to put them in order.
    #[default]
    Deny,
    /// Lineages that are separate by design: all of them are applied.
    Allow,
}

/// What of a revision's text the history keeps.
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

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) tables: HistoryTables,
    pub(crate) transaction: TransactionMode,
    pub(crate) lock_timeout: Duration,
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
            transaction: TransactionMode::default(),
            lock_timeout: Duration::from_mins(1),
            multiple_heads: MultipleHeads::default(),
            store_source: StoreSource::default(),
            store_source_max: usize::MAX,
            stop: None,
        }
    }
}
