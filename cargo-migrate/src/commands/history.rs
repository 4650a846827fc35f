//! `history`: the revisions, newest first.

use std::collections::HashSet;

use migrate_model::Graph;
use migrate_model::revision::{Applied, Range};
use migrate_runtime::Status;
use serde_json::{Value, json};

use super::{Outcome, name};
use crate::arguments::{Common, History};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::dag::{self, Node};
use crate::output::fork::Wanted;
use crate::output::{DIM, Output, json as document};
use crate::project::Project;

pub(crate) async fn run(common: &Common, history: &History, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = project.migrator(project.registry()?);
    let range = history.range.as_deref().or(history.rev_range.as_deref()).unwrap_or(":");
    let graph = migrator.registry().graph();
    let failed = |error| CliError::target(graph, None, &error, Wanted::Itself);
    let parsed = Range::parse(range).map_err(failed)?;
    let status = match (parsed.needs_state(), history.indicate_current) {
        (true, _) => Some(name::known_state(common, &project, &migrator).await?),
        (false, true) => Some(name::state(common, &project, &migrator).await?),
        (false, false) => None,
    };
    let applied = status.iter().flat_map(|status| &status.applied);
    let applied = Applied::of(graph, applied.map(|row| row.id.as_str()));
    let listed = parsed.resolve(graph, &applied).map_err(failed)?;

    let marks = status.as_ref().filter(|_| history.indicate_current).map(States::new);
    let newest_first: Vec<usize> = match history.graph {
        true => dag::order(graph, &listed),
        false => listed.into_iter().rev().collect(),
    };
    let mut revisions: Vec<Value> = Vec::new();
    let mut nodes = Vec::new();
    for index in newest_first {
        let revision = graph.revision(index);
        let state = marks.as_ref().map(|marks| marks.of(revision.id.as_str()));
        if output.is_json() {
            revisions.push(document::revision(&project, revision, state));
        }
        let mut lines = vec![line(graph, index, state, marks.as_ref())];
        if output.is_verbose() {
            lines.extend(details(&project, graph, index));
        }
        nodes.push(Node { index, glyph: glyph(state), text: lines.join("\n") });
    }
    if !nodes.is_empty() {
        // One write for all: a long history is many lines.
        output.line(match history.graph {
            true => dag::draw(graph, nodes),
            false => nodes.into_iter().map(|node| node.text).collect::<Vec<_>>().join("\n"),
        });
    }
    if graph.is_empty() {
        output.next("cargo migrate new \"…\" writes the first revision");
    }
    output.json(&json!({ "revisions": revisions }));
    Ok(Exit::Done)
}

/// How a revision is drawn.
fn glyph(state: Option<&str>) -> &'static str {
    match state {
        None => "o",
        Some("pending") => "○",
        Some("edited" | "partial") => "✗",
        Some(_) => "●",
    }
}

/// What `-v` adds.
fn details(project: &Project, graph: &Graph, index: usize) -> [String; 2] {
    let revision = graph.revision(index);
    let parents: Vec<&str> = revision.revises.iter().map(AsRef::as_ref).collect();
    let parents = if parents.is_empty() { "base".to_owned() } else { parents.join(", ") };
    let file = project.shown(&revision.file);
    [format!("{:>10} {DIM}revises {parents}{DIM:#}", ""), format!("{:>10} {DIM}{file}{DIM:#}", "")]
}

/// What the database says of each revision.
struct States<'a> {
    applied: HashSet<&'a str>,
    edited: HashSet<&'a str>,
    partial: HashSet<&'a str>,
    current: HashSet<&'a str>,
}

impl<'a> States<'a> {
    fn new(status: &'a Status) -> Self {
        Self {
            applied: status.applied.iter().map(|row| row.id.as_str()).collect(),
            edited: status.edited.iter().map(|edited| edited.id.as_str()).collect(),
            partial: status.partial.iter().map(|partial| partial.id.as_str()).collect(),
            current: status.current.iter().map(String::as_str).collect(),
        }
    }

    fn of(&self, id: &str) -> &'static str {
        match () {
            () if self.edited.contains(id) => "edited",
            () if self.partial.contains(id) => "partial",
            () if self.applied.contains(id) => "applied",
            () => "pending",
        }
    }
}

fn line(graph: &Graph, index: usize, state: Option<&str>, states: Option<&States<'_>>) -> String {
    let revision = graph.revision(index);
    let mut words: Vec<&str> = state.into_iter().collect();
    if states.is_some_and(|states| states.current.contains(revision.id.as_str())) {
        words.push("current");
    }
    if graph.children(index).is_empty() {
        words.push("head");
    }
    if graph.parents(index).len() > 1 {
        words.push("merge");
    }
    if graph.children(index).len() > 1 {
        words.push("branch point");
    }
    let labels: Vec<&str> = revision.labels.iter().map(AsRef::as_ref).collect();
    words.extend(labels);
    let words = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
    let created = revision.created.as_deref().and_then(|created| created.get(..10));
    let created = created.unwrap_or("          ");
    format!("{DIM}{created}{DIM:#} {} {}{words}", revision.id, revision.message)
}
