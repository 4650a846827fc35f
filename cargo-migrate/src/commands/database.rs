//! `database create|drop|reset`.

use std::fs;
use std::time::Duration;

use camino::Utf8Path;
use migrate_model::Dialect;
use migrate_runtime::database;
use serde_json::json;

use super::run::Attempt;
use super::{Outcome, run};
use crate::arguments::{Common, Database, DatabaseAction, RunOptions};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::{DatabaseUrl, Project, shown};

pub(crate) async fn run(common: &Common, arguments: &Database, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let url = project.database_url(common)?;
    let place = Place::of(&project, &url)?;
    if let Some(time) = arguments.wait {
        place.wait(time, output).await?;
    }
    match arguments.action {
        DatabaseAction::Create => tell(&url, "created", place.create().await?, output),
        DatabaseAction::Drop => {
            let dropped = place.may_drop(output).await? && place.drop().await?;
            tell(&url, "dropped", dropped, output);
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
            if !place.may_drop(output).await? {
                tell(&url, "dropped", false, output);
                return Ok(Exit::Done);
            }
            place.drop().await?;
            place.create().await?;
            let report = migrator.run(url.as_str()).await;
            let report = report.map_err(|error| CliError::run(&project, error))?;
            return Ok(run::finish(&project, &report, report.steps.len(), "applied", output));
        }
    }
    Ok(Exit::Done)
}

/// Where a database is as a whole.
enum Place<'u> {
    /// A file, with what SQLite keeps beside it.
    File(&'u DatabaseUrl, &'u Utf8Path),
    /// A server has it.
    Server(&'u Project, &'u DatabaseUrl),
}

impl<'u> Place<'u> {
    fn of(project: &'u Project, url: &'u DatabaseUrl) -> Result<Self, CliError> {
        match (url.dialect(), url.file()) {
            (Dialect::Sqlite, Some(file)) => Ok(Self::File(url, file)),
            (Dialect::Sqlite, None) => Err(CliError::Project {
                code: "config.database_url",
                message: format!(
                    "{} is in memory: there is nothing to create or drop",
                    url.shown()
                ),
                hint: None,
                candidates: Vec::new(),
            }),
            (Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb, _) => {
                Ok(Self::Server(project, url))
            }
        }
    }

    /// Waits for the server; a file is always there.
    async fn wait(&self, time: Duration, output: &Output) -> Result<(), CliError> {
        let Self::Server(project, url) = self else { return Ok(()) };
        let show = run::shown_on(output);
        let waited = database::wait_for_server(url.as_str(), time, &show).await;
        waited.map_err(|error| CliError::run(project, error))
    }

    /// Asks, if there is anything to lose.
    async fn may_drop(&self, output: &Output) -> Result<bool, CliError> {
        let (is_there, url) = match self {
            Self::File(url, file) => (file.exists(), url),
            Self::Server(project, url) => {
                let asked = database::exists(url.as_str()).await;
                (asked.map_err(|error| CliError::run(project, error))?, url)
            }
        };
        let question = format!("drop {} with all that it holds?", url.shown());
        Ok(!is_there || output.confirm(&question))
    }

    /// `false`: it was there.
    async fn create(&self) -> Result<bool, CliError> {
        match self {
            Self::File(url, file) => create_file(url, file),
            Self::Server(project, url) => {
                let created = database::create(url.as_str()).await;
                created.map_err(|error| CliError::run(project, error))
            }
        }
    }

    /// `false`: it was not there.
    async fn drop(&self) -> Result<bool, CliError> {
        match self {
            Self::File(_, file) => drop_files(file),
            Self::Server(project, url) => {
                let dropped = database::drop(url.as_str()).await;
                dropped.map_err(|error| CliError::run(project, error))
            }
        }
    }
}

/// An empty file is an empty database. `false`: it was there.
fn create_file(url: &DatabaseUrl, file: &Utf8Path) -> Result<bool, CliError> {
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
