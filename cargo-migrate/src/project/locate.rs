//! Finding the migrations crate: by reading Cargo.toml files upward, which takes no time, and by
//! asking cargo only where members are patterns or implicit.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::MetadataCommand;
use migrate_model::config::Config;
use migrate_runtime::{CrateInfo, GitCommit};
use toml_edit::{Document, Item};

use super::{Project, database_url, shown};
use crate::arguments::Common;
use crate::error::CliError;

/// The current folder.
pub(crate) fn current_folder() -> Result<Utf8PathBuf, CliError> {
    let folder = std::env::current_dir().map_err(|source| CliError::io(".", source))?;
    Utf8PathBuf::from_path_buf(folder).map_err(|path| CliError::Project {
        code: "project.path",
        message: format!("the path {} is not valid UTF-8", path.display()),
        hint: None,
        candidates: Vec::new(),
    })
}

/// The Cargo.toml that `--manifest-path` names, or the nearest one upward.
pub(crate) fn nearest_manifest(common: &Common) -> Result<Option<Utf8PathBuf>, CliError> {
    let current = current_folder()?;
    if let Some(path) = &common.manifest_path {
        let path = current.join(path);
        let path = if path.is_dir() { path.join("Cargo.toml") } else { path };
        return match path.is_file() {
            true => Ok(Some(path)),
            false => Err(CliError::Project {
                code: "project.no_manifest",
                message: format!("{} does not exist", shown(&path)),
                hint: Some("name another: --manifest-path PATH".to_owned()),
                candidates: Vec::new(),
            }),
        };
    }
    Ok(manifests_upward(&current).next())
}

fn manifests_upward(folder: &Utf8Path) -> impl Iterator<Item = Utf8PathBuf> {
    folder.ancestors().map(|folder| folder.join("Cargo.toml")).filter(|path| path.is_file())
}

/// The Cargo.toml of the workspace that a manifest belongs to; itself if it is none's.
pub(crate) fn workspace_manifest(manifest: &Utf8Path) -> Result<Utf8PathBuf, CliError> {
    let folder = manifest.parent().unwrap_or(manifest);
    for candidate in manifests_upward(folder) {
        if read(&candidate)?.has_workspace() {
            return Ok(candidate);
        }
    }
    Ok(manifest.to_owned())
}

pub(super) fn project(common: &Common) -> Result<Project, CliError> {
    let nearest = nearest_manifest(common)?.ok_or_else(no_manifest)?;
    let root = workspace_manifest(&nearest)?;
    if common.package.is_none() {
        let here = read(&nearest)?;
        if let Some(config) = here.config()? {
            return here.project(config, &root, common.env.as_deref());
        }
    }
    choose(candidates(&root)?, common, &root)
}

/// The names of all migrations crates of the workspace, sorted.
pub(crate) fn packages(common: &Common) -> Result<Vec<String>, CliError> {
    let nearest = nearest_manifest(common)?.ok_or_else(no_manifest)?;
    let found = candidates(&workspace_manifest(&nearest)?)?;
    let mut names: Vec<String> = found.iter().map(Manifest::name).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

fn no_manifest() -> CliError {
    CliError::Project {
        code: "project.no_manifest",
        message: "no Cargo.toml in this folder or above it".to_owned(),
        hint: Some("go into your workspace, or name it: --manifest-path PATH".to_owned()),
        candidates: Vec::new(),
    }
}

/// All migrations crates of a workspace.
fn candidates(root: &Utf8Path) -> Result<Vec<Manifest>, CliError> {
    let workspace = read(root)?;
    if let Some(members) = workspace.plain_members() {
        let folder = root.parent().unwrap_or(root);
        let members = members.iter().map(|member| folder.join(member).join("Cargo.toml"));
        let members = members.filter(|path| path.is_file()).map(|path| read(&path));
        let found = with_config(members.chain([Ok(workspace)]))?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    // Patterns, or members through path dependencies: only cargo knows.
    let metadata = MetadataCommand::new()
        .manifest_path(root)
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .map_err(|error| CliError::Project {
            code: "project.unreadable",
            message: format!("cargo can't read the workspace of {}: {error}", shown(root)),
            hint: Some("see what cargo says: cargo metadata --no-deps".to_owned()),
            candidates: Vec::new(),
        })?;
    let packages =
        metadata.packages.iter().filter(|package| !package.metadata["migrate"].is_null());
    with_config(packages.map(|package| read(&package.manifest_path)))
}

fn with_config(
    manifests: impl IntoIterator<Item = Result<Manifest, CliError>>,
) -> Result<Vec<Manifest>, CliError> {
    let mut found = Vec::new();
    for manifest in manifests {
        let manifest = manifest?;
        if manifest.config()?.is_some() {
            found.push(manifest);
        }
    }
    Ok(found)
}

fn choose(mut found: Vec<Manifest>, common: &Common, root: &Utf8Path) -> Result<Project, CliError> {
    let package = common.package.as_deref();
    found.sort_unstable_by_key(Manifest::name);
    found.dedup_by(|a, b| a.path == b.path);
    let names: Vec<String> = found.iter().map(Manifest::name).collect();
    if let Some(package) = package {
        found.retain(|manifest| manifest.name() == package);
    }
    let error = |code, message: String, hint: String| CliError::Project {
        code,
        message,
        hint: Some(hint),
        candidates: names.clone(),
    };
    match (found.len(), package) {
        (1, _) => {
            let manifest = found.remove(0);
            let config = manifest.config()?.unwrap_or_default();
            manifest.project(config, root, common.env.as_deref())
        }
        (0, Some(package)) if !names.is_empty() => Err(error(
            "project.unknown_package",
            format!("`{package}` is no migrations crate of this workspace"),
            format!("one of these is meant: {}", names.join(", ")),
        )),
        (0, _) => Err(error(
            "project.none",
            format!("the workspace of {} has no migrations crate", shown(root)),
            "make one: cargo migrate init".to_owned(),
        )),
        _ => Err(error(
            "project.several",
            format!("the workspace has several migrations crates: {}", names.join(", ")),
            format!("choose one: -p {}", names[0]),
        )),
    }
}

/// A Cargo.toml that was read.
struct Manifest {
    path: Utf8PathBuf,
    text: String,
    document: Document<String>,
}

fn read(path: &Utf8Path) -> Result<Manifest, CliError> {
    let text = fs::read_to_string(path).map_err(|source| CliError::io(&shown(path), source))?;
    let document = Document::parse(text.clone()).map_err(|error| CliError::Project {
        code: "project.unreadable",
        message: format!("{} is not valid TOML: {}", shown(path), error.message()),
        hint: Some("see what cargo says: cargo metadata --no-deps".to_owned()),
        candidates: Vec::new(),
    })?;
    Ok(Manifest { path: path.to_owned(), text, document })
}

impl Manifest {
    fn config(&self) -> Result<Option<Config>, CliError> {
        Config::from_manifest(&self.text)
            .map_err(|error| CliError::Config { file: shown(&self.path), error: Box::new(error) })
    }

    fn package(&self, key: &str) -> Option<&str> {
        self.document.get("package")?.get(key)?.as_str()
    }

    fn name(&self) -> String {
        self.package("name").unwrap_or_default().to_owned()
    }

    fn has_workspace(&self) -> bool {
        self.document.get("workspace").is_some()
    }

    /// The members, if all of them are plain paths.
    fn plain_members(&self) -> Option<Vec<String>> {
        let members = self.document.get("workspace")?.get("members").and_then(Item::as_array)?;
        let members = members.iter().map(|member| member.as_str().map(str::to_owned));
        let members: Vec<String> = members.collect::<Option<_>>()?;
        let is_plain = |member: &String| !member.contains(['*', '?', '[']);
        members.iter().all(is_plain).then_some(members)
    }

    fn project(
        &self,
        config: Config,
        workspace: &Utf8Path,
        env: Option<&str>,
    ) -> Result<Project, CliError> {
        let mut config = config;
        if let Some(name) = env {
            let environment = database_url::environment(&config, name)?.clone();
            config.table = environment.table.or(config.table);
            config.schema = environment.schema.or(config.schema);
        }
        let folder = |path: &Utf8Path| path.parent().unwrap_or(path).to_owned();
        let version = match self.package("version") {
            Some(version) => version.to_owned(),
            // `version.workspace = true`
            None => read(workspace)?.inherited_version().unwrap_or_default(),
        };
        Ok(Project {
            root: folder(&self.path),
            workspace: folder(workspace),
            config,
            crate_info: CrateInfo::new(self.name(), version),
            reads_every_file: false,
        })
    }

    fn inherited_version(&self) -> Option<String> {
        let package = self.document.get("workspace")?.get("package")?;
        package.get("version")?.as_str().map(str::to_owned)
    }
}

/// The commit of the working tree, if it is one and git is there. One call says both commit and
/// changes.
pub(super) fn git_commit(folder: &Utf8Path) -> Option<GitCommit> {
    let output = Command::new("git")
        .args([
            "--no-optional-locks",
            "status",
            "--porcelain=v2",
            "--branch",
            "--untracked-files=no",
        ])
        .current_dir(folder)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let commit = text.lines().find_map(|line| line.strip_prefix("# branch.oid "))?;
    let dirty = text.lines().any(|line| !line.starts_with('#'));
    (commit != "(initial)").then(|| GitCommit { commit: commit.to_owned(), dirty })
}
