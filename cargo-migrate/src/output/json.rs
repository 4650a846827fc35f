//! The JSON of the commands: keys and their order are a contract.

use migrate_model::Revision;
use migrate_runtime::{Event, Plan, Report, Step};
use serde_json::{Value, json};

use crate::project::Project;

/// A step of a plan.
pub(crate) fn step(project: &Project, step: &Step) -> Value {
    json!({
        "revision": step.id.as_str(),
        "direction": step.direction.name(),
        "message": step.message,
        "kind": step.kind.name(),
        "file": project.shown(&step.file),
    })
}

/// The document of `--dry-run`.
pub(crate) fn plan(project: &Project, plan: &Plan) -> Value {
    let steps: Vec<Value> = plan.steps.iter().map(|one| step(project, one)).collect();
    json!({ "steps": steps, "before": plan.before, "after": plan.after })
}

/// The line of a plan that is about to be run.
pub(crate) fn planned(project: &Project, plan: &Plan) -> Value {
    let mut line = json!({ "type": "plan" });
    if let (Some(line), Value::Object(plan)) = (line.as_object_mut(), self::plan(project, plan)) {
        line.extend(plan);
    }
    line
}

/// The last line of a run.
pub(crate) fn summary(project: &Project, report: &Report) -> Value {
    let steps = report.steps.iter().map(|done| {
        let mut value = step(project, &done.step);
        value["duration_ms"] = milliseconds(done.duration);
        value
    });
    json!({
        "type": "summary",
        "steps": steps.collect::<Vec<_>>(),
        "before": report.before,
        "after": report.after,
        "applied": report.steps.len(),
        "duration_ms": milliseconds(report.duration),
    })
}

/// A line of a run; `None` for moments that have none.
pub(crate) fn event(event: &Event<'_>) -> Option<Value> {
    Some(match event {
        Event::RunStarted { direction, steps, before } => json!({
            "type": "run_started", "direction": direction.name(), "steps": steps, "before": before,
        }),
        Event::LockWait { waited, holder } => json!({
            "type": "lock_wait", "waited_ms": milliseconds(*waited), "holder": holder,
        }),
        Event::Wait { waited, reason } => {
            json!({ "type": "wait", "waited_ms": milliseconds(*waited), "reason": reason })
        }
        Event::StepStarted { revision, direction } => json!({
            "type": "step_started", "revision": revision.id.as_str(), "direction": direction.name(),
        }),
        Event::StepFinished { revision, direction, duration } => json!({
            "type": "step_finished", "revision": revision.id.as_str(),
            "direction": direction.name(), "duration_ms": milliseconds(*duration),
        }),
        _ => return None,
    })
}

/// A revision as `history` lists it.
pub(crate) fn revision(project: &Project, revision: &Revision, state: Option<&str>) -> Value {
    let names = |ids: &[migrate_model::RevisionId]| -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    };
    json!({
        "revision": revision.id.as_str(),
        "revises": names(&revision.revises),
        "depends_on": names(&revision.depends_on),
        "labels": revision.labels.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "message": revision.message,
        "file": project.shown(&revision.file),
        "created": revision.created,
        "state": state,
    })
}

fn milliseconds(duration: std::time::Duration) -> Value {
    json!(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
