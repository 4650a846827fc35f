//! `[package.metadata.migrate]` of a migrations crate's Cargo.toml: the configuration. Knows the
//! text of a manifest; where the manifest is, its reader knows.

mod error;
mod read;

pub use error::{ConfigError, ConfigProblem};

use std::collections::BTreeMap;
use std::time::Duration;

use crate::dialect::Dialect;

/// Whether every revision is a transaction, or a whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransactionSetting {
    /// `each`
    #[default]
    Each,
    /// `all`
    All,
}

/// What several heads mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MultipleHeads {
    /// An error: somebody has to put them in order.
    #[default]
    Deny,
    /// Lineages that are separate by design.
    Allow,
}

/// The configuration of a migrations crate, with the defaults for what is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The folders of the revisions, relative to the manifest.
    pub revisions: Vec<String>,
    /// The dialects that the revisions are written for.
    pub dialects: Vec<Dialect>,
    /// The environment variable that holds the database's URL.
    pub database_url_env: String,
    /// The database's URL, where neither the command line nor the environment says it.
    pub database_url: Option<String>,
    /// The history table.
    pub table: Option<String>,
    /// Whether every revision is a transaction, or a whole run.
    pub transaction: TransactionSetting,
    /// What several heads mean.
    pub multiple_heads: MultipleHeads,
    /// How long a run waits for other writers.
    pub lock_timeout: Option<Duration>,
    /// What of a revision's text the history keeps.
    pub store_source: StoreSource,
    /// The most bytes of a text that the history keeps.
    pub store_source_max: Option<usize>,
    /// How `new` names its files.
    pub filename: Filename,
    /// A folder with templates of one's own, relative to the manifest.
    pub templates: Option<String>,
    /// Commands that `new` runs on the file it wrote.
    pub post_write: Vec<String>,
    /// Databases by name, for `--env`.
    pub environments: BTreeMap<String, Environment>,
}

/// What of a revision's text the history keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StoreSource {
    /// All of it (the default): edits can be shown, files restored.
    #[default]
    Full,
    /// Only what takes the revision down.
    Down,
    /// Nothing.
    None,
}

/// How `new` names its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filename {
    /// The name without its ending: `{date}`, `{time}`, `{id}` and `{slug}` are replaced.
    pub pattern: String,
    /// The most characters of `{slug}`.
    pub slug_length: usize,
    /// The time zone of `{date}` and `{time}`: `UTC`, `local` or an IANA name.
    pub time_zone: String,
}

impl Default for Filename {
    fn default() -> Self {
        Self {
            pattern: "{date}_{id}_{slug}".to_owned(),
            slug_length: 40,
            time_zone: "UTC".to_owned(),
        }
    }
}

/// A database that `--env` names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Its URL; `${VAR}` stands for an environment variable.
    pub url: Option<String>,
    /// Its history table.
    pub table: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            revisions: vec!["revisions".to_owned()],
            dialects: Vec::new(),
            database_url_env: "DATABASE_URL".to_owned(),
            database_url: None,
            table: None,
            transaction: TransactionSetting::default(),
            multiple_heads: MultipleHeads::default(),
            lock_timeout: None,
            store_source: StoreSource::default(),
            store_source_max: None,
            filename: Filename::default(),
            templates: None,
            post_write: Vec::new(),
            environments: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads the configuration out of a Cargo.toml. `None`: it has none, so its package is no
    /// migrations crate.
    ///
    /// ```
    /// use migrate_model::config::Config;
    ///
    /// let manifest = "[package.metadata.migrate]\ndialects = [\"sqlite\"]\n";
    /// let config = Config::from_manifest(manifest)?.expect("there is one");
    /// assert_eq!(config.revisions, ["revisions"]);
    /// # Ok::<(), migrate_model::config::ConfigError>(())
    /// ```
    pub fn from_manifest(manifest: &str) -> Result<Option<Self>, ConfigError> {
        read::from_manifest(manifest)
    }
}
