//! A temporary cargo workspace with an application and a migrations crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{CACHES, PASSWORD, Run, cargo_migrate, repository};

/// A workspace `shop` with the application `app`; `cargo migrate init` has run in it.
#[derive(Debug)]
pub struct Workspace {
    folder: tempfile::TempDir,
    root: PathBuf,
}

/// A revision to write: id, parent and statements.
#[derive(Debug, Clone, Copy)]
pub struct Revision<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its parent, or `base`.
    pub revises: &'a str,
    /// Its `up` section.
    pub up: &'a str,
    /// Its `down` section; `None` makes it irreversible.
    pub down: Option<&'a str>,
}

impl Workspace {
    /// A workspace before `init`.
    pub fn without_migrations() -> Self {
        Self::without_migrations_in("shop")
    }

    /// The same, with another name, or path, of the workspace's folder.
    pub fn without_migrations_in(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("migrate-e2e-").tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join(name);
        let workspace = Self { folder, root };
        workspace.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"app\"]\n");
        let package = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        workspace.write("app/Cargo.toml", package);
        workspace.write("app/src/main.rs", "fn main() {}\n");
        workspace
    }

    /// A workspace after `init`, with `.env` naming `shop.db`, and a password of something else.
    pub fn new() -> Self {
        let workspace = Self::without_migrations();
        workspace.migrate(["init"]).succeeds();
        workspace.write(".env", format!("DATABASE_URL=sqlite:shop.db\nMAIL_PASSWORD={PASSWORD}\n"));
        workspace
    }

    /// A path below the workspace's folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file below the workspace's folder.
    pub fn write(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Reads a file below the workspace's folder.
    pub fn read(&self, name: impl AsRef<Path>) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Replaces a text in a file, which must be there.
    #[track_caller]
    pub fn replace(&self, name: impl AsRef<Path>, from: &str, to: &str) {
        let text = self.read(&name);
        assert!(text.contains(from), "{from} is not in {text}");
        self.write(name, text.replacen(from, to, 1));
    }

    /// Every file below the workspace's folder, with its content.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![self.root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => drop(files.insert(path.clone(), fs::read(path).unwrap())),
                }
            }
        }
        files
    }

    /// Writes `migrations/revisions/<id>.sql` and gives that path.
    pub fn revision(&self, revision: Revision<'_>) -> String {
        let Revision { id, revises, up, down } = revision;
        let down = down.map(|down| format!("\n-- migrate:down\n{down}\n")).unwrap_or_default();
        let name = format!("migrations/revisions/{id}.sql");
        self.write(
            &name,
            format!(
                "-- make {id}\n--\n-- Revision: {id}\n-- Revises: {revises}\n\
             -- Created: 2026-11-23T10:12:13Z\n\n-- migrate:up\n{up}\n{down}"
            ),
        );
        name
    }

    /// The same workspace with revisions as [`Workspace::tables`] writes them.
    pub fn with_tables(self, revisions: &[(&str, &str)]) -> Self {
        self.tables(revisions);
        self
    }

    /// Writes a revision for each id and its parent; each makes the table of its id, and drops it.
    pub fn tables(&self, revisions: &[(&str, &str)]) {
        for (id, revises) in revisions {
            let (up, down) = (format!("CREATE TABLE {id} (x int);"), format!("DROP TABLE {id};"));
            self.revision(Revision { id, revises, up: &up, down: Some(&down) });
        }
    }

    /// Adds lines to the configuration in the migrations crate's Cargo.toml.
    pub fn configure(&self, lines: &str) {
        self.replace(
            "migrations/Cargo.toml",
            "\n[dependencies]",
            &format!("{lines}\n[dependencies]"),
        );
    }

    /// Runs `cargo migrate` in the workspace's folder.
    pub fn migrate<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Run {
        self.migrate_in(&self.root, arguments)
    }

    /// Runs `cargo migrate` in another folder.
    pub fn migrate_in<'a>(
        &self,
        folder: &Path,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Run {
        Run::of(self.command(cargo_migrate(), arguments).current_dir(folder))
    }

    /// `cargo migrate` of any binary in the workspace's folder, not started yet.
    pub fn command<'a>(
        &self,
        binary: &Path,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Command {
        let mut command = Command::new(binary);
        command.arg("migrate").args(arguments).current_dir(&self.root);
        command.env(CACHES, self.caches());
        command
    }

    /// What the tool has for the user's cache folder. It is beside the workspace, not in it.
    pub fn caches(&self) -> PathBuf {
        self.folder.path().join("caches")
    }

    /// Runs `cargo migrate … --format json`.
    pub fn migrate_json<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Run {
        self.migrate(arguments.into_iter().chain(["--format", "json"]))
    }

    /// Makes the application bring the database of its first argument up by itself and print
    /// where it is then.
    ///
    /// All workspaces share one target folder, and cargo tells the packages in it apart by name,
    /// version and their path *below the workspace*. So each workspace gets a version of its own.
    pub fn with_application(self) -> Self {
        let version = format!("version = \"{}\"", self.version());
        self.replace("migrations/Cargo.toml", "version = \"0.1.0\"", &version);
        self.replace("app/Cargo.toml", "version = \"0.1.0\"", &version);
        let manifest = self.read("app/Cargo.toml")
            + "\n[dependencies]\nshop-migrations = { path = \"../migrations\" }\n\
               tokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n";
        self.write("app/Cargo.toml", manifest);
        self.write("app/src/main.rs", include_str!("application.rs.txt"));
        // The same versions of everything as this repository, so nothing is looked up.
        fs::copy(repository().join("Cargo.lock"), self.path("Cargo.lock")).unwrap();
        self
    }

    /// The version of the packages of a workspace with an application.
    pub fn version(&self) -> String {
        let folder = self.folder.path().file_name().unwrap().to_str().unwrap();
        let unique = folder.rsplit('-').next().unwrap();
        format!("0.1.0-{}.{unique}", std::process::id())
    }

    /// Runs cargo in the workspace; all workspaces share one target folder.
    pub fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Run {
        Run::of(&mut self.cargo_command(arguments))
    }

    fn cargo_command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", repository().join("target").join("e2e"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    }

    /// Builds and runs the stand-alone migrator on a database.
    pub fn migrator_alone(&self, url: &str) -> Run {
        let mut command = self.cargo_command(["run", "--quiet", "--package", "shop-migrations"]);
        Run::of(command.env("DATABASE_URL", url))
    }

    /// Builds and runs the application on a database.
    pub fn application(&self, url: &str) -> Run {
        self.cargo(["run", "--quiet", "--package", "app", "--", url])
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}
