//! `edit`: opens a revision's file.

use migrate_model::revision::Identifier;
use serde_json::json;

use super::{Outcome, editor, name};
use crate::arguments::{Common, Edit};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, edit: &Edit, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = project.migrator(project.registry()?);
    let of_graph = |error| CliError::graph(&project, error);
    let identifier = Identifier::parse(&edit.revision).map_err(of_graph)?;
    let status = name::state_for(&identifier, common, &project, &migrator).await?;
    let graph = migrator.registry().graph();
    let index = name::one(graph, status.as_ref(), &edit.revision).map_err(of_graph)?;
    let revision = graph.revision(index);
    editor::open(&project.root.join(&revision.file))?;
    let file = project.shown(&revision.file);
    output.json(&json!({ "revision": revision.id.as_str(), "file": file }));
    output.verb("Edited", file);
    Ok(Exit::Done)
}
