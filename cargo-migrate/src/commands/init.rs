//! `init`: adds the migrations crate to a workspace. Never overwrites.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use migrate_model::Dialect;
use minijinja::context;
use serde_json::json;

use super::Outcome;
use crate::arguments::{Common, Init};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::{
    InstallSource, current_folder, manifest_edit, nearest_manifest, packages, shown,
    workspace_manifest,
};
use crate::template;

/// The files of the new crate: name and template.
const FILES: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("../../template/Cargo.toml.j2")),
    ("build.rs", include_str!("../../template/build.rs.j2")),
    ("src/lib.rs", include_str!("../../template/src/lib.rs.j2")),
    ("src/main.rs", include_str!("../../template/src/main.rs.j2")),
];

pub(crate) fn run(common: &Common, init: &Init, output: &Output) -> Outcome {
    let mut features = Vec::new();
    for dialect in &init.dialect {
        let feature = match Dialect::from_name(dialect) {
            Some(Dialect::Mariadb) => Dialect::Mysql.name(),
            Some(dialect) => dialect.name(),
            None => {
                let message = format!("`{dialect}` is no dialect");
                let names = Dialect::ALL.map(Dialect::name).join(",");
                return Err(error("config.dialect", message, &format!("--dialect {names}")));
            }
        };
        if !features.contains(&feature) {
            features.push(feature);
        }
    }
    let place = Place::find(common)?;
    let root = place.root();
    let folder = current_folder()?.join(&init.folder);
    let member = member_path(root, &folder)?;
    refuse_occupied(&folder)?;
    let package = match &init.name {
        Some(name) => valid_name(name)?,
        None => format!("{}-migrations", package_part(root.file_name().unwrap_or("workspace"))),
    };
    refuse_taken(common, &place, &package)?;
    let source = InstallSource::find(init.source)?;
    let manifest = place.with_member(&member)?;

    let mut files = Vec::with_capacity(FILES.len() + 1);
    for (name, text) in FILES {
        let values = context! {
            package => package.clone(),
            library => "migrations",
            dialects => init.dialect.clone(),
            features => features.clone(),
            runtime_source => source.dependency("migrate-runtime"),
            build_source => source.dependency("migrate-build"),
        };
        files.push((name, template::render(name, text, values)?));
    }
    files.push(("revisions/.gitkeep", String::new()));
    // All that could be refused has been.
    for (name, text) in &files {
        write(&folder.join(name), text)?;
    }
    if let Some(text) = &manifest {
        write(place.manifest(), text)?;
    }

    let names: Vec<String> = files.iter().map(|(name, _)| shown(&folder.join(name))).collect();
    output.json(&json!({ "package": package, "path": shown(&folder), "files": names }));
    output.verb(
        "Created",
        format_args!(
            "{}/ (Cargo.toml, build.rs, src/lib.rs, src/main.rs, revisions/)",
            shown(&folder)
        ),
    );
    let at = shown(place.manifest());
    match (&place, manifest) {
        (_, None) => {}
        (Place::Workspace(_), Some(_)) => {
            output.verb("Edited", format_args!("{at}: workspace.members += \"{member}\""));
        }
        (Place::Package(_), Some(_)) => {
            output.verb("Edited", format_args!("{at}: is a workspace now, with \"{member}\""));
        }
        (Place::Empty(_), Some(_)) => {
            output.verb("Created", format_args!("{at}: a workspace with \"{member}\""));
        }
    }
    output.next("cargo migrate new \"…\" writes your first revision");
    output.verb(
        "",
        format_args!("your application depends on {package} = {{ path = \"…/{member}\" }}"),
    );
    output.verb("", "and calls migrations::migrator().run(&pool).await? at start-up");
    Ok(Exit::Done)
}

fn error(code: &'static str, message: String, hint: &str) -> CliError {
    let hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
    CliError::Project { code, message, hint, candidates: Vec::new() }
}

/// What the new crate is added to, by its Cargo.toml.
enum Place {
    /// A workspace.
    Workspace(Utf8PathBuf),
    /// A package without a workspace; it becomes the root of one.
    Package(Utf8PathBuf),
    /// An empty folder, which gets a workspace.
    Empty(Utf8PathBuf),
}

impl Place {
    fn find(common: &Common) -> Result<Self, CliError> {
        if let Some(nearest) = nearest_manifest(common)? {
            let manifest = workspace_manifest(&nearest)?;
            let text = read(&manifest)?;
            return Ok(match manifest_edit::is_workspace(&text) {
                true => Self::Workspace(manifest),
                false => Self::Package(manifest),
            });
        }
        let folder = current_folder()?;
        let mut entries = fs::read_dir(&folder).map_err(|e| CliError::io(&shown(&folder), e))?;
        let is_visible = |entry: std::io::Result<fs::DirEntry>| {
            entry.is_ok_and(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        };
        if entries.any(is_visible) {
            return Err(error(
                "project.no_workspace",
                "no Cargo.toml in this folder or above it, and the folder is not empty".to_owned(),
                "go into your workspace, or into an empty folder",
            ));
        }
        Ok(Self::Empty(folder.join("Cargo.toml")))
    }

    fn manifest(&self) -> &Utf8Path {
        match self {
            Self::Workspace(manifest) | Self::Package(manifest) | Self::Empty(manifest) => manifest,
        }
    }

    fn root(&self) -> &Utf8Path {
        self.manifest().parent().unwrap_or(self.manifest())
    }

    /// The Cargo.toml with the new member; `None` if it needs no change.
    fn with_member(&self, member: &str) -> Result<Option<String>, CliError> {
        let edited = match self {
            Self::Workspace(manifest) => manifest_edit::with_member(&read(manifest)?, member),
            Self::Package(manifest) => {
                manifest_edit::as_workspace(&read(manifest)?, member).map(Some)
            }
            Self::Empty(_) => Ok(Some(manifest_edit::new_workspace(member))),
        };
        edited.map_err(|message| {
            error("project.unreadable", format!("{}: {message}", shown(self.manifest())), "")
        })
    }
}

fn read(path: &Utf8Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|error| CliError::io(&shown(path), error))
}

/// A name that cargo takes for a package: <https://doc.rust-lang.org/cargo/reference/manifest.html>.
fn valid_name(name: &str) -> Result<String, CliError> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_valid = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    match starts_well && is_valid {
        true => Ok(name.to_owned()),
        false => Err(error(
            "usage.name",
            format!("`{name}` can be no package name"),
            "letters, digits, - and _ are allowed, a letter first",
        )),
    }
}

/// Two packages of one name would be more than cargo reads.
fn refuse_taken(common: &Common, place: &Place, package: &str) -> Result<(), CliError> {
    let taken = match place {
        Place::Workspace(_) => packages(common)?.iter().any(|name| name == package),
        Place::Package(_) | Place::Empty(_) => false,
    };
    match taken {
        false => Ok(()),
        true => Err(error(
            "project.name_taken",
            format!("the workspace has a package `{package}` already"),
            "give the new one a name of its own: --name billing-migrations",
        )),
    }
}

fn member_path(root: &Utf8Path, folder: &Utf8Path) -> Result<String, CliError> {
    let outside = || {
        let message = format!("{} is not inside the workspace of {}", shown(folder), shown(root));
        error("project.outside", message, "")
    };
    let member = folder.strip_prefix(root).map_err(|_| outside())?;
    if member.as_str().is_empty() || member.as_str().contains("..") {
        return Err(outside());
    }
    Ok(member.as_str().replace('\\', "/"))
}

/// Another tool's `migrations/` is never written into.
fn refuse_occupied(folder: &Utf8Path) -> Result<(), CliError> {
    let is_occupied =
        folder.exists() && !fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if is_occupied {
        return Err(error(
            "project.exists",
            format!("{} exists already; nothing was written", shown(folder)),
            "choose another folder: cargo migrate init db/migrations",
        ));
    }
    Ok(())
}

/// A folder's name as a part of a package's.
fn package_part(name: &str) -> String {
    let part: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    let part = part.trim_matches('-').to_lowercase();
    match part.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => part,
        _ => format!("workspace-{part}").trim_end_matches('-').to_owned(),
    }
}

fn write(path: &Utf8Path, text: &str) -> Result<(), CliError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| CliError::io(&shown(path), error))
}
