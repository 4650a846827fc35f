//! Stamping anew: what was recorded is forgotten first, so nothing of it can be refused.

use std::time::Instant;

use migrate_model::revision::{Applied, PlannedStep};

use super::apply::{Task, apply, record};
use super::plan::{current_heads, heads_after, moves};
use super::ready::Prepared;
use super::revisions::Revisions;
use super::{Context, Goal, announce, unlocked};
use crate::connection::Connection;
use crate::dialect::Outcome;
use crate::error::Error;
use crate::history::{Detail, History};
use crate::patience::Patience;
use crate::report::Report;

/// Forgets all that is recorded, whatever it is, and records that exactly the targets and what
/// they need are applied.
pub(crate) async fn stamp_anew(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    targets: &[&str],
) -> Result<Report, Error> {
    let Context { registry, settings, listener, run, .. } = context;
    let (started, graph, nothing) = (Instant::now(), registry.graph(), Applied::default());
    let mut patience = Patience::new(settings, *listener);
    let goal = Goal::Stamp(targets).fix_on(graph, &nothing, None)?;
    let steps = goal.steps_on(graph, &nothing)?;
    let revisions = Revisions::at_hand(registry);
    let dialect = connection.dialect();
    let prepared = steps
        .iter()
        .map(|step| Prepared::new(&revisions, settings, *step, goal.purpose(), dialect))
        .collect::<Result<Vec<_>, _>>()?;
    connection.lock(&settings.tables, settings.lock, run, &mut patience).await?;
    let outcome = record_anew(connection, context, &steps, &prepared, &mut patience).await;
    unlocked(connection, outcome).await.map(|report| {
        let report = Report { duration: started.elapsed(), ..report };
        announce(&goal, &report);
        report
    })
}

async fn record_anew(
    connection: &mut Connection<'_>,
    context: &Context<'_>,
    steps: &[PlannedStep],
    prepared: &[Prepared<'_>],
    patience: &mut Patience<'_>,
) -> Result<Report, Error> {
    let Context { registry, settings, listener, .. } = context;
    loop {
        let history = connection.read_history(&settings.tables, Detail::Plan, patience).await?;
        let task = Task { steps: prepared, clears_history: true, unfinished: None };
        let done = apply(connection, context, task, history.version, patience).await?;
        let Outcome::Done { durations, .. } = done else { continue };
        let graph = registry.graph();
        let mut report = Report { before: current_heads(graph, &history), ..Report::default() };
        record(prepared, &durations, *listener, &mut report);
        report.after = heads_after(graph, &History::default(), moves(graph, steps));
        return Ok(report);
    }
}
