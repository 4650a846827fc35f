//! `merge`: writes a revision that joins several heads.

use migrate_model::revision::Splice;

use super::Outcome;
use super::parents::parents;
use super::revision_file::{self, Afterwards, NewRevision};
use crate::arguments::{Common, Merge};
use crate::error::CliError;
use crate::output::Output;
use crate::output::fork;
use crate::project::Project;

pub(crate) fn run(common: &Common, merge: &Merge, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let registry = project.registry()?;
    let graph = registry.graph();
    let parents = match merge.revisions.as_slice() {
        [] => graph.heads(),
        names => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let splice = if merge.splice { Splice::Allow } else { Splice::Refuse };
            parents(graph, &names, splice, project.multiple_heads())?
        }
    };
    // Whoever names the one that there is gets a revision on top of it, as from Alembic.
    let fewest = if merge.revisions.is_empty() { 2 } else { 1 };
    if parents.len() < fewest {
        let there = match parents.first() {
            Some(index) => format!("only {} is there", graph.revision(*index).id),
            None => "there is none".to_owned(),
        };
        return Err(CliError::Project {
            code: "graph.nothing_to_merge",
            message: format!("a merge joins several revisions, and {there}"),
            hint: Some("see the heads: cargo migrate heads".to_owned()),
            candidates: Vec::new(),
        });
    }
    let message = match &merge.message {
        Some(message) => revision_file::message(message)?,
        None => fork::merge_message(graph, &parents),
    };
    let revision = NewRevision {
        message,
        id: revision_file::id(merge.rev_id.as_deref(), &project, graph)?,
        labels: revision_file::labels(&merge.label, &project, graph)?,
        depends_on: Vec::new(),
        folder: revision_file::folder(merge.path.as_deref(), &parents, &project, graph)?,
        parents,
    };
    let next = Afterwards::Tell("cargo migrate up (a merge needs no statements)");
    revision.write(common, &project, graph, next, output)
}
