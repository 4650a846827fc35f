//! `restore`: writes an applied revision back as it was applied. Works also where the file is
//! gone, or so broken that the revisions can't be read.

use std::fs;

use migrate_model::Checksum;
use migrate_runtime::AppliedRevision;
use serde_json::json;

use super::Outcome;
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
    let path = project.root.join(file_of(&project, row));
    fs::write(&path, &source).map_err(|error| CliError::io(&shown(&path), error))?;
    output.json(&json!({ "revision": row.id, "file": shown(&path) }));
    let sum = Checksum::of(source.as_bytes()).short();
    output.verb("Restored", format_args!("{} from {} ({sum})", shown(&path), url.shown()));
    Ok(Exit::Done)
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
    let registry = project.registry().ok();
    let now = registry.as_ref().and_then(|registry| {
        let graph = registry.graph();
        graph.index_of(&row.id).map(|index| graph.revision(index).file.clone())
    });
    now.unwrap_or_else(|| row.file.clone())
}
