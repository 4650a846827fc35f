//! `heads`: what no revision revises.

use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::Common;
use crate::exit::Exit;
use crate::output::{Output, json as document};
use crate::project::Project;

pub(crate) fn run(common: &Common, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let registry = project.registry()?;
    let graph = registry.graph();
    let mut heads: Vec<_> = graph.heads().into_iter().map(|index| graph.revision(index)).collect();
    heads.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let documents: Vec<Value> =
        heads.iter().map(|head| document::revision(&project, head, None)).collect();
    output.json(&json!({ "revisions": documents }));
    for head in heads {
        output.line(format_args!("{} {} (head)", head.id, head.message));
    }
    Ok(Exit::Done)
}
