//! `show`: one revision, as its file tells it, or exactly the statements that are sent.

use migrate_model::revision::{Direction, FileError};
use migrate_model::script::{Script, statements};
use migrate_model::{Graph, Position};
use migrate_runtime::Registry;
use serde_json::{Value, json};

use super::{Outcome, name};
use crate::arguments::{Common, Show};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{DIM, Output, json as document};
use crate::project::Project;

pub(crate) async fn run(common: &Common, show: &Show, output: &Output) -> Outcome {
    let project = Project::find(common)?;
    let migrator = project.migrator(project.registry()?);
    let found = name::all(common, &project, &migrator, &show.revision).await?;
    let registry = migrator.registry();
    let graph = registry.graph();
    if show.sql {
        let direction = if show.down { Direction::Down } else { Direction::Up };
        let mut sql = Vec::new();
        for index in found {
            sql.extend(sent(&project, registry, index, direction)?);
        }
        output.json(&json!({ "statements": sql }));
        if !output.is_json() {
            let lines: Vec<String> = sql.iter().map(|sql| format!("{sql};\n")).collect();
            Output::product(&lines.concat());
        }
        return Ok(Exit::Done);
    }
    let documents: Vec<Value> = found
        .iter()
        .map(|index| document::revision(&project, graph.revision(*index), None))
        .collect();
    // Nothing is printed before all texts are there.
    let texts = found.iter().map(|index| registry.source(*index)).collect::<Result<Vec<_>, _>>();
    let texts = texts.map_err(|error| CliError::run(&project, error.into()))?;
    output.json(&json!({ "revisions": documents }));
    for (at, (index, text)) in found.into_iter().zip(texts).enumerate() {
        if at > 0 {
            output.line("");
        }
        describe(&project, graph, index, &text, output);
    }
    Ok(Exit::Done)
}

fn describe(project: &Project, graph: &Graph, index: usize, text: &str, output: &Output) {
    let revision = graph.revision(index);
    let head = if graph.children(index).is_empty() { " (head)" } else { "" };
    output.verb("Revision", format_args!("{}{head}", revision.id));
    output.verb("Message", &revision.message);
    output.verb("Revises", joined(graph, graph.parents(index)));
    if !revision.depends_on.is_empty() {
        let names: Vec<&str> = revision.depends_on.iter().map(AsRef::as_ref).collect();
        output.verb("Depends on", names.join(", "));
    }
    if !revision.labels.is_empty() {
        let names: Vec<&str> = revision.labels.iter().map(AsRef::as_ref).collect();
        output.verb("Labels", names.join(", "));
    }
    output.verb("Created", revision.created.as_deref().unwrap_or("unknown"));
    output.verb("File", project.shown(&revision.file));
    output.verb("Checksum", revision.checksum);
    output.line("");
    for line in text.trim_end().lines() {
        output.line(format_args!("    {DIM}{line}{DIM:#}"));
    }
}

fn joined(graph: &Graph, indices: &[usize]) -> String {
    if indices.is_empty() {
        return "base".to_owned();
    }
    let ids = indices.iter().map(|index| graph.revision(*index).id.as_str());
    ids.collect::<Vec<_>>().join(", ")
}

/// The statements that a run would send, one by one.
fn sent(
    project: &Project,
    registry: &Registry,
    index: usize,
    direction: Direction,
) -> Result<Vec<String>, CliError> {
    let revision = registry.graph().revision(index);
    let text = registry.source(index).map_err(|error| CliError::run(project, error.into()))?;
    let fault = |error: migrate_model::script::ScriptError| {
        CliError::File(Box::new(FileError {
            file: project.shown(&revision.file),
            position: Position::at(&text, error.offset),
            problem: error.problem.into(),
        }))
    };
    let script = Script::parse(&text).map_err(fault)?;
    let section = script
        .section(direction, project.dialect())
        .map_err(|problem| fault(migrate_model::script::ScriptError { offset: 0, problem }))?;
    let Some(section) = section else {
        let (id, file) = (revision.id.clone(), revision.file.clone());
        return Err(CliError::run(
            project,
            migrate_runtime::ErrorKind::Irreversible { id, file }.into(),
        ));
    };
    let split = statements(&text, section, project.dialect()).map_err(fault)?;
    let body = &text[section.body.clone()];
    Ok(split.statements.iter().map(|statement| body[statement.sql.clone()].to_owned()).collect())
}
