//! `edit`: opens a revision's file.

use serde_json::json;

use super::{Outcome, editor, name};
use crate::arguments::{Common, Edit};
use crate::exit::Exit;
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, edit: &Edit, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = project.migrator(project.registry()?);
    let index = name::one(common, &project, &migrator, &edit.revision).await?;
    let revision = migrator.registry().graph().revision(index);
    editor::open(&project.root.join(&revision.file))?;
    let file = project.shown(&revision.file);
    output.json(&json!({ "revision": revision.id.as_str(), "file": file }));
    output.verb("Edited", file);
    Ok(Exit::Done)
}
