//! `accept`: records a deliberate edit of an applied revision, after showing it.

use migrate_model::script::same_statements;
use migrate_model::{Checksum, Dialect};
use migrate_runtime::EditedRevision;
use serde_json::json;

use super::{Outcome, name};
use crate::arguments::{Accept, Common};
use crate::error::CliError;
use crate::exit::Exit;
use crate::moved::moved;
use crate::output::{Output, diff};
use crate::project::Project;

pub(crate) async fn run(common: &Common, accept: &Accept, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let failed = |error| CliError::run(&project, error);
    let migrator = project.migrator(project.read_registry()?);
    let url = project.existing_database(common)?;
    let status = migrator.status(url.as_str()).await.map_err(failed)?;
    let graph = migrator.registry().graph();
    let index = name::of_graph(graph, &accept.revision)?;
    let id = graph.revision(index).id.as_str();
    let edited = status.edited.iter().find(|edited| edited.id.as_str() == id);
    if let Some(edited) = edited {
        show(edited, url.dialect(), output);
        if !output.confirm(&format!("record this edit in {}?", url.shown())) {
            tell(output, id, &edited.applied, &edited.applied);
            return Ok(Exit::Done);
        }
    }
    match migrator.accept(url.as_str(), id).await.map_err(failed)? {
        Some(accepted) => {
            let to = accepted.to.to_string();
            tell(output, id, &accepted.from, &to);
            output.verb(
                "Accepted",
                format_args!(
                    "{id} {}: {} -> {}, logged in {}",
                    graph.revision(index).message,
                    short(&accepted.from),
                    short(&to),
                    url.shown()
                ),
            );
        }
        None => {
            let sum = graph.revision(index).checksum.to_string();
            tell(output, id, &sum, &sum);
            output.verb("Finished", format_args!("{id} is as it was applied"));
        }
    }
    Ok(Exit::Done)
}

fn tell(output: &Output, id: &str, from: &str, to: &str) {
    output.json(&json!({ "revision": id, "from": from, "to": to }));
}

fn short(sum: &str) -> String {
    sum.parse().map_or_else(|_| sum.to_owned(), |sum: Checksum| sum.short())
}

fn show(edited: &EditedRevision, dialect: Dialect, output: &Output) {
    let (Some(applied), Some(at_hand)) = (edited.applied_source(), edited.source_at_hand()) else {
        return;
    };
    output.line(diff::changed_lines(applied, at_hand));
    output.line(match moved(applied, at_hand) {
        Some((from, to)) => {
            format!("   only its place in the graph differs: it revised {from}, and revises {to}")
        }
        None if same_statements(dialect, applied, at_hand) => {
            "   only comments differ: the statements are the same".to_owned()
        }
        None => "   the statements differ: a database made from scratch may not be like this one"
            .to_owned(),
    });
}
