//! Writing a new revision's file: what `new` and `merge` share.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use migrate_model::config::Filename;
use migrate_model::revision::{Identifier, Label, slug};
use migrate_model::{Graph, RevisionFile, RevisionId};
use minijinja::{Value, context};
use serde_json::json;

use super::{Outcome, editor, write};
use crate::arguments::Common;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::output::fork::Wanted;
use crate::project::{Project, shown};
use crate::template;

/// A revision that is about to be written.
pub(super) struct NewRevision {
    pub(super) message: String,
    pub(super) id: RevisionId,
    pub(super) parents: Vec<usize>,
    pub(super) labels: Vec<Label>,
    /// Ids or labels, as they stand in the header.
    pub(super) depends_on: Vec<String>,
    /// The folder of its file.
    pub(super) folder: Utf8PathBuf,
}

/// What happens once the file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Afterwards {
    /// It is opened in an editor.
    Edit,
    /// What to do next is told.
    Tell(&'static str),
}

impl NewRevision {
    /// Writes the file, never over another, and runs the configured hooks on it.
    pub(super) fn write(
        &self,
        common: &Common,
        project: &Project,
        graph: &Graph,
        afterwards: Afterwards,
        output: &Output,
    ) -> Outcome {
        let now = Timestamp::now();
        let parents = self.parents.iter().map(|index| graph.revision(*index).id.as_str());
        let revises: Vec<&str> = parents.collect();
        let text = self.render(common, project, &revises, &format!("{now:.0}"))?;
        fs::create_dir_all(&self.folder)
            .map_err(|error| CliError::io(&shown(&self.folder), error))?;
        let name = file_name(&project.config.filename, now, &self.id, &self.message)?;
        let path = self.folder.join(name + ".sql");
        // What would break every command is not written at all.
        let name = path.file_name().unwrap_or_default();
        let file = RevisionFile::parse(&shown(&path), name, text.as_bytes())
            .map_err(|error| CliError::File(Box::new(error)))?;
        let mut revisions = graph.revisions().to_vec();
        revisions.push(file.revision);
        Graph::new(revisions).map_err(|error| CliError::graph(project, error))?;
        write::new(&path, &text)?;

        let id = self.id.as_str();
        output.json(&json!({ "revision": id, "file": shown(&path), "revises": revises }));
        output.verb("Wrote", shown(&path));
        for command in &project.config.post_write {
            post_write(common, command, &path)?;
        }
        match afterwards {
            Afterwards::Edit => editor::open(&path)?,
            Afterwards::Tell(next) => output.next(next),
        }
        Ok(Exit::Done)
    }

    fn render(
        &self,
        common: &Common,
        project: &Project,
        revises: &[&str],
        created: &str,
    ) -> Result<String, CliError> {
        const NAME: &str = "revision.sql.j2";
        let folder = project.config.templates.as_ref().map(|folder| project.root.join(folder));
        if let Some(missing) = folder.as_ref().filter(|folder| !folder.is_dir()) {
            let message = format!("`templates`: there is no folder {}", shown(missing));
            return Err(usage("config.bad_value", message, None));
        }
        let own = folder.map(|folder| folder.join(NAME));
        let template = match own.filter(|path| path.is_file()) {
            Some(path) => {
                fs::read_to_string(&path).map_err(|error| CliError::io(&shown(&path), error))?
            }
            None => include_str!("../../template/revision.sql.j2").to_owned(),
        };
        let (message, revision) = (self.message.as_str(), self.id.as_str());
        let revises = if revises.is_empty() { "base".to_owned() } else { revises.join(", ") };
        let labels: Vec<&str> = self.labels.iter().map(AsRef::as_ref).collect();
        let (labels, depends_on) = (labels.join(", "), self.depends_on.join(", "));
        let x: BTreeMap<&str, &str> =
            common.values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let (x, tag) = (Value::from_iter(x), common.tag.as_deref().unwrap_or_default());
        let values = context! { message, revision, revises, labels, depends_on, created, x, tag };
        template::render(NAME, &template, values)
    }
}

/// The id that was asked for, or twelve random hexadecimal digits; nobody else may have it.
pub(super) fn id(
    chosen: Option<&str>,
    project: &Project,
    graph: &Graph,
) -> Result<RevisionId, CliError> {
    let id = match chosen {
        Some(id) => id.to_owned(),
        None => {
            let number = getrandom::u64().map_err(|error| {
                let message = format!("the system gave no random number: {error}");
                usage("project.random", message, None)
            })?;
            format!("{:012x}", number >> 16)
        }
    };
    refuse_taken(project, graph, &id)?;
    id.parse().map_err(|error| {
        let message = format!("`{id}` can be no revision id: {error}");
        usage("graph.illegal_identifier", message, None)
    })
}

/// Labels that nobody else has.
pub(super) fn labels(
    chosen: &[String],
    project: &Project,
    graph: &Graph,
) -> Result<Vec<Label>, CliError> {
    let label = |text: &String| {
        refuse_taken(project, graph, text)?;
        text.parse().map_err(|error| {
            let message = format!("`{text}` can be no branch label: {error}");
            usage("graph.illegal_identifier", message, None)
        })
    };
    chosen.iter().map(label).collect()
}

fn refuse_taken(project: &Project, graph: &Graph, name: &str) -> Result<(), CliError> {
    let Some(other) = graph.index_of_name(name) else { return Ok(()) };
    let other = project.shown(&graph.revision(other).file);
    let hint = Some("choose another".to_owned());
    Err(usage("graph.duplicate", format!("{name} is taken by {other}"), hint))
}

/// What the new revision depends on, as its header says it.
pub(super) fn dependencies(chosen: &[String], graph: &Graph) -> Result<Vec<String>, CliError> {
    let failed = |error| CliError::target(graph, None, &error, Wanted::Itself);
    let dependency = |name: &String| {
        Identifier::parse(name).and_then(|name| graph.dependency_for(&name)).map_err(failed)
    };
    chosen.iter().map(dependency).collect()
}

/// The folder that was asked for, which must be one of the revisions'; else the first parent's,
/// because a lineage stays together; else the first of the configuration.
pub(super) fn folder(
    chosen: Option<&Utf8Path>,
    parents: &[usize],
    project: &Project,
    graph: &Graph,
) -> Result<Utf8PathBuf, CliError> {
    let folder = match (chosen, parents.first()) {
        (Some(path), _) => project.revision_folder(path)?,
        (None, Some(parent)) => {
            let file = Utf8Path::new(&graph.revision(*parent).file);
            file.parent().unwrap_or(file).to_string()
        }
        (None, None) => project.first_folder()?,
    };
    Ok(project.root.join(folder))
}

/// One line that says something.
pub(super) fn message(text: &str) -> Result<String, CliError> {
    let text = text.trim();
    let hint = || Some("for example: cargo migrate new \"add projects\"".to_owned());
    match text.chars().find(|c| c.is_control()) {
        _ if text.is_empty() => {
            let message = "the message is empty: say what the revision does".to_owned();
            Err(usage("usage.message", message, hint()))
        }
        Some(_) => Err(usage("usage.message", "the message must be one line".to_owned(), hint())),
        None => Ok(text.to_owned()),
    }
}

fn usage(code: &'static str, message: String, hint: Option<String>) -> CliError {
    CliError::Project { code, message, hint, candidates: Vec::new() }
}

/// The file's name without its ending, as the configuration wants it.
fn file_name(
    filename: &Filename,
    now: Timestamp,
    id: &RevisionId,
    message: &str,
) -> Result<String, CliError> {
    let zone = match filename.time_zone.as_str() {
        "local" => TimeZone::system(),
        name => TimeZone::get(name).map_err(|_| {
            let message = format!("`filename.time-zone`: there is no time zone {name}");
            usage("config.bad_value", message, None)
        })?,
    };
    let time = now.to_zoned_datetime(zone);
    let name = filename
        .pattern
        .replace("{date}", &time.strftime("%Y-%m-%d").to_string())
        .replace("{time}", &time.strftime("%H%M%S").to_string())
        .replace("{id}", id.as_str())
        .replace("{slug}", &slug(message, filename.slug_length));
    // Without a slug nothing dangles.
    Ok(name.trim_matches(['_', '-', '.']).to_owned())
}

/// Runs a command of the configuration on the new file. The file stays, whatever comes of it.
fn post_write(common: &Common, command: &str, path: &Utf8Path) -> Result<(), CliError> {
    let mut words = command.split_whitespace();
    let Some(program) = words.next() else { return Ok(()) };
    let failed = |why: String| CliError::Project {
        code: "config.post_write",
        message: format!("post-write `{command}` {why}; the file is there: {}", shown(path)),
        hint: None,
        candidates: Vec::new(),
    };
    // Its output is for eyes: stdout belongs to the command's own product.
    let mut hook = Command::new(program);
    hook.args(words).arg(path).env("MIGRATE_TAG", common.tag.as_deref().unwrap_or_default());
    hook.envs(common.values.iter().map(|(key, value)| (format!("MIGRATE_X_{key}"), value)));
    let output = hook.output();
    let output = output.map_err(|error| failed(format!("can't be run: {error}")))?;
    eprint!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    match output.status.success() {
        true => Ok(()),
        false => Err(failed(format!("ended with {}", output.status))),
    }
}
