//! `new`: writes a revision file, on top of the newest or of another.

use migrate_model::revision::Splice;

use super::Outcome;
use super::parents::parents;
use super::revision_file::{self, Afterwards, NewRevision};
use crate::arguments::{Common, New};
use crate::output::Output;
use crate::project::Project;

pub(crate) fn run(common: &Common, new: &New, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let message = new.message.as_deref().or(new.message_option.as_deref()).unwrap_or_default();
    let message = revision_file::message(message)?;
    let registry = project.registry()?;
    let graph = registry.graph();
    let heads: Vec<&str> = match new.head.as_slice() {
        [] => vec!["head"],
        heads => heads.iter().map(String::as_str).collect(),
    };
    let splice = if new.splice { Splice::Allow } else { Splice::Refuse };
    let parents = parents(graph, &heads, splice, project.multiple_heads())?;
    let revision = NewRevision {
        message,
        id: revision_file::id(new.rev_id.as_deref(), &project, graph)?,
        labels: revision_file::labels(&new.label, &project, graph)?,
        depends_on: revision_file::dependencies(&new.depends_on, graph)?,
        folder: revision_file::folder(new.path.as_deref(), &parents, &project, graph)?,
        parents,
    };
    let afterwards = match new.edit {
        true => Afterwards::Edit,
        false => Afterwards::Tell("write its statements, then: cargo migrate up"),
    };
    revision.write(common, &project, graph, afterwards, output)
}
