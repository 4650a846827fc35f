//! What a name on the command line stands for, where revisions of the graph are wanted.

use migrate_model::revision::{Applied, Identifier};
use migrate_model::{Graph, TargetError};
use migrate_runtime::{Migrator, Status};

use crate::arguments::Common;
use crate::error::CliError;
use crate::fork::Wanted;
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
        true => applied(graph, &state(common, project, migrator).await?),
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
            let mut heads: Vec<_> =
                found.iter().map(|index| graph.revision(*index).id.clone()).collect();
            heads.sort_unstable();
            Err(several(graph, &TargetError::MultipleHeads { input: name.to_owned(), heads }))
        }
    }
}

fn several(graph: &Graph, error: &TargetError) -> CliError {
    CliError::target(graph, None, error, Wanted::Itself)
}

/// What is applied, in terms of the graph.
pub(super) fn applied(graph: &Graph, status: &Status) -> Applied {
    Applied::of(graph, status.applied.iter().map(|row| row.id.as_str()))
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
