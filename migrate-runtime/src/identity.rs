//! Who runs, where and when: what the history remembers of a run.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// The commit of the working tree that a run was started from.
///
/// ```
/// use migrate_runtime::{GitCommit, sqlx};
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let migrator =
///     migrator.git_commit(|| Some(GitCommit { commit: "1f2e3d4".to_owned(), dirty: false }));
/// migrator.run(&pool).await?;
/// let remembered = sqlx::query_scalar("SELECT git_commit FROM _migrate_revisions");
/// let commit: String = remembered.fetch_one(&pool).await?;
/// assert_eq!(commit, "1f2e3d4");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitCommit {
    /// The commit's hash.
    pub commit: String,
    /// Whether tracked files differ from it.
    pub dirty: bool,
}

/// Asks for the commit, once a run has something to remember.
pub(crate) type AskGit = Arc<dyn Fn() -> Option<GitCommit> + Send + Sync>;

/// What is the same for all rows of one run.
pub(crate) struct RunIdentity {
    pub(crate) run_id: String,
    pub(crate) by: Option<String>,
    pub(crate) host: Option<String>,
    ask_git: AskGit,
    git: OnceLock<Option<GitCommit>>,
}

impl RunIdentity {
    pub(crate) fn new(ask_git: AskGit) -> Self {
        let by =
            ["USER", "USERNAME", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let host = gethostname::gethostname().into_string().ok();
        Self { run_id: random_id(), by, host, ask_git, git: OnceLock::new() }
    }

    pub(crate) fn git(&self) -> Option<&GitCommit> {
        self.git.get_or_init(|| (self.ask_git)()).as_ref()
    }
}

/// Sixteen hexadecimal digits that no other run has: the standard library's hash keys are
/// random per process, and no two calls see the same keys.
fn random_id() -> String {
    let state = RandomState::new();
    format!("{:016x}", state.hash_one((std::process::id(), SystemTime::now())))
}

/// The time as the history writes it: RFC 3339, UTC, microseconds.
pub(crate) fn now() -> String {
    humantime::format_rfc3339_micros(SystemTime::now()).to_string()
}
