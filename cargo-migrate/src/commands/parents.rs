//! Which revisions a new one goes on top of.

use migrate_model::Graph;
use migrate_model::revision::{Identifier, Splice};

use crate::error::CliError;

/// The parents that names on the command line give a new revision. `wanted` is for several heads.
pub(super) fn parents(
    graph: &Graph,
    names: &[&str],
    splice: Splice,
    wanted: &str,
) -> Result<Vec<usize>, CliError> {
    let names = names.iter().map(|name| Identifier::parse(name)).collect::<Result<Vec<_>, _>>();
    let found = names.and_then(|names| graph.parents_for(&names, splice));
    found.map_err(|error| CliError::target(graph, None, &error, wanted))
}
