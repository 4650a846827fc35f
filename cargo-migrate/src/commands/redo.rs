//! `redo`: takes the newest revisions down and applies them again.

use migrate_runtime::Report;

use super::run::Attempt;
use super::{Outcome, run};
use crate::arguments::{Common, Redo, RunOptions};
use crate::output::Output;
use crate::project::Project;

pub(crate) async fn run(common: &Common, redo: &Redo, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = run::migrator(&project, &RunOptions::default(), output)?;
    let url = project.existing_database(common)?;
    let count = redo.count.to_string();
    let attempt = Attempt { command: "redo", targets: &[&count] };
    // What has no file here can be taken down, but not applied again. This asks, and runs nothing.
    if let Err(error) = migrator.plan_up(url.as_str(), "base").await {
        return Err(run::failed(&project, &migrator, &url, attempt, error).await);
    }
    let mut redone = match migrator.down(url.as_str(), &format!("-{}", redo.count)).await {
        Ok(redone) => redone,
        Err(error) => return Err(run::failed(&project, &migrator, &url, attempt, error).await),
    };
    let taken_down = redone.steps.len();
    for head in redone.before.clone() {
        match migrator.up(url.as_str(), &head).await {
            Ok(up) => add(&mut redone, up),
            Err(error) => {
                // What was taken down was done, too.
                add(&mut redone, error.report().clone());
                let attempt = Attempt { command: "up", targets: &[&head] };
                let error = error.with_report(redone);
                return Err(run::failed(&project, &migrator, &url, attempt, error).await);
            }
        }
    }
    let again = redone.steps.len() - taken_down;
    Ok(run::finish(&project, &redone, again, "redone", output))
}

/// Adds a run that followed.
fn add(report: &mut Report, next: Report) {
    report.after = next.after;
    report.duration += next.duration;
    report.steps.extend(next.steps);
}
