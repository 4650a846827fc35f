//! The public face: what a build script calls.

use std::fs;
use std::path::{Path, PathBuf};

use migrate_model::Graph;
use migrate_model::config::{Config, MultipleHeads};

use crate::error::BuildError;
use crate::folders::{folders, topmost};
use crate::generate;
use crate::scan::scan;
use crate::watch::watched;

/// Checks and embeds the revisions of a folder, or of several.
///
/// ```no_run
/// // in `main` of build.rs
/// migrate_build::Builder::new("revisions").emit();
/// ```
#[derive(Debug, Clone)]
pub struct Builder {
    folders: Vec<String>,
    allow_empty: bool,
}

impl Builder {
    /// Embeds the revisions of `folder`, a path relative to the crate's Cargo.toml.
    ///
    /// ```no_run
    /// migrate_build::Builder::new("revisions").emit();
    /// ```
    pub fn new(folder: impl Into<String>) -> Self {
        Self { folders: vec![folder.into()], allow_empty: false }
    }

    /// Embeds the revisions of a further folder, too. Like the first it may be a glob
    /// (`plugins/*/revisions`), or a folder and all below it (`db/**`). `revisions` in
    /// `[package.metadata.migrate]` must list the same.
    ///
    /// New folders that match are noticed below what stands before the `*`. Where nothing does
    /// (`*/revisions`), a new folder beside build.rs is noticed only with another change.
    ///
    /// ```no_run
    /// migrate_build::Builder::new("revisions").folder("plugins/*/revisions").emit();
    /// ```
    #[must_use]
    pub fn folder(mut self, folder: impl Into<String>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// Lets a missing folder, or one without revisions, pass. Without this they fail the build,
    /// because they are most often a wrong path.
    ///
    /// ```no_run
    /// migrate_build::Builder::new("revisions").allow_empty().emit();
    /// ```
    #[must_use]
    pub fn allow_empty(mut self) -> Self {
        self.allow_empty = true;
        self
    }

    /// Checks and embeds; on a fault tells cargo so and ends the build script with exit code 1.
    ///
    /// Everything is told to cargo on stdout, as build scripts do
    /// (<https://doc.rust-lang.org/cargo/reference/build-scripts.html>).
    ///
    /// ```no_run
    /// migrate_build::Builder::new("revisions").emit();
    /// ```
    pub fn emit(self) {
        println!("cargo::rerun-if-changed=build.rs");
        // The configuration decides what is an error.
        println!("cargo::rerun-if-changed=Cargo.toml");
        let done = match (cargo_folder("CARGO_MANIFEST_DIR"), cargo_folder("OUT_DIR")) {
            (Some(root), Some(out)) => {
                self.tell(&root, &out).and_then(|()| self.write(&root, &out))
            }
            _ => Err(BuildError::NotABuildScript),
        };
        if let Err(error) = done {
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
            std::process::exit(1);
        }
    }

    /// Tells cargo what to look after, and the compiler where the folders are.
    fn tell(&self, root: &Path, out: &Path) -> Result<(), BuildError> {
        let found = folders(root, &self.folders)?;
        for folder in watched(root, out, &self.folders, &found) {
            println!("cargo::rerun-if-changed={folder}");
        }
        for (at, folder) in topmost(&found).into_iter().enumerate() {
            let (variable, path) = (generate::folder_variable(at), root.join(folder));
            println!("cargo::rustc-env={variable}={}", path.display());
        }
        Ok(())
    }

    /// Checks the revisions below `root` (the folder of the crate's Cargo.toml) and writes the
    /// generated files to `out`. To compile them, the variables `MIGRATE_REVISIONS_0`,
    /// `MIGRATE_REVISIONS_1` … must hold the paths of the [`folders`](crate::folders) in their
    /// order, without those that are below another. This is [`emit`](Self::emit) for those who
    /// report faults themselves.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let (root, out) = (folder.path(), folder.path());
    /// # std::fs::write(root.join("Cargo.toml"), "[package]\n")?;
    /// # std::fs::create_dir(root.join("revisions"))?;
    /// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
    /// # std::fs::write(root.join("revisions/add_x.sql"), text)?;
    /// migrate_build::Builder::new("revisions").write(root, out)?;
    /// assert!(out.join("migrate_registry.rs").exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write(&self, root: &Path, out: &Path) -> Result<(), BuildError> {
        let config = read_config(root)?;
        if config.revisions != self.folders {
            return Err(BuildError::OtherFolder {
                folder: self.folders.join(", "),
                configured: config.revisions.join(", "),
            });
        }
        let files = scan(root, &self.folders)?;
        if files.is_empty() && !self.allow_empty {
            return Err(BuildError::Empty { folder: self.folders.join(", ") });
        }
        for file in &files {
            file.check_for(&config.dialects).map_err(|error| BuildError::File { error })?;
        }
        let revisions = files.into_iter().map(|file| file.revision).collect();
        let graph = Graph::new(revisions).map_err(BuildError::Graph)?;
        if config.multiple_heads == MultipleHeads::Deny && graph.heads().len() > 1 {
            return Err(BuildError::multiple_heads(&graph));
        }
        let folders = folders(root, &self.folders)?;
        let generated = generate::registry(&graph, &topmost(&folders), &config);
        for (name, text) in generated {
            let path = out.join(name);
            fs::write(&path, text).map_err(|source| BuildError::Io { path, source })?;
        }
        Ok(())
    }
}

fn cargo_folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

fn read_config(root: &Path) -> Result<Config, BuildError> {
    let path = root.join("Cargo.toml");
    let manifest = fs::read_to_string(&path)
        .map_err(|source| BuildError::Io { path: path.clone(), source })?;
    Config::from_manifest(&manifest)
        .map(Option::unwrap_or_default)
        .map_err(|error| BuildError::Config { error })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Crate(tempfile::TempDir);

    impl Crate {
        fn new(metadata: &str, revisions: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let manifest =
                format!("[package]\nname = \"m\"\n[package.metadata.migrate]\n{metadata}\n");
            fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
            fs::create_dir(folder.path().join("out")).unwrap();
            fs::create_dir(folder.path().join("revisions")).unwrap();
            for (name, text) in revisions {
                fs::write(folder.path().join("revisions").join(name), text).unwrap();
            }
            Self(folder)
        }

        fn build(&self) -> Result<String, String> {
            self.write(&Builder::new("revisions"))?;
            Ok(self.written("migrate_registry.txt"))
        }

        fn write(&self, builder: &Builder) -> Result<(), String> {
            builder.write(self.0.path(), &self.0.path().join("out")).map_err(|it| it.to_string())
        }

        fn written(&self, name: &str) -> String {
            fs::read_to_string(self.0.path().join("out").join(name)).unwrap()
        }
    }

    fn revision(id: &str, revises: &str) -> String {
        format!("-- add {id}\n--\n-- Revision: {id}\n-- Revises: {revises}\n\n-- migrate:up\n")
    }

    #[test]
    fn the_table_has_a_line_a_revision() {
        let (a, b) = (revision("a", "base"), revision("b", "a"));
        let table = Crate::new("", &[("a.sql", &a), ("b.sql", &b), ("README.md", "")]).build();
        let sum = |text: &str| migrate_model::Checksum::of(text.as_bytes());
        let expected = format!(
            "a\t\t\t\t\tsql\t{}\trevisions/a.sql\tadd a\nb\ta\t\t\t\tsql\t{}\trevisions/b.sql\tadd b\n",
            sum(&a),
            sum(&b)
        );
        assert_eq!(table.unwrap(), expected);
    }

    #[test]
    fn several_folders_are_embedded_each_once() {
        let configured = "revisions = [\"revisions\", \"plugins/*/db/**\"]";
        let migrations = Crate::new(configured, &[("a.sql", &revision("a", "base"))]);
        let below = migrations.0.path().join("plugins/mail/db/2026");
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("b.sql"), revision("b", "a")).unwrap();
        let builder = Builder::new("revisions").folder("plugins/*/db/**");
        migrations.write(&builder).unwrap();
        let files = migrations.written("migrate_registry.txt");
        let files: Vec<&str> = files.lines().filter_map(|line| line.split('\t').nth(7)).collect();
        assert_eq!(files, ["plugins/mail/db/2026/b.sql", "revisions/a.sql"]);
        let folders = "&[(\"plugins/mail/db\", &include_dir::include_dir!(\"$MIGRATE_REVISIONS_0\")), \
                       (\"revisions\", &include_dir::include_dir!(\"$MIGRATE_REVISIONS_1\"))];";
        assert!(migrations.written("migrate_registry.rs").contains(folders));

        fs::write(below.join("c.sql"), revision("a", "base")).unwrap();
        let error = migrations.write(&builder).unwrap_err();
        let expected = "revisions/a.sql:3: revision a is defined twice: in revisions/a.sql and in \
                        plugins/mail/db/2026/c.sql\n";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn the_binary_runs_as_it_is_configured() {
        let settings = "lock = \"transaction\"\nlock-timeout = \"5s\"";
        let migrations = Crate::new(settings, &[("a.sql", &revision("a", "base"))]);
        migrations.build().unwrap();
        let calls = "migrator\n        .lock(runtime::LockMode::Transaction)\n        \
                     .lock_timeout(::std::time::Duration::new(5, 0))\n}";
        let written = migrations.written("migrate_registry.rs");
        assert!(written.contains(calls), "{written}");
    }

    #[track_caller]
    fn fails(metadata: &str, revisions: &[(&str, &str)], expected: &str) {
        assert_eq!(Crate::new(metadata, revisions).build().unwrap_err(), expected);
    }

    #[test]
    fn every_fault_is_told_with_file_and_line() {
        fails(
            "",
            &[],
            "no revisions in `revisions`: make the first with `cargo migrate new \"…\"`, or allow it in build.rs with `.allow_empty()`",
        );
        fails(
            "",
            &[("a.sql", "-- x\n--\n-- Revison: a\n")],
            "revisions/a.sql:3:4: unknown header key `Revison` (did you mean `Revision`?)\nhelp: keys of your own begin with `X-`",
        );
        fails(
            "",
            &[("b.sql", &revision("b", "a"))],
            "revisions/b.sql:4: revision b revises a, which does not exist\nhelp: bring the file of a back (was it lost in a merge?), or correct the header",
        );
        fails(
            "dialects = [\"sqlite\"]",
            &[("a.sql", &(revision("a", "base") + "CREATE TABLE a (x);\nCOMMIT;\n"))],
            "revisions/a.sql:8:1: `COMMIT` in a section that already runs in a transaction\nhelp: delete it: each revision runs in a transaction of its own",
        );
        let dollars =
            "CREATE INDEX i ON a (x);\nDO $$BEGIN; END$$;\nCREATE INDEX CONCURRENTLY j ON a (x);\n";
        fails(
            "dialects = [\"postgres\"]",
            &[("a.sql", &(revision("a", "base") + dollars))],
            "revisions/a.sql:9:1: `CREATE INDEX CONCURRENTLY` can't run inside a transaction\nhelp: mark the section `transaction:false`: its statements then run one by one",
        );
        fails(
            "dialects = [\"mysql\", \"sqlite\"]",
            &[("a.sql", &(revision("a", "base") + "SELECT 'it\\'s';\n"))],
            "revisions/a.sql:7:14: the string that begins here never ends\nhelp: close it",
        );
        let (a, b, c) = (revision("a", "base"), revision("b", "a"), revision("c", "a"));
        let heads = [("a.sql", a.as_str()), ("b.sql", &b), ("c.sql", &c)];
        fails(
            "",
            &heads,
            "2 heads, so there is no single target:\n  b add b (revisions/b.sql)\n  c add c (revisions/c.sql)\nhelp: put one after the other: cargo migrate rebase c --onto b\nhelp: or keep both and join: cargo migrate merge",
        );
        assert!(Crate::new("multiple-heads = \"allow\"", &heads).build().is_ok());
        fails(
            "revisions = [\"db\"]",
            &heads,
            "build.rs embeds `revisions`, but `revisions` in [package.metadata.migrate] says: db",
        );
    }

    #[test]
    fn heads_are_told_with_their_dates_and_the_commands() {
        let new = |id, revises, date| {
            let created = format!("\n-- Created: {date}\n\n");
            (format!("{id}.sql"), revision(id, revises).replace("\n\n", &created))
        };
        let fails = |files: &[(String, String)], expected: &str| {
            let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), &**text)).collect();
            fails("", &files, expected);
        };
        let root = new("root", "base", "2026-11-20T08:00:00Z");
        let low = new("low", "root", "2026-11-23T10:12:13Z");
        let top = new("top", "low", "2026-11-24T08:00:00Z");
        let old = new("old", "root", "2026-11-22T09:00:00Z");
        // The older stays, and of a line of several the lowest moves.
        fails(
            &[root.clone(), low.clone(), top.clone(), old.clone()],
            "2 heads, so there is no single target:\n  old add old, 2026-11-22 09:00 (revisions/old.sql)\n  top add top, 2026-11-24 08:00 (revisions/top.sql)\nhelp: put one after the other: cargo migrate rebase low --onto old\nhelp: or keep both and join: cargo migrate merge",
        );
        let merge = new("merge", "top, old", "2026-11-25T08:00:00Z");
        let fork = new("fork", "root", "2026-11-21T08:00:00Z");
        fails(
            &[root, low, top, old, merge, fork],
            "2 heads, so there is no single target:\n  fork add fork, 2026-11-21 08:00 (revisions/fork.sql)\n  merge add merge, 2026-11-25 08:00 (revisions/merge.sql)\nhelp: keep both and join: cargo migrate merge",
        );
    }
}
