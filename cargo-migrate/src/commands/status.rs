//! `status`: applied, pending, edited, unknown and partial at a glance.

use migrate_runtime::{MultipleHeads, PartialRevision, RowState};
use serde_json::json;

use super::Outcome;
use super::run::heads;
use crate::arguments::Common;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{DIM, Output, REMOVED};
use crate::project::Project;

/// How many pending revisions are listed; the rest is counted.
const MOST: usize = 10;

pub(crate) async fn run(common: &Common, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = project.migrator(project.registry()?);
    let url = project.existing_database(common)?;
    let status = migrator.status(url.as_str()).await;
    let status = status.map_err(|error| CliError::run(&project, error))?;
    let graph = migrator.registry().graph();
    let mut graph_heads: Vec<String> =
        graph.heads().into_iter().map(|index| graph.revision(index).id.to_string()).collect();
    graph_heads.sort_unstable();

    let edited: Vec<&str> = status.edited.iter().map(|edited| edited.id.as_str()).collect();
    let unknown: Vec<&str> = status.unknown.iter().map(|unknown| unknown.id.as_str()).collect();
    let whole = status.applied.iter().filter(|row| row.state != RowState::UpPartial);
    let applied = whole.count();
    let partial: Vec<&str> = status.partial.iter().map(|partial| partial.id.as_str()).collect();
    output.json(&json!({
        "database": url.shown(),
        "dialect": url.dialect().name(),
        "heads": graph_heads,
        "current": status.current,
        "applied": applied,
        "pending": status.pending,
        "edited": edited,
        "unknown": unknown,
        "partial": partial,
    }));

    output.verb("Database", url.shown());
    for id in &status.current {
        let message =
            status.applied.iter().find(|row| row.id == *id).map_or("", |row| &row.message);
        let at_head = if graph_heads.contains(id) { " (head)" } else { "" };
        output.verb("Current", format_args!("{id} {message}{at_head}"));
    }
    if status.current.is_empty() {
        output.verb("Current", heads(&status.current));
    }
    output.verb(
        "Revisions",
        format_args!(
            "{} applied, {} pending, {} edited, {} unknown, {} partial",
            applied,
            status.pending.len(),
            edited.len(),
            unknown.len(),
            status.partial.len()
        ),
    );
    for id in status.pending.iter().take(MOST) {
        let message = graph.index_of(id).map_or("", |index| &graph.revision(index).message);
        output.verb("Pending", format_args!("{id} {message}"));
    }
    if status.pending.len() > MOST {
        output.verb("", format_args!("… and {} more", status.pending.len() - MOST));
    }
    for finding in status.findings() {
        output.line(format_args!("{REMOVED}{:>12}{REMOVED:#} {}", "Found", finding.message));
    }
    for partial in &status.partial {
        explain(&project, partial, output);
    }
    let goes_on = status.partial.iter().find(|partial| partial.goes_on);
    if let Some(partial) = goes_on.filter(|_| status.findings().len() == 1) {
        output.next(format_args!("{} goes on with it", partial.command()));
    } else if !status.findings().is_empty() {
        output.next("cargo migrate verify shows what differs, and the ways out");
    } else if graph_heads.len() > 1 && project.multiple_heads() == MultipleHeads::Deny {
        let heads = graph_heads.join(", ");
        output.next(format_args!("several heads ({heads}): cargo migrate check has the ways out"));
    } else if !status.pending.is_empty() {
        output.next("cargo migrate up");
    } else if graph.is_empty() {
        output.next("cargo migrate new \"…\" writes the first revision");
    }
    Ok(Exit::Done)
}

/// The statement at which a revision stopped, and where it stands.
fn explain(project: &Project, partial: &PartialRevision, output: &Output) {
    let (Some(position), Some(statement)) = (partial.position, partial.statement()) else { return };
    let place = format!("{}:{position}", project.shown(&partial.file));
    output.verb("Stopped", format_args!("{place}, statement {}", partial.done + 1));
    for line in statement.lines() {
        output.line(format_args!("{:>12} {DIM}{line}{DIM:#}", ""));
    }
}
