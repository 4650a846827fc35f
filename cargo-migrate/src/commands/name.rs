//! What a name on the command line stands for, where one revision is wanted.

use migrate_model::revision::{Applied, Direction, Identifier};
use migrate_model::{Graph, GraphError};
use migrate_runtime::{Migrator, Status};

use crate::arguments::Common;
use crate::error::CliError;
use crate::project::Project;

/// The one revision of that name; the status answers what counts from the current state.
pub(super) fn one(graph: &Graph, status: Option<&Status>, name: &str) -> Result<usize, GraphError> {
    let found = all(graph, status, name)?;
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(GraphError::IllegalIdentifier {
            input: name.to_owned(),
            reason: "it names no revision, and one is wanted".to_owned(),
            code: "graph.unresolved",
        }),
        several => {
            let mut heads: Vec<_> =
                several.iter().map(|index| graph.revision(*index).id.clone()).collect();
            heads.sort_unstable();
            Err(GraphError::MultipleHeads { heads })
        }
    }
}

/// All revisions that a name stands for; the base is none.
pub(super) fn all(
    graph: &Graph,
    status: Option<&Status>,
    name: &str,
) -> Result<Vec<usize>, GraphError> {
    let rows = status.iter().flat_map(|status| &status.applied);
    let applied = Applied::of(graph, rows.map(|row| row.id.as_str()));
    Identifier::parse(name)?.resolve(graph, &applied, Direction::Down)
}

/// The state of the database, if the name counts from it.
pub(super) async fn state_for(
    identifier: &Identifier<'_>,
    common: &Common,
    project: &Project,
    migrator: &Migrator,
) -> Result<Option<Status>, CliError> {
    if !identifier.needs_state() {
        return Ok(None);
    }
    let url = project.existing_database(common)?;
    let status = migrator.status(url.as_str()).await;
    status.map(Some).map_err(|error| CliError::run(project, error))
}
