//! `rebase`: puts a revision onto another parent, by editing the one line that says so.

use std::fs;

use migrate_model::Checksum;
use migrate_model::revision::with_parent;
use serde_json::json;

use super::{Outcome, name, write};
use crate::arguments::{Common, Rebase};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::Project;

pub(crate) fn run(common: &Common, rebase: &Rebase, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let registry = project.read_registry()?;
    let graph = registry.graph();
    let index = name::of_graph(graph, &rebase.revision)?;
    let onto = name::of_graph(graph, &rebase.onto)?;
    let (revision, parent) = (graph.revision(index), &graph.revision(onto).id);
    let from: Vec<&str> = revision.revises.iter().map(AsRef::as_ref).collect();
    if from.len() > 1 {
        return Err(CliError::Project {
            code: "graph.rebase_of_merge",
            message: format!("{} joins {}: a merge can't be rebased", revision.id, from.join(", ")),
            hint: Some("rebase one of the lines below it, and delete the merge".to_owned()),
            candidates: Vec::new(),
        });
    }
    let file = project.shown(&revision.file);
    let from = from.first().copied().unwrap_or("base");
    let done = || json!({ "revision": revision.id.as_str(), "file": file, "from": from, "to": parent.as_str() });
    if index == onto {
        return Err(CliError::Project {
            code: "graph.cycle",
            message: format!("{parent} can't go on top of itself"),
            hint: Some("name another parent".to_owned()),
            candidates: Vec::new(),
        });
    }
    if from == parent.as_str() {
        output.json(&done());
        output.verb("Finished", format_args!("{} revises {parent} already", revision.id));
        return Ok(Exit::Done);
    }
    graph.rebased(index, onto).map_err(|cycle| CliError::Project {
        code: cycle.code(),
        message: format!("{} can't go on top of {parent}, which needs it: {cycle}", revision.id),
        hint: Some("name another parent, or rebase the other one".to_owned()),
        candidates: Vec::new(),
    })?;

    let path = project.root.join(&revision.file);
    let text = fs::read_to_string(&path).map_err(|error| CliError::io(&file, error))?;
    let is_same = Checksum::of(text.as_bytes()) == revision.checksum;
    let moved = with_parent(&text, revision, parent).filter(|_| is_same);
    let moved = moved.ok_or_else(|| CliError::Project {
        code: "project.changed",
        message: format!("{file} was changed while it was being read"),
        hint: Some("run it again".to_owned()),
        candidates: Vec::new(),
    })?;
    write::replace(&path, &moved)?;
    output.json(&done());
    output.verb("Edited", format_args!("{file}: Revises {from} -> {parent}"));
    let id = &revision.id;
    output.note(format_args!("where {id} is applied already: cargo migrate accept {id}"));
    Ok(Exit::Done)
}
