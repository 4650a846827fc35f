//! Which revisions a new one goes on top of.

use migrate_model::Graph;
use migrate_model::revision::{Identifier, Splice};
use migrate_runtime::MultipleHeads;

use crate::error::CliError;
use crate::output::fork::Wanted;

/// The parents that names on the command line give a new revision.
pub(super) fn parents(
    graph: &Graph,
    names: &[&str],
    splice: Splice,
    several: MultipleHeads,
) -> Result<Vec<usize>, CliError> {
    let names = names.iter().map(|name| Identifier::parse(name)).collect::<Result<Vec<_>, _>>();
    let found = names.and_then(|names| graph.parents_for(&names, splice));
    found.map_err(|error| CliError::target(graph, None, &error, Wanted::Parent(several)))
}
