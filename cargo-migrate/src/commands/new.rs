//! `new`: writes a revision file on top of the newest.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use camino::Utf8Path;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use migrate_model::config::Filename;
use migrate_model::revision::slug;
use migrate_model::{GraphError, RevisionFile, RevisionId};
use minijinja::{Value, context};
use serde_json::json;

use super::{Outcome, editor};
use crate::arguments::{Common, New};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::{Project, shown};
use crate::template;

pub(crate) fn run(common: &Common, new: &New, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let message = message(new)?;
    let registry = project.registry()?;
    let graph = registry.graph();
    let heads: Vec<&RevisionId> =
        graph.heads().into_iter().map(|index| &graph.revision(index).id).collect();
    if heads.len() > 1 {
        let mut heads: Vec<RevisionId> = heads.into_iter().cloned().collect();
        heads.sort_unstable();
        return Err(CliError::graph(&project, GraphError::MultipleHeads { heads }));
    }
    let id = match &new.rev_id {
        Some(id) => chosen_id(id)?,
        None => random_id()?,
    };
    if let Some(other) = graph.index_of_name(id.as_str()) {
        let other = project.shown(&graph.revision(other).file);
        return Err(usage("graph.duplicate", format!("{id} is taken by {other}")));
    }

    let revises: Vec<String> = heads.iter().map(ToString::to_string).collect();
    let now = Timestamp::now();
    let created = format!("{now:.0}");
    let revises_text = if revises.is_empty() { "base".to_owned() } else { revises.join(", ") };
    let text = render(common, &project, &message, &id, &revises_text, &created)?;
    let folder = project.root.join(project.first_folder()?);
    fs::create_dir_all(&folder).map_err(|error| CliError::io(&shown(&folder), error))?;
    let path = folder.join(file_name(&project.config.filename, now, &id, &message)? + ".sql");
    // What would break every command is not written at all.
    RevisionFile::parse(&shown(&path), path.file_name().unwrap_or_default(), text.as_bytes())
        .map_err(|error| CliError::File(Box::new(error)))?;
    write_new(&path, &text)?;

    output.json(&json!({ "revision": id.as_str(), "file": shown(&path), "revises": revises }));
    output.verb("Wrote", shown(&path));
    for command in &project.config.post_write {
        post_write(common, command, &path)?;
    }
    if new.edit {
        editor::open(&path)?;
    } else {
        output.verb("Next", "write its statements, then: cargo migrate up");
    }
    Ok(Exit::Done)
}

fn message(new: &New) -> Result<String, CliError> {
    let message =
        new.message.as_deref().or(new.message_option.as_deref()).unwrap_or_default().trim();
    match message.chars().find(|c| c.is_control()) {
        _ if message.is_empty() => Err(usage(
            "usage.message",
            "the message is empty: say what the revision does".to_owned(),
        )),
        Some(_) => Err(usage("usage.message", "the message must be one line".to_owned())),
        None => Ok(message.to_owned()),
    }
}

fn usage(code: &'static str, message: String) -> CliError {
    let hint = match code {
        "usage.message" => Some("for example: cargo migrate new \"add projects\"".to_owned()),
        _ => None,
    };
    CliError::Project { code, message, hint, candidates: Vec::new() }
}

fn chosen_id(id: &str) -> Result<RevisionId, CliError> {
    id.parse().map_err(|error| {
        usage("graph.illegal_identifier", format!("`{id}` can be no revision id: {error}"))
    })
}

/// Twelve hexadecimal digits.
fn random_id() -> Result<RevisionId, CliError> {
    let number = getrandom::u64().map_err(|error| {
        usage("project.random", format!("the system gave no random number: {error}"))
    })?;
    chosen_id(&format!("{:012x}", number >> 16))
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
            usage("config.bad_value", format!("`filename.time-zone`: there is no time zone {name}"))
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

fn render(
    common: &Common,
    project: &Project,
    message: &str,
    id: &RevisionId,
    revises: &str,
    created: &str,
) -> Result<String, CliError> {
    const NAME: &str = "revision.sql.j2";
    let own = project.config.templates.as_ref().map(|folder| project.root.join(folder).join(NAME));
    let template = match own.filter(|path| path.is_file()) {
        Some(path) => {
            fs::read_to_string(&path).map_err(|error| CliError::io(&shown(&path), error))?
        }
        None => include_str!("../../template/revision.sql.j2").to_owned(),
    };
    let revision = id.as_str();
    let x: BTreeMap<&str, &str> =
        common.values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let tag = common.tag.as_deref().unwrap_or_default();
    let values = context! { message, revision, revises, created, x => Value::from_iter(x), tag };
    template::render(NAME, &template, values)
}

/// Writes a file that must not exist yet.
fn write_new(path: &Utf8Path, text: &str) -> Result<(), CliError> {
    use std::io::Write;
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| CliError::io(&shown(path), error))
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
