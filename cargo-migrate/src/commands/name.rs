//! What a name on the command line stands for, where revisions of the graph are wanted.

use migrate_model::revision::{Applied, Identifier};
use migrate_model::{Graph, TargetError};
use migrate_runtime::{ErrorKind, Migrator, RowState, Status};

use crate::arguments::Common;
use crate::error::CliError;
use crate::output::fork::Wanted;
use crate::project::Project;

/// All revisions that a name stands for; the base is none. The database is asked only for
/// `current`.
pub(super) async fn all(
    common: &Common,
    project: &Project,
    migrator: &Migrator,
    name: &str,
) -> Result<Vec<usize>, CliError> {
    let graph = migrator.registry().graph();
    let failed = |error: TargetError| several(graph, &error);
    let identifier = Identifier::parse(name).map_err(failed)?;
    let applied = match identifier.is_current() {
        true => applied(graph, &known_state(common, project, migrator).await?),
        false => Applied::default(),
    };
    identifier.revisions(graph, &applied).map_err(failed)
}

/// The one revision that a name stands for.
pub(super) async fn one(
    common: &Common,
    project: &Project,
    migrator: &Migrator,
    name: &str,
) -> Result<usize, CliError> {
    let found = all(common, project, migrator, name).await?;
    only(migrator.registry().graph(), name, &found)
}

/// The one revision that a name stands for without any database.
pub(super) fn of_graph(graph: &Graph, name: &str) -> Result<usize, CliError> {
    let found = Identifier::parse(name)
        .and_then(Identifier::without_state)
        .and_then(|identifier| identifier.revision(graph, &Applied::default()));
    let found = found.map_err(|error| several(graph, &error))?;
    only(graph, name, &found.into_iter().collect::<Vec<_>>())
}

fn only(graph: &Graph, name: &str, found: &[usize]) -> Result<usize, CliError> {
    match found {
        [one] => Ok(*one),
        [] => Err(several(
            graph,
            &TargetError::Misplaced {
                input: name.to_owned(),
                reason: "it names no revision, and one is wanted",
                code: "graph.unresolved",
            },
        )),
        found => {
            let mut ids: Vec<_> =
                found.iter().map(|index| graph.revision(*index).id.clone()).collect();
            ids.sort_unstable();
            let input = name.to_owned();
            Err(several(
                graph,
                &match name.ends_with("current") {
                    true => TargetError::SeveralCurrent { input, current: ids },
                    false => TargetError::MultipleHeads { input, heads: ids },
                },
            ))
        }
    }
}

fn several(graph: &Graph, error: &TargetError) -> CliError {
    CliError::target(graph, None, error, Wanted::Itself)
}

/// What is applied, in terms of the graph.
pub(super) fn applied(graph: &Graph, status: &Status) -> Applied {
    let whole = status.applied.iter().filter(|row| row.state != RowState::UpPartial);
    Applied::of(graph, whole.map(|row| row.id.as_str()))
}

/// The state of the database, if all that is applied there is known here: else nobody can say what
/// `current` is.
pub(super) async fn known_state(
    common: &Common,
    project: &Project,
    migrator: &Migrator,
) -> Result<Status, CliError> {
    let status = state(common, project, migrator).await?;
    match status.unknown.is_empty() {
        true => Ok(status),
        false => Err(CliError::run(project, ErrorKind::Unknown(status.unknown).into())),
    }
}

pub(super) async fn state(
    common: &Common,
    project: &Project,
    migrator: &Migrator,
) -> Result<Status, CliError> {
    let url = project.existing_database(common)?;
    let status = migrator.status(url.as_str()).await;
    status.map_err(|error| CliError::run(project, error))
}
