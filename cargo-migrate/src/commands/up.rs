//! `up`: applies revisions.

use migrate_model::Dialect;
use migrate_model::revision::Direction;
use migrate_runtime::{MultipleHeads, Report};

use super::{Outcome, run};
use crate::arguments::{Common, Up};
use crate::error::CliError;
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, up: &Up, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = run::migrator(&project, &up.options, output)?;
    let failed = |error| CliError::run(&project, error);
    let newest = match project.multiple_heads() {
        MultipleHeads::Deny => "head",
        MultipleHeads::Allow => "heads",
    };
    let target = up.target.as_deref().unwrap_or(newest);
    if up.options.sql {
        return run::print_script(&project, &migrator, target, Direction::Up, output);
    }
    let url = project.database_url(common)?;
    if up.options.dry_run {
        let plan = if url.is_missing() {
            migrator.plan_on_empty(target, Dialect::Sqlite)
        } else {
            migrator.plan_up(url.as_str(), target).await
        };
        return Ok(run::show_plan(&project, &plan.map_err(failed)?, output));
    }
    if url.is_missing()
        && migrator.plan_on_empty(target, Dialect::Sqlite).map_err(failed)?.steps.is_empty()
    {
        // Nothing to run is no reason to make a file.
        if migrator.registry().graph().is_empty() {
            output.verb("Next", "no revisions yet: cargo migrate new \"…\" writes the first");
        }
        return Ok(run::finish(&project, &Report::default(), 0, "applied", output));
    }
    let migrator = run::telling_creation(migrator, &url, output);
    let report = migrator.up(url.as_str(), target).await.map_err(failed)?;
    Ok(run::finish(&project, &report, report.steps.len(), "applied", output))
}
