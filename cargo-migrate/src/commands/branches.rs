//! `branches`: the revisions that several others revise.

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
    let mut points: Vec<usize> =
        (0..graph.len()).filter(|index| graph.children(*index).len() > 1).collect();
    points.sort_unstable_by(|a, b| graph.revision(*a).id.cmp(&graph.revision(*b).id));
    let documents: Vec<Value> = points
        .iter()
        .map(|index| document::revision(&project, graph.revision(*index), None))
        .collect();
    output.json(&json!({ "revisions": documents }));
    for index in points {
        let revision = graph.revision(index);
        output.line(format_args!("{} {} (branch point)", revision.id, revision.message));
        for child in graph.children(index) {
            let child = graph.revision(*child);
            output.line(format_args!("    -> {} {}", child.id, child.message));
        }
    }
    Ok(Exit::Done)
}
