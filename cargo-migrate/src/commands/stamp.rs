//! `stamp`: records a state without running anything.

use migrate_model::Graph;
use migrate_model::revision::{Applied, Identifier};
use migrate_runtime::Report;
use serde_json::json;

use super::run::{Attempt, heads};
use super::{Outcome, run};
use crate::arguments::{Common, Stamp};
use crate::exit::Exit;
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, stamp: &Stamp, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = project.migrator(project.registry()?);
    let targets: Vec<&str> = stamp.revisions.iter().map(String::as_str).collect();
    let command = if stamp.purge { "stamp --purge" } else { "stamp" };
    let attempt = Attempt { command, targets: &targets };
    if stamp.sql {
        // No database is asked, so none is looked into for an error, either.
        let script = migrator.stamp_script(&targets, project.dialect());
        let script =
            script.map_err(|error| run::failed_offline(&project, &migrator, attempt, error))?;
        output.json(&json!({ "sql": script }));
        if !output.is_json() {
            Output::product(&script);
        }
        return Ok(Exit::Done);
    }
    let url = project.database_url(common)?;
    let was_missing = url.is_missing();
    if was_missing {
        // A name that names nothing is no reason to make a file.
        let script = migrator.stamp_script(&targets, url.dialect());
        script.map_err(|error| run::failed_offline(&project, &migrator, attempt, error))?;
    }
    let report = match stamp.purge {
        true => migrator.stamp_anew(url.as_str(), &targets).await,
        false => migrator.stamp(url.as_str(), &targets).await,
    };
    let report = match report {
        Ok(report) => report,
        Err(error) => return Err(run::failed(&project, &migrator, &url, attempt, error).await),
    };
    output.json(&json!({ "before": report.before, "after": report.after }));
    if was_missing && !url.is_missing() {
        output.verb("Created", url.shown());
    }
    output.verb(
        "Stamped",
        format_args!("{} -> {}; nothing was run", heads(&report.before), heads(&report.after)),
    );
    for target in lost(migrator.registry().graph(), &targets, &report) {
        output.note(format_args!(
            "{target} is not recorded: what is related to another target gave way to it, as in \
             Alembic; --purge records just what is named"
        ));
    }
    Ok(Exit::Done)
}

/// What was named and is not recorded all the same.
fn lost(graph: &Graph, targets: &[&str], report: &Report) -> Vec<String> {
    let after: Vec<usize> = report.after.iter().filter_map(|id| graph.index_of(id)).collect();
    let recorded = Applied::up_to(graph, &after);
    let named = targets.iter().filter_map(|target| {
        Identifier::parse(target).ok()?.revisions(graph, &Applied::default()).ok()
    });
    let lost = named.flatten().filter(|index| !recorded.contains(*index));
    lost.map(|index| graph.revision(index).id.to_string()).collect()
}
