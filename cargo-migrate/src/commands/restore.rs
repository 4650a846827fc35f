//! `restore`: writes an applied revision back as it was applied. Works also where the file is
//! gone, or so broken that the revisions can't be read.

use std::fs;

use camino::Utf8Path;
use migrate_model::Checksum;
use migrate_runtime::AppliedRevision;
use serde_json::json;

use super::{Outcome, write};
use crate::arguments::{Common, Restore};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::{Project, shown};

pub(crate) async fn run(common: &Common, restore: &Restore, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let failed = |error| CliError::run(&project, error);
    let url = project.existing_database(common)?;
    let reader = project.history_reader()?;
    let status = reader.status(url.as_str()).await.map_err(failed)?;
    let row = choose(&status.applied, &restore.revision)?;
    let source = reader.applied_source(url.as_str(), &row.id).await.map_err(failed)?;
    let Some(source) = source else {
        return Err(CliError::Project {
            code: "history.no_source",
            message: format!("{} has no stored text of {}", url.shown(), row.id),
            hint: Some("take the file from your version control".to_owned()),
            candidates: Vec::new(),
        });
    };
    let sum = Checksum::of(source.as_bytes());
    if sum.to_string() != row.checksum {
        let message =
            format!("the stored text of {} does not have the checksum of its row", row.id);
        return Err(refused("history.no_source", message));
    }
    let path = project.root.join(confined(&project, file_of(&project, row))?);
    let before = fs::read(&path).ok().filter(|text| Checksum::of(text) != sum);
    if let Some(before) = &before {
        let kept = keep(&path, before)?;
        output.verb("Kept", format_args!("what the file was, in {kept}"));
    }
    if before.is_some() || !path.exists() {
        write::replace(&path, &source)?;
        let sum = sum.short();
        output.verb("Restored", format_args!("{} from {} ({sum})", shown(&path), url.shown()));
    } else {
        output.verb("Finished", format_args!("{} is as it was applied", shown(&path)));
    }
    output.json(&json!({ "revision": row.id, "file": shown(&path) }));
    Ok(Exit::Done)
}

fn refused(code: &'static str, message: String) -> CliError {
    let hint = Some("take the file from your version control".to_owned());
    CliError::Project { code, message, hint, candidates: Vec::new() }
}

/// A path that comes from a database must lead into the folders of the revisions.
fn confined(project: &Project, file: String) -> Result<String, CliError> {
    let is_inside = |folder: &String| {
        let rest = file.strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| rest.split('/').all(|part| !part.is_empty() && part != ".."))
    };
    if project.config.revisions.iter().chain(&project.folders()?).any(is_inside) {
        return Ok(file);
    }
    let message = format!("the history names a file outside of the revisions: {file}");
    Err(refused("history.file", message))
}

/// Puts the text that is about to be replaced aside; nothing that somebody wrote is lost.
fn keep(path: &Utf8Path, text: &[u8]) -> Result<String, CliError> {
    let name = path.file_name().unwrap_or("revision");
    let sum = Checksum::of(text).short();
    let digits = sum.trim_start_matches("sha256:").trim_end_matches('…');
    let kept = std::env::temp_dir().join(format!("{digits}_{name}"));
    let shown = kept.display().to_string();
    fs::write(&kept, text).map_err(|error| CliError::io(&shown, error))?;
    Ok(shown)
}

/// The applied revision that an id, or the beginning of one, names.
fn choose<'a>(rows: &'a [AppliedRevision], name: &str) -> Result<&'a AppliedRevision, CliError> {
    if let Some(row) = rows.iter().find(|row| row.id == name) {
        return Ok(row);
    }
    let found: Vec<&AppliedRevision> = rows.iter().filter(|row| row.id.starts_with(name)).collect();
    let error = |code, message| CliError::Project {
        code,
        message,
        hint: Some("see what is applied: cargo migrate status".to_owned()),
        candidates: found.iter().map(|row| row.id.clone()).collect(),
    };
    match found.as_slice() {
        [row] => Ok(row),
        [] => Err(error("graph.unresolved", format!("`{name}` is not applied here"))),
        _ => Err(error("graph.partial_ambiguous", format!("`{name}` is the beginning of several"))),
    }
}

/// The file that has the revision now (it may have been renamed), else the one it had when it was
/// applied.
fn file_of(project: &Project, row: &AppliedRevision) -> String {
    let registry = project.read_registry().ok();
    let now = registry.as_ref().and_then(|registry| {
        let graph = registry.graph();
        graph.index_of(&row.id).map(|index| graph.revision(index).file.clone())
    });
    now.unwrap_or_else(|| row.file.clone())
}
