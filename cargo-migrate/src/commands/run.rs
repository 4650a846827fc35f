//! What `up`, `down` and `switch` share: settings, events, the summary, the script.

use std::time::Duration;

use migrate_model::revision::Direction;
use migrate_runtime::{
    Error, ErrorKind, Event, Migrator, OfflineRange, Plan, Report, Status, TargetError,
};

use super::Outcome;
use crate::arguments::RunOptions;
use crate::error::CliError;
use crate::exit::Exit;
use crate::interrupt;
use crate::output::fork::Wanted;
use crate::output::paste::word;
use crate::output::{DIM, Output, json};
use crate::project::{DatabaseUrl, Project};

/// A migrator that follows the options and shows what happens.
pub(super) fn migrator(
    project: &Project,
    options: &RunOptions,
    output: &Output,
) -> Result<Migrator, CliError> {
    let mut migrator = project.migrator(project.registry()?).stop_when(interrupt::flag());
    if let Some(mode) = options.transaction {
        migrator = migrator.transaction(mode.into());
    }
    if let Some(timeout) = options.lock_timeout {
        migrator = migrator.lock_timeout(timeout);
    }
    if let Some(time) = options.wait {
        migrator = migrator.wait_for_database(time);
    }
    if let Some(timeout) = options.statement_timeout {
        migrator = migrator.statement_timeout(timeout);
    }
    Ok(migrator.on_event(shown_on(output)))
}

/// What was tried, so that an error can say how to try it again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    /// `up`, `database reset` …
    pub(super) command: &'a str,
    /// What stood behind it.
    pub(super) targets: &'a [&'a str],
}

impl Attempt<'_> {
    /// The command line, ready to paste.
    pub(super) fn again(self) -> String {
        let words = self.targets.iter().map(|target| word(target));
        let words: Vec<String> = std::iter::once(self.command.into()).chain(words).collect();
        format!("cargo migrate {}", words.join(" "))
    }
}

/// An error of a run. Several heads are told with what the database has of them.
pub(super) async fn failed(
    project: &Project,
    migrator: &Migrator,
    url: &DatabaseUrl,
    attempt: Attempt<'_>,
    error: Error,
) -> CliError {
    let status = match is_fork(&error) && !url.is_missing() {
        true => migrator.status(url.as_str()).await.ok(),
        false => None,
    };
    told(project, migrator, status.as_ref(), attempt, error)
}

/// The same for what asks no database.
pub(super) fn failed_offline(
    project: &Project,
    migrator: &Migrator,
    attempt: Attempt<'_>,
    error: Error,
) -> CliError {
    told(project, migrator, None, attempt, error)
}

fn is_fork(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Target(TargetError::MultipleHeads { .. }))
}

fn told(
    project: &Project,
    migrator: &Migrator,
    status: Option<&Status>,
    attempt: Attempt<'_>,
    error: Error,
) -> CliError {
    let ErrorKind::Target(target @ TargetError::MultipleHeads { .. }) = error.kind() else {
        return CliError::attempt(project, error, attempt.again());
    };
    let graph = migrator.registry().graph();
    CliError::target(graph, status, target, Wanted::Target(attempt.command))
}

/// The same migrator; it also says that it makes the database's file, once it has.
pub(super) fn telling_creation(migrator: Migrator, url: &DatabaseUrl, output: &Output) -> Migrator {
    if !url.is_missing() {
        return migrator;
    }
    let (url, output) = (url.clone(), output.clone());
    migrator.on_event(move |event| {
        if let Event::RunStarted { .. } = event {
            output.verb("Created", url.shown());
        }
        show(&output, event);
    })
}

/// A listener that shows what happens.
pub(super) fn shown_on(output: &Output) -> impl Fn(&Event<'_>) + Send + Sync + use<> {
    let output = output.clone();
    move |event| show(&output, event)
}

fn show(output: &Output, event: &Event<'_>) {
    match event {
        Event::RunStarted { steps, .. } => output.progress().begin(*steps),
        Event::StepStarted { revision, .. } => output.progress().at(&revision.message),
        Event::StepFinished { .. } => output.progress().advance(),
        _ => {}
    }
    if let Some(line) = json::event(event) {
        output.json(&line);
    }
    match event {
        Event::StepFinished { revision, direction, duration } => {
            let verb = match direction {
                Direction::Up => "Up",
                Direction::Down => "Down",
            };
            let time = milliseconds(*duration);
            output.verb(
                verb,
                format_args!("{} {} {DIM}({time}){DIM:#}", revision.id, revision.message),
            );
        }
        Event::StatementFinished { statement, duration } if output.is_verbose() => {
            let time = milliseconds(*duration);
            for (at, line) in statement.lines().enumerate() {
                let time = if at == 0 { format!("({time}) ") } else { String::new() };
                output.line(format_args!("{:>12} {DIM}{time}{line}{DIM:#}", ""));
            }
        }
        Event::Wait { waited, reason } => {
            let time = milliseconds(*waited);
            output.verb("Waiting", format_args!("for the database, {time} so far: {reason}"));
        }
        Event::LockWait { waited, holder } if is_told(*waited) => {
            let (time, holder) = (milliseconds(*waited), holder.unwrap_or("another writer"));
            output.verb("Waiting", format_args!("for {holder}, {time} so far"));
        }
        _ => {}
    }
}

/// Whether it's said now that a run waits: after a moment, and then every ten seconds or so.
fn is_told(waited: Duration) -> bool {
    let (seconds, milliseconds) = (waited.as_secs(), waited.subsec_millis());
    match seconds {
        0 => milliseconds > 500,
        _ => seconds.is_multiple_of(10) && milliseconds < 500,
    }
}

/// The end of a run that went well with so many revisions.
pub(super) fn finish(
    project: &Project,
    report: &Report,
    count: usize,
    done: &str,
    output: &Output,
) -> Exit {
    output.progress().end();
    output.json(&json::summary(project, report));
    let revisions = if count == 1 { "revision" } else { "revisions" };
    let (at, time) = (heads(&report.after), milliseconds(report.duration));
    match count {
        0 => output.verb("Finished", format_args!("nothing to do, at {at} {DIM}({time}){DIM:#}")),
        _ => output.verb(
            "Finished",
            format_args!("{count} {revisions} {done}, now at {at} {DIM}({time}){DIM:#}"),
        ),
    }
    Exit::Done
}

/// The end of `--dry-run`.
pub(super) fn show_plan(project: &Project, plan: &Plan, output: &Output) -> Exit {
    output.json(&json::plan(project, plan));
    show_steps(plan, "; nothing was run", output);
    Exit::Done
}

/// A plan for eyes, and what there is to add.
pub(super) fn show_steps(plan: &Plan, remark: &str, output: &Output) {
    for step in &plan.steps {
        let verb = match step.direction {
            Direction::Up => "Would up",
            Direction::Down => "Would down",
        };
        output.verb(verb, format_args!("{} {}", step.id, step.message));
    }
    let count = plan.steps.len();
    let steps = if count == 1 { "step" } else { "steps" };
    output.verb(
        "Planned",
        format_args!("{count} {steps}, {} -> {}{remark}", heads(&plan.before), heads(&plan.after)),
    );
}

/// `--sql`: the script for a range, on stdout.
pub(super) fn print_script(
    project: &Project,
    migrator: &Migrator,
    target: &str,
    direction: Direction,
    output: &Output,
) -> Outcome {
    let (from, to) = match (target.split_once(':'), direction) {
        (Some((from, to)), _) => (Some(from).filter(|from| !from.is_empty()), to),
        (None, Direction::Up) => (None, target),
        (None, Direction::Down) => {
            return Err(CliError::Project {
                code: "graph.range_required",
                message: "down --sql asks no database, so it needs both ends: from:to".to_owned(),
                hint: Some("for example: cargo migrate down head:base --sql".to_owned()),
                candidates: Vec::new(),
            });
        }
    };
    let range = OfflineRange { from, to, direction };
    let script = migrator.script(range, project.dialect()).map_err(|error| match error.kind() {
        ErrorKind::Target(target) => CliError::target(
            migrator.registry().graph(),
            None,
            target,
            Wanted::Target(direction.name()),
        ),
        _ => CliError::run(project, error),
    })?;
    if output.is_json() {
        output.json(&serde_json::json!({ "sql": script }));
    } else {
        Output::product(&script);
    }
    Ok(Exit::Done)
}

/// Heads as one word or several; none is the base.
pub(super) fn heads(heads: &[String]) -> String {
    if heads.is_empty() { "base".to_owned() } else { heads.join(", ") }
}

fn milliseconds(duration: Duration) -> String {
    match duration.as_millis() {
        short @ 0..10_000 => format!("{short} ms"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}
