//! `current`: where the database is.

use migrate_model::Graph;
use migrate_runtime::ErrorKind;
use serde_json::json;

use super::{Outcome, name};
use crate::arguments::{Common, Current};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, current: &Current, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let registry = project.registry()?;
    let url = project.existing_database(common)?;
    let migrator = project.migrator(registry);
    let graph = migrator.registry().graph();
    let at_heads = match current.check_heads {
        false => None,
        true => {
            let status = name::state(common, &project, &migrator).await?;
            let mut heads = graph.heads();
            heads.sort_unstable();
            Some(name::applied(graph, &status).tips(graph) == heads)
        }
    };
    let heads = migrator.current(url.as_str()).await;
    let heads = heads.map_err(|error| CliError::run(&project, error))?;
    for id in &heads {
        output.line(line(graph, id));
    }
    if heads.iter().any(|id| graph.index_of(id).is_none()) {
        // Where an unknown revision is applied, what is shown is not all that there is to say.
        let unknown = name::state(common, &project, &migrator).await?.unknown;
        return Err(CliError::run(&project, ErrorKind::Unknown(unknown).into()));
    }
    match at_heads {
        None => output.json(&json!({ "heads": heads })),
        Some(at_heads) => output.json(&json!({ "heads": heads, "at_heads": at_heads })),
    }
    if heads.is_empty() {
        output.line("base: nothing is applied");
    }
    if at_heads == Some(false) {
        output.next("not at the heads: cargo migrate status shows what is pending");
        return Ok(Exit::Findings);
    }
    Ok(Exit::Done)
}

fn line(graph: &Graph, id: &str) -> String {
    match graph.index_of(id) {
        Some(index) => {
            let head = if graph.children(index).is_empty() { " (head)" } else { "" };
            format!("{id} {}{head}", graph.revision(index).message)
        }
        None => format!("{id} (unknown here)"),
    }
}
