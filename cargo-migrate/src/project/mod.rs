//! The user's project: where its migrations crate is, what it is configured to, which revisions
//! it has, which database it means. Knows files and environment; prints nothing.

mod database_url;
mod dotenv;
mod index;
mod install_source;
mod locate;
pub(crate) mod manifest_edit;

use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use migrate_model::config::{
    Config, LockSetting, MultipleHeads as MultipleHeadsSetting, StoreSource as StoreSourceSetting,
    TransactionSetting,
};
use migrate_model::{Dialect, RevisionFile};
use migrate_runtime::{
    CrateInfo, HistoryTables, LockMode, Migrator, MultipleHeads, Registry, STORED_DOWN,
    StoreSource, TransactionMode,
};

pub(crate) use database_url::{DatabaseUrl, redacted as shown_url};
pub(crate) use install_source::InstallSource;
pub(crate) use locate::{current_folder, nearest_manifest, packages, workspace_manifest};

use crate::arguments::Common;
use crate::error::CliError;

/// A migrations crate and the workspace around it.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder of the migrations crate.
    pub(crate) root: Utf8PathBuf,
    /// The folder of the workspace's Cargo.toml.
    pub(crate) workspace: Utf8PathBuf,
    /// `[package.metadata.migrate]`.
    pub(crate) config: Config,
    /// Name and version of the migrations crate.
    pub(crate) crate_info: CrateInfo,
    /// Whether the index of files must not be used, because it was wrong.
    pub(crate) reads_every_file: bool,
}

impl Project {
    /// Finds the project that the command line means.
    pub(crate) fn find(common: &Common) -> Result<Self, CliError> {
        let project = locate::project(common)?;
        Ok(Self { reads_every_file: common.reads_every_file, ..project })
    }

    /// All revisions, checked. Of many files only those are read that have changed since the last
    /// time; [`read_registry`](Self::read_registry) is for those who must not rely on that.
    pub(crate) fn registry(&self) -> Result<Registry, CliError> {
        if self.reads_every_file {
            index::forget(&self.root);
            return self.read_registry();
        }
        let root = self.root.as_std_path();
        let names = migrate_build::list(root, self.patterns()?)
            .map_err(|error| CliError::scan(self, error))?;
        let Some(index) = index::path(&self.root, names.len()) else {
            return self.read_registry();
        };
        let mut buffer = Vec::new();
        let revisions = index::revisions(&index, &self.root, &names, |name| {
            migrate_build::read(root, name, &mut buffer).map(|file| file.revision)
        });
        let revisions = revisions.map_err(|error| CliError::scan(self, error))?;
        match Registry::from_folder(revisions, root, self.crate_info.clone()) {
            Ok(registry) => Ok(registry),
            // The index has no lines of headers, and an error should tell them.
            Err(_) => self.read_registry(),
        }
    }

    /// Reads and checks all revisions, each from its file.
    pub(crate) fn read_registry(&self) -> Result<Registry, CliError> {
        let files = migrate_build::scan(self.root.as_std_path(), self.patterns()?)
            .map_err(|error| CliError::scan(self, error))?;
        Registry::from_files(files, self.crate_info.clone())
            .map_err(|error| CliError::graph(self, error))
    }

    /// A folder that was named on the command line, from the current folder or from the migrations
    /// crate, if it is one of the revisions'.
    pub(crate) fn revision_folder(&self, named: &Utf8Path) -> Result<String, CliError> {
        let folders = self.folders()?;
        let here = current_folder()?.join(named);
        let is_meant = |folder: &&String| {
            let same = |path: &Utf8Path| {
                let canonical =
                    (path.canonicalize_utf8(), self.root.join(folder).canonicalize_utf8());
                matches!(canonical, (Ok(one), Ok(other)) if one == other)
            };
            same(&here) || same(&self.root.join(named))
        };
        folders.iter().find(is_meant).cloned().ok_or_else(|| CliError::Project {
            code: "config.revisions",
            message: format!("{named} is no folder of the revisions"),
            hint: Some(format!(
                "make it, and add it to `revisions` in [package.metadata.migrate]; there are: {}",
                folders.join(", ")
            )),
            candidates: folders,
        })
    }

    /// The folders of the revisions, as configured. One that is missing is an error, not an empty
    /// one; a glob may match nothing.
    fn patterns(&self) -> Result<&[String], CliError> {
        let missing =
            |folder: &&String| !migrate_build::is_glob(folder) && !self.root.join(folder).is_dir();
        match self.config.revisions.iter().find(missing) {
            None => Ok(&self.config.revisions),
            Some(folder) => Err(CliError::Project {
                code: "project.no_revisions",
                message: format!(
                    "the folder of the revisions, {}, does not exist",
                    self.shown(folder)
                ),
                hint: Some(
                    "make it, or correct `revisions` in [package.metadata.migrate]".to_owned(),
                ),
                candidates: Vec::new(),
            }),
        }
    }

    /// Reads every revision file; each is there, or what is wrong with it.
    pub(crate) fn each_file(&self) -> Result<Vec<Result<RevisionFile, CliError>>, CliError> {
        let fault = |error| CliError::scan(self, error);
        let files = migrate_build::scan_each(self.root.as_std_path(), self.patterns()?);
        Ok(files.map_err(fault)?.into_iter().map(|file| file.map_err(fault)).collect())
    }

    /// The folders of the revisions that there are, relative to the migrations crate.
    pub(crate) fn folders(&self) -> Result<Vec<String>, CliError> {
        migrate_build::folders(self.root.as_std_path(), &self.config.revisions)
            .map_err(|error| CliError::scan(self, error))
    }

    /// The folder that a new revision goes into.
    pub(crate) fn first_folder(&self) -> Result<String, CliError> {
        let first = &self.config.revisions[..1];
        if !migrate_build::is_glob(&first[0]) {
            return Ok(first[0].clone());
        }
        let found = migrate_build::folders(self.root.as_std_path(), first);
        let found = found.map_err(|error| CliError::scan(self, error))?;
        found.into_iter().next().ok_or_else(|| CliError::Project {
            code: "project.no_revisions",
            message: format!("no folder matches {}", first[0]),
            hint: Some("make one, or correct `revisions` in [package.metadata.migrate]".to_owned()),
            candidates: Vec::new(),
        })
    }

    /// A migrator with the project's settings.
    pub(crate) fn migrator(&self, registry: Registry) -> Migrator {
        let mode = match self.config.transaction {
            TransactionSetting::Each => TransactionMode::Each,
            TransactionSetting::All => TransactionMode::All,
        };
        let workspace = self.workspace.clone();
        let registry = Arc::new(registry);
        // Never freed: the process ends soon, and gives all of it back at once.
        std::mem::forget(Arc::clone(&registry));
        let mut migrator = Migrator::new(registry)
            .transaction(mode)
            .lock(match self.config.lock {
                LockSetting::Session => LockMode::Session,
                LockSetting::Transaction => LockMode::Transaction,
                LockSetting::Lease => LockMode::Lease,
            })
            .multiple_heads(self.multiple_heads())
            .store_source(match self.config.store_source {
                StoreSourceSetting::Full => StoreSource::Full,
                StoreSourceSetting::Down => StoreSource::Down,
                StoreSourceSetting::None => StoreSource::None,
            })
            .git_commit(move || locate::git_commit(&workspace));
        if let Some(most) = self.config.store_source_max {
            migrator = migrator.store_source_max(most);
        }
        migrator = migrator.history_tables(HistoryTables {
            schema: self.config.schema.clone(),
            ..self.config.table.as_deref().map(HistoryTables::named).unwrap_or_default()
        });
        if let Some(timeout) = self.config.lock_timeout {
            migrator = migrator.lock_timeout(timeout);
        }
        if let Some(timeout) = self.config.statement_timeout {
            migrator = migrator.statement_timeout(timeout);
        }
        migrator
    }

    /// Whether the history keeps the texts of revisions, so that a file can be written back.
    pub(crate) fn keeps_source(&self) -> bool {
        self.config.store_source == StoreSourceSetting::Full
    }

    /// A migrator that knows no revisions, for commands that only ask what a database remembers.
    pub(crate) fn history_reader(&self) -> Result<Migrator, CliError> {
        let empty = Registry::from_files(Vec::new(), self.crate_info.clone());
        Ok(self.migrator(empty.map_err(|error| CliError::graph(self, error))?))
    }

    pub(crate) fn multiple_heads(&self) -> MultipleHeads {
        match self.config.multiple_heads {
            MultipleHeadsSetting::Deny => MultipleHeads::Deny,
            MultipleHeadsSetting::Allow => MultipleHeads::Allow,
        }
    }

    /// The dialect to write and to check for where no database is asked: the first configured one.
    pub(crate) fn dialect(&self) -> Dialect {
        self.config.dialects.first().copied().unwrap_or(Dialect::Sqlite)
    }

    /// What a run without a target goes to.
    pub(crate) fn newest(&self) -> &'static str {
        match self.config.multiple_heads {
            MultipleHeadsSetting::Deny => "head",
            MultipleHeadsSetting::Allow => "heads",
        }
    }

    /// The database that the command line, the environment or the configuration names.
    pub(crate) fn database_url(&self, common: &Common) -> Result<DatabaseUrl, CliError> {
        let url = database_url::find(self, common)?;
        let (dialect, dialects) = (url.dialect(), &self.config.dialects);
        if dialects.is_empty() || dialects.contains(&dialect) {
            return Ok(url);
        }
        // Drivers know both servers by `mysql://`.
        let other = match dialect {
            Dialect::Mysql => Some(Dialect::Mariadb),
            Dialect::Mariadb => Some(Dialect::Mysql),
            Dialect::Sqlite | Dialect::Postgres => None,
        };
        if let Some(other) = other.filter(|other| dialects.contains(other)) {
            return Ok(url.of_dialect(other));
        }
        let names: Vec<String> = dialects.iter().map(ToString::to_string).collect();
        Err(CliError::Project {
            code: "config.dialect",
            message: format!("{dialect} is none of this project's dialects: {}", names.join(", ")),
            hint: Some(
                "add it to `dialects` in [package.metadata.migrate], and to the features of \
                 `migrate` in the same file"
                    .to_owned(),
            ),
            candidates: names,
        })
    }

    /// The same, for commands that never make a database.
    pub(crate) fn existing_database(&self, common: &Common) -> Result<DatabaseUrl, CliError> {
        let url = self.database_url(common)?;
        if url.is_missing() {
            return Err(CliError::Project {
                code: "database.unreachable",
                message: format!("{} does not exist", url.shown()),
                hint: Some("make it: cargo migrate up".to_owned()),
                candidates: Vec::new(),
            });
        }
        Ok(url)
    }

    /// A file of the migrations crate as messages show it: from the current folder where it is
    /// below that, else in full.
    pub(crate) fn shown(&self, file: &str) -> String {
        shown(&self.root.join(file))
    }
}

/// A path as messages show it. What the database has stored stands for a file, and is none.
pub(crate) fn shown(path: &Utf8Path) -> String {
    // Asked for once: a listing shows a thousand paths.
    static CURRENT: OnceLock<Option<Utf8PathBuf>> = OnceLock::new();
    if let Some(name) = path.file_name().filter(|name| name.ends_with(STORED_DOWN)) {
        return name.to_owned();
    }
    let current = CURRENT.get_or_init(|| current_folder().ok());
    let relative = current.as_deref().and_then(|current| path.strip_prefix(current).ok());
    match relative.unwrap_or(path).as_str() {
        "" => ".".to_owned(),
        path => path.replace('\\', "/"),
    }
}
