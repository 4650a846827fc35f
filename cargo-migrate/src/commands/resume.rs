//! `resume`: goes on with a revision that a run has left half-way, with a person's answer where
//! the database can't tell.

use migrate_model::revision::Direction;
use migrate_runtime::{Answer, ErrorKind};

use super::run::Attempt;
use super::{Outcome, run};
use crate::arguments::{Common, Resume, RunOptions};
use crate::error::CliError;
use crate::output::Output;
use crate::output::fork::Wanted;
use crate::project::Project;

pub(crate) async fn run(common: &Common, resume: &Resume, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let options = RunOptions {
        lock_timeout: resume.lock_timeout,
        statement_timeout: resume.statement_timeout,
        ..RunOptions::default()
    };
    let migrator = run::migrator(&project, &options, output)?;
    let url = project.existing_database(common)?;
    let revision = resume.revision.as_deref();
    let answer = match (resume.done, resume.again) {
        (true, _) => Some(Answer::Done),
        (false, true) => Some(Answer::Again),
        (false, false) => None,
    };
    match migrator.resume(url.as_str(), revision, answer).await {
        Ok(report) => {
            let finished = run::finish(&project, &report, report.steps.len(), "finished", output);
            let went_up = report.steps.iter().any(|done| done.step.direction == Direction::Up);
            let graph = migrator.registry().graph();
            let mut heads =
                graph.heads().into_iter().map(|index| graph.revision(index).id.as_str());
            if went_up && heads.any(|head| !report.after.iter().any(|id| id == head)) {
                output.next("cargo migrate up applies what follows it");
            }
            Ok(finished)
        }
        Err(error) => {
            let attempt = Attempt { command: "resume", targets: revision.as_slice() };
            Err(match error.kind() {
                ErrorKind::Target(target) => {
                    CliError::target(migrator.registry().graph(), None, target, Wanted::Itself)
                }
                _ => CliError::attempt(&project, error, attempt.again()),
            })
        }
    }
}
