//! `accept`: records a deliberate edit of an applied revision, after showing it.

use migrate_model::Checksum;
use migrate_model::script::same_statements;
use migrate_runtime::EditedRevision;
use serde_json::json;

use super::Outcome;
use crate::arguments::{Accept, Common};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{Output, diff};
use crate::project::{DatabaseUrl, Project};

pub(crate) async fn run(common: &Common, accept: &Accept, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let failed = |error| CliError::run(&project, error);
    let migrator = project.migrator(project.registry()?);
    let url = project.existing_database(common)?;
    let status = migrator.status(url.as_str()).await.map_err(failed)?;
    let edited =
        status.edited.iter().find(|edited| edited.id.as_str().starts_with(&accept.revision));
    if let Some(edited) = edited {
        show(edited, output);
        if !output.confirm(&format!("record this edit in {}?", url.shown())) {
            return Ok(nothing_done(edited, output));
        }
    }
    let accepted = migrator.accept(url.as_str(), &accept.revision).await.map_err(failed)?;
    match (accepted, edited) {
        (Some(accepted), Some(edited)) => {
            told(edited, &accepted.from, &accepted.to, &url, output);
        }
        _ => output.verb("Finished", format_args!("{} is as it was applied", accept.revision)),
    }
    Ok(Exit::Done)
}

fn show(edited: &EditedRevision, output: &Output) {
    if let (Some(applied), Some(at_hand)) = (edited.applied_source(), edited.source_at_hand()) {
        output.line(diff::changed_lines(applied, at_hand));
        output.line(match same_statements(applied, at_hand) {
            true => "   only comments differ: the statements are the same",
            false => {
                "   the statements differ: a database made from scratch will not be like this one"
            }
        });
    }
}

fn nothing_done(edited: &EditedRevision, output: &Output) -> Exit {
    let from = &edited.applied;
    output.json(&json!({ "revision": edited.id.as_str(), "from": from, "to": from }));
    Exit::Done
}

fn told(edited: &EditedRevision, from: &str, to: &Checksum, url: &DatabaseUrl, output: &Output) {
    output.json(&json!({ "revision": edited.id.as_str(), "from": from, "to": to.to_string() }));
    let short =
        |sum: String| sum.trim_start_matches("sha256:").chars().take(12).collect::<String>();
    output.verb(
        "Accepted",
        format_args!(
            "{} {}: {}… -> {}…, logged in {}",
            edited.id,
            edited.message,
            short(from.to_owned()),
            short(to.to_string()),
            url.shown()
        ),
    );
}
