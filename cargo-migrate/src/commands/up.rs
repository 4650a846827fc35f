//! `up`: applies revisions.

use migrate_model::revision::Direction;
use migrate_runtime::Report;

use super::run::Attempt;
use super::{Outcome, run};
use crate::arguments::{Common, Up};
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, up: &Up, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = run::migrator(&project, &up.options, output)?;
    let target = up.target.as_deref().unwrap_or(project.newest());
    if up.sql {
        return run::print_script(&project, &migrator, target, Direction::Up, output);
    }
    let url = project.database_url(common)?;
    let named = up.target.as_deref();
    let attempt = Attempt { command: "up", targets: named.as_slice() };
    let on_empty = || migrator.plan_on_empty(target, url.dialect());
    if up.options.dry_run {
        let plan = match url.is_missing() {
            true => on_empty(),
            false => migrator.plan_up(url.as_str(), target).await,
        };
        return match plan {
            Ok(plan) => Ok(run::show_plan(&project, &plan, output)),
            Err(error) => Err(run::failed(&project, &migrator, &url, attempt, error).await),
        };
    }
    if url.is_missing() {
        match on_empty() {
            Err(error) => return Err(run::failed(&project, &migrator, &url, attempt, error).await),
            Ok(plan) if plan.steps.is_empty() => {
                // Nothing to run is no reason to make a file.
                if migrator.registry().graph().is_empty() {
                    output.next("no revisions yet: cargo migrate new \"…\" writes the first");
                }
                return Ok(run::finish(&project, &Report::default(), 0, "applied", output));
            }
            Ok(_) => {}
        }
    }
    let migrator = run::telling_creation(migrator, &url, output);
    match migrator.up(url.as_str(), target).await {
        Ok(report) => Ok(run::finish(&project, &report, report.steps.len(), "applied", output)),
        Err(error) => Err(run::failed(&project, &migrator, &url, attempt, error).await),
    }
}
