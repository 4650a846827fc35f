//! `down`: takes revisions back.

use migrate_model::revision::Direction;

use super::run::Attempt;
use super::{Outcome, run};
use crate::arguments::{Common, Down};
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, down: &Down, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = run::migrator(&project, &down.options, output)?;
    let target = down.target.as_str();
    if down.sql {
        return run::print_script(&project, &migrator, target, Direction::Down, output);
    }
    let url = project.existing_database(common)?;
    let outcome = match down.options.dry_run {
        true => migrator
            .plan_down(url.as_str(), target)
            .await
            .map(|plan| run::show_plan(&project, &plan, output)),
        false => migrator
            .down(url.as_str(), target)
            .await
            .map(|report| run::finish(&project, &report, report.steps.len(), "taken down", output)),
    };
    match outcome {
        Ok(exit) => Ok(exit),
        Err(error) => {
            let attempt = Attempt { command: "down", targets: &[target] };
            Err(run::failed(&project, &migrator, &url, attempt, error).await)
        }
    }
}
