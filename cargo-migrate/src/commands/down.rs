//! `down`: takes revisions back.

use migrate_model::revision::Direction;

use super::{Outcome, run};
use crate::arguments::{Common, Down};
use crate::error::CliError;
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, down: &Down, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = run::migrator(&project, &down.options, output)?;
    let failed = |error| CliError::run(&project, error);
    if down.options.sql {
        return run::print_script(&project, &migrator, &down.target, Direction::Down, output);
    }
    let url = project.existing_database(common)?;
    if down.options.dry_run {
        let plan = migrator.plan_down(url.as_str(), &down.target).await.map_err(failed)?;
        return Ok(run::show_plan(&project, &plan, output));
    }
    let report = migrator.down(url.as_str(), &down.target).await.map_err(failed)?;
    Ok(run::finish(&project, &report, report.steps.len(), "taken down", output))
}
