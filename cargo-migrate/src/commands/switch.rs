//! `switch`: brings a development database to this checkout. What has no file here is taken down
//! from what the database has stored of it, then all is applied as `up` would.

use migrate_runtime::{OnUnknown, Plan, Report};

use super::run::Attempt;
use super::{Outcome, run};
use crate::arguments::{Common, Switch};
use crate::exit::Exit;
use crate::output::{Output, json};
use crate::project::Project;

pub(crate) async fn run(common: &Common, switch: &Switch, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = run::migrator(&project, &switch.options, output)?;
    let migrator = migrator.on_unknown(OnUnknown::RollBack);
    let url = project.existing_database(common)?;
    let target = project.newest();
    let attempt = Attempt { command: "switch", targets: &[] };
    let plan = match migrator.plan_up(url.as_str(), target).await {
        Ok(plan) => plan,
        Err(error) => return Err(run::failed(&project, &migrator, &url, attempt, error).await),
    };
    if switch.options.dry_run {
        return Ok(run::show_plan(&project, &plan, output));
    }
    if plan.steps.is_empty() {
        return Ok(run::finish(&project, &untouched(&plan), 0, "run", output));
    }
    output.json(&json::planned(&project, &plan));
    run::show_steps(&plan, "", output);
    if !output.confirm(&format!("bring {} to this checkout?", url.shown())) {
        output.json(&json::summary(&project, &untouched(&plan)));
        output.verb("Finished", "nothing was run");
        return Ok(Exit::Done);
    }
    match migrator.up(url.as_str(), target).await {
        Ok(report) => Ok(run::finish(&project, &report, report.steps.len(), "run", output)),
        Err(error) => Err(run::failed(&project, &migrator, &url, attempt, error).await),
    }
}

/// The report of a run that did nothing.
fn untouched(plan: &Plan) -> Report {
    let before = plan.before.clone();
    Report { after: before.clone(), before, ..Report::default() }
}
