//! `[package.metadata.migrate]` of a migrations crate's Cargo.toml: the configuration. Knows the
//! text of a manifest; where the manifest is, its reader knows.

mod error;
mod read;

pub use error::{ConfigError, ConfigProblem};

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
