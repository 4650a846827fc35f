//! `init`: adds the migrations crate to a workspace. Never overwrites.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use minijinja::context;
use serde_json::json;

use super::Outcome;
use crate::arguments::{Common, Init};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::{
    InstallSource, add_member, current_folder, nearest_manifest, shown, workspace_manifest,
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
    for dialect in &init.dialect {
        if dialect != "sqlite" {
            let message = format!("the dialect `{dialect}` is not supported by this version");
            return Err(error("config.dialect", message, "--dialect sqlite"));
        }
    }
    let manifest = workspace(common)?;
    let root = manifest.parent().unwrap_or(&manifest).to_owned();
    let folder = current_folder()?.join(&init.folder);
    let member = member_path(&root, &folder)?;
    refuse_occupied(&folder)?;
    let package = match &init.name {
        Some(name) => name.clone(),
        None => format!("{}-migrations", package_part(root.file_name().unwrap_or("workspace"))),
    };
    let source = InstallSource::find(init.source)?;

    let mut files = Vec::with_capacity(FILES.len() + 1);
    for (name, text) in FILES {
        let values = context! {
            package => package.clone(),
            library => "migrations",
            dialects => init.dialect.clone(),
            runtime_source => source.dependency("migrate-runtime"),
            build_source => source.dependency("migrate-build"),
        };
        files.push((name, template::render(name, text, values)?));
    }
    files.push(("revisions/.gitkeep", String::new()));
    for (name, text) in &files {
        write(&folder.join(name), text)?;
    }
    let edited = add_member(&manifest, &member)?;

    let names: Vec<String> = files.iter().map(|(name, _)| shown(&folder.join(name))).collect();
    output.json(&json!({ "package": package, "path": shown(&folder), "files": names }));
    output.verb(
        "Created",
        format_args!(
            "{}/ (Cargo.toml, build.rs, src/lib.rs, src/main.rs, revisions/)",
            shown(&folder)
        ),
    );
    if edited {
        output.verb(
            "Edited",
            format_args!("{}: workspace.members += \"{member}\"", shown(&manifest)),
        );
    }
    output.verb("Next", "cargo migrate new \"…\" writes your first revision");
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

/// The Cargo.toml of the workspace to add to.
fn workspace(common: &Common) -> Result<Utf8PathBuf, CliError> {
    let nearest = nearest_manifest(common)?;
    let manifest = nearest.as_deref().map(workspace_manifest).transpose()?;
    let has_workspace = |path: &Utf8PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.parse::<toml_edit::DocumentMut>()
            .is_ok_and(|document| document.contains_key("workspace"))
    };
    manifest.filter(has_workspace).ok_or_else(|| {
        error(
            "project.no_workspace",
            "no cargo workspace in this folder or above it".to_owned(),
            "add `[workspace]` to your Cargo.toml",
        )
    })
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
