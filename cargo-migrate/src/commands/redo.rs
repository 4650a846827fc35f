//! `redo`: takes the newest revisions down and applies them again.

use migrate_runtime::Report;

use super::{Outcome, run};
use crate::arguments::{Common, Redo, RunOptions};
use crate::error::CliError;
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, redo: &Redo, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = run::migrator(&project, &RunOptions::default(), output)?;
    let url = project.existing_database(common)?;
    let failed = |error| CliError::run(&project, error);
    let down = migrator.down(url.as_str(), &format!("-{}", redo.count)).await.map_err(failed)?;
    let mut redone =
        Report { before: down.before.clone(), after: down.after.clone(), ..Report::default() };
    redone.duration = down.duration;
    redone.steps.extend(down.steps);
    for head in &down.before {
        let up = migrator.up(url.as_str(), head).await.map_err(failed)?;
        redone.after = up.after;
        redone.duration += up.duration;
        redone.steps.extend(up.steps);
    }
    Ok(run::finish(&project, &redone, "redone", output))
}
