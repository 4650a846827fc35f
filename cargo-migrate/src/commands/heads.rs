//! `heads`: what no revision revises.

use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::{Common, Heads};
use crate::exit::Exit;
use crate::output::{Output, json as document};
use crate::project::Project;

pub(crate) fn run(common: &Common, heads: &Heads, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let registry = project.registry()?;
    let graph = registry.graph();
    let found = match heads.resolve_dependencies {
        true => graph.effective_heads(),
        false => graph.heads(),
    };
    let mut found: Vec<_> = found.into_iter().map(|index| graph.revision(index)).collect();
    found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let documents: Vec<Value> =
        found.iter().map(|head| document::revision(&project, head, None)).collect();
    output.json(&json!({ "revisions": documents }));
    for head in found {
        let words = ["head"].into_iter().chain(head.labels.iter().map(AsRef::as_ref));
        let words = words.collect::<Vec<&str>>().join(", ");
        output.line(format_args!("{} {} ({words})", head.id, head.message));
    }
    Ok(Exit::Done)
}
