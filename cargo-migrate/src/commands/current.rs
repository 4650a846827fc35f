//! `current`: where the database is.

use serde_json::json;

use super::Outcome;
use crate::arguments::Common;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let registry = project.registry()?;
    let url = project.existing_database(common)?;
    let migrator = project.migrator(registry);
    let heads = migrator.current(url.as_str()).await;
    let heads = heads.map_err(|error| CliError::run(&project, error))?;
    output.json(&json!({ "heads": heads }));
    let graph = migrator.registry().graph();
    for id in &heads {
        match graph.index_of(id) {
            Some(index) => {
                let head = if graph.children(index).is_empty() { " (head)" } else { "" };
                output.line(format_args!("{id} {}{head}", graph.revision(index).message));
            }
            None => output.line(format_args!("{id} (unknown here)")),
        }
    }
    if heads.is_empty() {
        output.line("base: nothing is applied");
    }
    Ok(Exit::Done)
}
