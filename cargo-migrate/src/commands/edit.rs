//! `edit`: opens a revision's file.

use serde_json::json;

use super::{Outcome, editor, name};
use crate::arguments::{Common, Edit};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::Project;

pub(crate) fn run(common: &Common, edit: &Edit, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let registry = project.registry()?;
    let graph = registry.graph();
    let found = name::all(graph, None, &edit.revision);
    for index in found.map_err(|error| CliError::graph(&project, error))? {
        let revision = graph.revision(index);
        editor::open(&project.root.join(&revision.file))?;
        let file = project.shown(&revision.file);
        output.json(&json!({ "revision": revision.id.as_str(), "file": file }));
        output.verb("Edited", file);
    }
    Ok(Exit::Done)
}
