//! `verify`: integrity only.

use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::Common;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{ERROR, Output};
use crate::project::Project;

pub(crate) async fn run(common: &Common, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = project.migrator(project.registry()?);
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
    output.verb("Next", "cargo migrate up shows what differs, and the ways out");
    Ok(Exit::Findings)
}
