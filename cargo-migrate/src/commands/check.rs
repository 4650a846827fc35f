//! `check`: files, headers and graph; with a database also what is edited, unknown and pending.

use migrate_model::{Dialect, Graph};
use migrate_runtime::{MultipleHeads, Registry, Status};
use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::Common;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::fork::{self, Wanted};
use crate::output::{Diagnostic, ERROR, Output};
use crate::project::Project;

pub(crate) async fn run(common: &Common, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let mut findings = Vec::new();
    let files = files(&project, &mut findings)?;
    let checked = files.len();
    if findings.is_empty() {
        match Registry::from_files(files, project.crate_info.clone()) {
            Ok(registry) => database(common, &project, registry, &mut findings).await?,
            Err(error) => findings.push(CliError::graph(&project, error).into_diagnostic()),
        }
    }
    output.json(
        &json!({ "findings": findings.iter().map(Diagnostic::to_finding).collect::<Vec<Value>>() }),
    );
    for finding in &findings {
        let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        output.line(format_args!("{ERROR}{}{ERROR:#}: {place}{}", finding.code, finding.message));
        for line in finding.notes.iter().flat_map(|note| note.lines()) {
            output.line(format_args!("  {line}"));
        }
        for hint in &finding.hints {
            output.help(hint);
        }
    }
    if findings.is_empty() {
        output.verb("Checked", format_args!("{checked} revisions: nothing found"));
        return Ok(Exit::Done);
    }
    Ok(Exit::Findings)
}

/// Every file that can be read; the faults of all others are findings.
fn files(
    project: &Project,
    findings: &mut Vec<Diagnostic>,
) -> Result<Vec<migrate_model::RevisionFile>, CliError> {
    let dialects = match project.config.dialects.as_slice() {
        [] => &[Dialect::Sqlite],
        dialects => dialects,
    };
    let mut files = Vec::new();
    for file in project.each_file()? {
        match file {
            Ok(file) => match file.check_for(dialects) {
                Ok(()) => files.push(file),
                Err(error) => {
                    let error = migrate_build::BuildError::File { error };
                    findings.push(CliError::scan(project, error).into_diagnostic());
                }
            },
            Err(error) => findings.push(error.into_diagnostic()),
        }
    }
    Ok(files)
}

/// The heads, and the database. One that nobody has named, or that isn't there yet, is no finding.
async fn database(
    common: &Common,
    project: &Project,
    registry: Registry,
    findings: &mut Vec<Diagnostic>,
) -> Result<(), CliError> {
    let url = match project.database_url(common) {
        Ok(url) => Some(url).filter(|url| !url.is_missing()),
        Err(CliError::Project { code: "config.no_database_url", .. }) => None,
        Err(error) => return Err(error),
    };
    let migrator = project.migrator(registry);
    let graph = migrator.registry().graph();
    let Some(url) = url else {
        findings.extend(several_heads(project, graph, None));
        return Ok(());
    };
    let status = migrator.status(url.as_str()).await;
    let status = status.map_err(|error| CliError::run(project, error))?;
    findings.extend(several_heads(project, graph, Some(&status)));
    for finding in status.findings() {
        let mut diagnostic = Diagnostic::new(finding.code, finding.message);
        diagnostic.revision = Some(finding.revision);
        diagnostic.file = finding.file.map(|file| project.shown(&file));
        diagnostic
            .hints
            .push("see what differs, and the ways out: cargo migrate verify".to_owned());
        findings.push(diagnostic);
    }
    for id in &status.pending {
        let message = format!("{id} is not applied to {}", url.shown());
        let mut diagnostic = Diagnostic::new("check.pending", message);
        diagnostic.file =
            graph.index_of(id).map(|index| project.shown(&graph.revision(index).file));
        diagnostic.revision = Some(id.clone());
        findings.push(diagnostic);
    }
    Ok(())
}

fn several_heads(project: &Project, graph: &Graph, status: Option<&Status>) -> Option<Diagnostic> {
    let heads = graph.heads();
    if heads.len() < 2 || project.multiple_heads() == MultipleHeads::Allow {
        return None;
    }
    let heads: Vec<String> =
        heads.into_iter().map(|index| graph.revision(index).id.to_string()).collect();
    Some(fork::diagnostic(graph, &heads, status, Wanted::Target("up")))
}
