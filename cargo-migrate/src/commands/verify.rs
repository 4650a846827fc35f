//! `verify`: integrity only.

use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::Common;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{ERROR, Output, diff};
use crate::project::Project;

pub(crate) async fn run(common: &Common, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = project.migrator(project.read_registry()?);
    let url = project.existing_database(common)?;
    let status = migrator.status(url.as_str()).await;
    let status = status.map_err(|error| CliError::run(&project, error))?;
    let findings = status.findings();
    let documents: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let mut document = json!({
                "code": finding.code, "message": finding.message, "revision": finding.revision,
            });
            if let Some(file) = &finding.file {
                document["file"] = json!(project.shown(file));
            }
            document
        })
        .collect();
    output.json(&json!({ "findings": documents }));
    for finding in &findings {
        output.line(format_args!("{ERROR}{}{ERROR:#}: {}", finding.code, finding.message));
    }
    if findings.is_empty() {
        output.verb(
            "Verified",
            format_args!("{} applied, each as it was applied", status.applied.len()),
        );
        return Ok(Exit::Done);
    }
    for edited in &status.edited {
        if let (Some(applied), Some(at_hand)) = (edited.applied_source(), edited.source_at_hand()) {
            output.line(format_args!("  --> {}", project.shown(&edited.file)));
            output.line(diff::changed_lines(applied, at_hand));
        }
    }
    if let Some(first) = findings.first() {
        let id = &first.revision;
        match status.partial.iter().find(|partial| partial.id == *id && partial.goes_on) {
            Some(partial) => output.next(format_args!("{} goes on with it", partial.command())),
            None => {
                let is_stored = match status.edited.iter().find(|edited| edited.id.as_str() == id) {
                    Some(edited) => edited.applied_source().is_some(),
                    None => project.keeps_source(),
                };
                let way = match is_stored {
                    true => format!("cargo migrate restore {id} writes back what was applied"),
                    false => "your version control has what was applied".to_owned(),
                };
                output.next(way);
            }
        }
        if first.code == "integrity.edited" {
            output.next(format_args!("cargo migrate accept {id} records a deliberate edit"));
        }
        if first.code == "integrity.unknown" {
            output.next("cargo migrate switch brings a development database to this checkout");
        }
    }
    Ok(Exit::Findings)
}
