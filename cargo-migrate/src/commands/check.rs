//! `check`: files, headers and graph; with a database also what is edited, unknown and pending.

use migrate_model::{Dialect, Graph};
use migrate_runtime::{MultipleHeads, Registry};
use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::Common;
use crate::error::CliError;
use crate::exit::Exit;
use crate::fork;
use crate::output::{Diagnostic, ERROR, Output};
use crate::project::Project;

pub(crate) async fn run(common: &Common, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let mut findings = Vec::new();
    let files = files(&project, &mut findings)?;
    let checked = files.len();
    if findings.is_empty()
        && let Some(registry) = registry(&project, files, &mut findings)
    {
        database(common, &project, registry, &mut findings).await?;
    }
    output.json(
        &json!({ "findings": findings.iter().map(Diagnostic::to_finding).collect::<Vec<Value>>() }),
    );
    for finding in &findings {
        let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        output.line(format_args!("{ERROR}{}{ERROR:#}: {place}{}", finding.code, finding.message));
        if !finding.notes.is_empty() {
            for line in finding.notes.iter().chain(&finding.hints) {
                output.line(format_args!("  {line}"));
            }
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

/// The registry, if the graph is in order.
fn registry(
    project: &Project,
    files: Vec<migrate_model::RevisionFile>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Registry> {
    let registry = Registry::from_files(files, project.crate_info.clone());
    match registry {
        Ok(registry) => {
            findings.extend(several_heads(project, registry.graph()));
            Some(registry)
        }
        Err(error) => {
            findings.push(CliError::graph(project, error).into_diagnostic());
            None
        }
    }
}

fn several_heads(project: &Project, graph: &Graph) -> Option<Diagnostic> {
    let heads = graph.heads();
    if heads.len() < 2 || project.multiple_heads() == MultipleHeads::Allow {
        return None;
    }
    let heads: Vec<String> =
        heads.into_iter().map(|index| graph.revision(index).id.to_string()).collect();
    Some(fork::diagnostic(graph, &heads, None, "`up` would have no single target"))
}

/// A database that nobody has named, or that isn't there yet, is no finding.
async fn database(
    common: &Common,
    project: &Project,
    registry: Registry,
    findings: &mut Vec<Diagnostic>,
) -> Result<(), CliError> {
    let url = match project.database_url(common) {
        Ok(url) if !url.is_missing() => url,
        Ok(_) | Err(CliError::Project { code: "config.no_database_url", .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let migrator = project.migrator(registry);
    let status = migrator.status(url.as_str()).await;
    let status = status.map_err(|error| CliError::run(project, error))?;
    for finding in status.findings() {
        let mut diagnostic = Diagnostic::new(finding.code, finding.message);
        diagnostic.revision = Some(finding.revision);
        diagnostic.file = finding.file.map(|file| project.shown(&file));
        findings.push(diagnostic);
    }
    let graph = migrator.registry().graph();
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
