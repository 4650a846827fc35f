//! `database create|drop|reset`.

use std::fs;

use camino::Utf8Path;
use migrate_model::Dialect;
use serde_json::json;

use super::run::Attempt;
use super::{Outcome, run};
use crate::arguments::{Common, Database, DatabaseAction, RunOptions};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::{DatabaseUrl, Project, shown};

pub(crate) async fn run(common: &Common, database: &Database, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let url = project.database_url(common)?;
    if url.dialect() != Dialect::Sqlite {
        return Err(CliError::Project {
            code: "config.dialect",
            message: format!(
                "this version creates and drops only SQLite files, not {}",
                url.shown()
            ),
            hint: Some("use createdb and dropdb".to_owned()),
            candidates: Vec::new(),
        });
    }
    let Some(file) = url.file() else {
        return Err(CliError::Project {
            code: "config.database_url",
            message: format!("{} is in memory: there is nothing to create or drop", url.shown()),
            hint: None,
            candidates: Vec::new(),
        });
    };
    match database.action {
        DatabaseAction::Create => tell(&url, "created", create(&url, file)?, output),
        DatabaseAction::Drop => {
            if may_drop(&url, file, output) {
                tell(&url, "dropped", drop_files(file)?, output);
            } else {
                tell(&url, "dropped", false, output);
            }
        }
        DatabaseAction::Reset => {
            // What can't be applied is told before anything is dropped.
            let migrator = run::migrator(&project, &RunOptions::default(), output)?;
            let newest = project.newest();
            if let Err(error) = migrator.plan_on_empty(newest, url.dialect()) {
                let attempt = Attempt { command: "database reset", targets: &[] };
                return Err(run::failed(&project, &migrator, &url, attempt, error).await);
            }
            if url.is_read_only() {
                return Err(unreachable(&url, "its mode allows no writing"));
            }
            if !may_drop(&url, file, output) {
                tell(&url, "dropped", false, output);
                return Ok(Exit::Done);
            }
            drop_files(file)?;
            create(&url, file)?;
            let report = migrator.run(url.as_str()).await;
            let report = report.map_err(|error| CliError::run(&project, error))?;
            return Ok(run::finish(&project, &report, report.steps.len(), "applied", output));
        }
    }
    Ok(Exit::Done)
}

fn may_drop(url: &DatabaseUrl, file: &Utf8Path, output: &Output) -> bool {
    !file.exists() || output.confirm(&format!("drop {} with all that it holds?", url.shown()))
}

/// An empty file is an empty database. `false`: it was there.
fn create(url: &DatabaseUrl, file: &Utf8Path) -> Result<bool, CliError> {
    match fs::OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unreachable(url, &error.to_string())),
    }
}

fn unreachable(url: &DatabaseUrl, why: &str) -> CliError {
    CliError::Project {
        code: "database.unreachable",
        message: format!("{} can't be made: {why}", url.shown()),
        hint: Some("check the URL: its folder must exist and be writable".to_owned()),
        candidates: Vec::new(),
    }
}

/// The file and what SQLite keeps beside it. `false`: it was not there.
fn drop_files(file: &Utf8Path) -> Result<bool, CliError> {
    let was_there = file.exists();
    for suffix in ["-journal", "-wal", "-shm", ""] {
        let path = Utf8Path::new(file.as_str())
            .with_file_name(format!("{}{suffix}", file.file_name().unwrap_or_default()));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(CliError::io(&shown(&path), error));
            }
            _ => {}
        }
    }
    Ok(was_there)
}

fn tell(url: &DatabaseUrl, what: &str, done: bool, output: &Output) {
    output.json(&json!({ "database": url.shown(), what: done }));
    let url = url.shown();
    match (what, done) {
        ("created", true) => output.verb("Created", url),
        ("created", false) => output.verb("Finished", format_args!("{url} is there already")),
        (_, true) => output.verb("Dropped", url),
        (_, false) => output.verb("Finished", format_args!("nothing was dropped of {url}")),
    }
}
