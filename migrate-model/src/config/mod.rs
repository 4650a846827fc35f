//! `[package.metadata.migrate]` of a migrations crate's Cargo.toml: the configuration. Knows the
//! text of a manifest; where the manifest is, its reader knows.

mod error;
mod read;

pub use error::{ConfigError, ConfigProblem};

use std::collections::BTreeMap;
use std::time::Duration;

use crate::dialect::Dialect;

/// Whether every revision is a transaction, or a whole run.
///
/// ```
/// use migrate_model::config::{Config, TransactionSetting};
///
/// let manifest = "[package.metadata.migrate]\ntransaction = \"all\"\n";
/// let config = Config::from_manifest(manifest)?.unwrap_or_default();
/// assert_eq!(config.transaction, TransactionSetting::All);
/// # Ok::<(), migrate_model::config::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransactionSetting {
    /// `each`
    #[default]
    Each,
    /// `all`
    All,
}

/// What several heads mean.
///
/// ```
/// use migrate_model::config::{Config, MultipleHeads};
///
/// let manifest = "[package.metadata.migrate]\nmultiple-heads = \"allow\"\n";
/// let config = Config::from_manifest(manifest)?.unwrap_or_default();
/// assert_eq!(config.multiple_heads, MultipleHeads::Allow);
/// # Ok::<(), migrate_model::config::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MultipleHeads {
    /// An error: somebody has to put them in order.
    #[default]
    Deny,
    /// Lineages that are separate by design.
    Allow,
}

/// How other writers are kept out. On SQLite it is always the database's own lock, taken with
/// `BEGIN IMMEDIATE`; this is for servers.
///
/// ```
/// use migrate_model::config::{Config, LockSetting};
///
/// let manifest = "[package.metadata.migrate]\nlock = \"lease\"\n";
/// let config = Config::from_manifest(manifest)?.unwrap_or_default();
/// assert_eq!(config.lock, LockSetting::Lease);
/// # Ok::<(), migrate_model::config::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LockSetting {
    /// `session`: a lock of the connection, held for the whole run.
    #[default]
    Session,
    /// `transaction`: a lock in each revision's transaction, for connections that go through a
    /// pooler; on PostgreSQL.
    Transaction,
    /// `lease`: a row in a table that must be renewed, and no lock of the server.
    Lease,
}

/// The configuration of a migrations crate, with the defaults for what is not set.
///
/// ```
/// use migrate_model::config::Config;
///
/// let config = Config::default();
/// assert_eq!(config.revisions, ["revisions"]);
/// assert_eq!(config.database_url_env, "DATABASE_URL");
/// ```
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
    /// The schema that the history tables are in, where databases have schemas.
    pub schema: Option<String>,
    /// Whether every revision is a transaction, or a whole run.
    pub transaction: TransactionSetting,
    /// What several heads mean.
    pub multiple_heads: MultipleHeads,
    /// How other writers are kept out, where there are several ways.
    pub lock: LockSetting,
    /// How long a run waits for other writers.
    pub lock_timeout: Option<Duration>,
    /// How long a statement of a revision may run; zero is no limit.
    pub statement_timeout: Option<Duration>,
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
    /// Names of tables that autogeneration leaves alone.
    pub exclude: Vec<String>,
    /// Databases by name, for `--env`.
    pub environments: BTreeMap<String, Environment>,
}

/// What of a revision's text the history keeps.
///
/// ```
/// use migrate_model::config::{Config, StoreSource};
///
/// let manifest = "[package.metadata.migrate]\nstore-source = \"down\"\n";
/// let config = Config::from_manifest(manifest)?.unwrap_or_default();
/// assert_eq!(config.store_source, StoreSource::Down);
/// # Ok::<(), migrate_model::config::ConfigError>(())
/// ```
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
///
/// ```
/// use migrate_model::config::Config;
///
/// let manifest = "[package.metadata.migrate]\nfilename = \"{date}_{id}\"\n";
/// let filename = Config::from_manifest(manifest)?.unwrap_or_default().filename;
/// assert_eq!((filename.pattern.as_str(), filename.time_zone.as_str()), ("{date}_{id}", "UTC"));
/// # Ok::<(), migrate_model::config::ConfigError>(())
/// ```
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
///
/// ```
/// use migrate_model::config::Config;
///
/// let manifest = "[package.metadata.migrate.env.prod]\nurl = \"sqlite:${NAME}.db\"\n";
/// let config = Config::from_manifest(manifest)?.unwrap_or_default();
/// assert_eq!(config.environments["prod"].url.as_deref(), Some("sqlite:${NAME}.db"));
/// # Ok::<(), migrate_model::config::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Its URL; `${VAR}` stands for an environment variable.
    pub url: Option<String>,
    /// Its history table.
    pub table: Option<String>,
    /// The schema that its history tables are in.
    pub schema: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            revisions: vec!["revisions".to_owned()],
            dialects: Vec::new(),
            database_url_env: "DATABASE_URL".to_owned(),
            database_url: None,
            table: None,
            schema: None,
            transaction: TransactionSetting::default(),
            multiple_heads: MultipleHeads::default(),
            lock: LockSetting::default(),
            lock_timeout: None,
            statement_timeout: None,
            store_source: StoreSource::default(),
            store_source_max: None,
            filename: Filename::default(),
            templates: None,
            post_write: Vec::new(),
            exclude: Vec::new(),
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
