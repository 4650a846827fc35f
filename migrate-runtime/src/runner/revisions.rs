//! The revisions of a run: those at hand, and behind them those that only the database knows, as
//! far as the run may take them down.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use migrate_model::revision::{Applied, Direction, PlannedStep};
use migrate_model::{Graph, Revision};

use crate::connection::Connection;
use crate::error::ErrorKind;
use crate::history::{AppliedRevision, History, StoredRevision};
use crate::registry::Registry;
use crate::settings::HistoryTables;

/// A graph whose first part is the registry's, so that an index means the same in both.
pub(crate) struct Revisions<'r> {
    registry: &'r Registry,
    graph: Cow<'r, Graph>,
    stored: Vec<StoredRevision>,
}

impl<'r> Revisions<'r> {
    /// Those at hand alone.
    pub(crate) fn at_hand(registry: &'r Registry) -> Self {
        Self { registry, graph: Cow::Borrowed(registry.graph()), stored: Vec::new() }
    }

    /// Those at hand, and all others of the history.
    pub(super) async fn with_unknown(
        connection: &mut Connection<'_>,
        registry: &'r Registry,
        tables: &HistoryTables,
        history: &History,
    ) -> Result<Self, ErrorKind> {
        let ids = history.rows.iter().map(|row| row.id.as_str());
        let unknown: Vec<&str> = ids.filter(|id| registry.graph().index_of(id).is_none()).collect();
        if unknown.is_empty() {
            return Ok(Self::at_hand(registry));
        }
        Self::with_stored(registry, connection.read_stored(tables, &unknown).await?)
    }

    fn with_stored(
        registry: &'r Registry,
        mut stored: Vec<StoredRevision>,
    ) -> Result<Self, ErrorKind> {
        let known = registry.graph();
        leave_out_taken_labels(known, &mut stored);
        leave_out_loose_ends(known, &mut stored);
        let revisions = known.revisions().iter().chain(stored.iter().map(|it| &it.revision));
        let graph = Graph::new(revisions.cloned().collect()).map_err(|error| ErrorKind::Usage {
            message: format!("the history does not go with the revisions at hand: {error}"),
            code: error.code(),
        })?;
        Ok(Self { registry, graph: Cow::Owned(graph), stored })
    }

    pub(crate) fn registry(&self) -> &'r Registry {
        self.registry
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The revisions that only the database knows.
    fn unknown(&self) -> Range<usize> {
        self.registry.graph().len()..self.graph.len()
    }

    pub(super) fn has_unknown(&self) -> bool {
        !self.stored.is_empty()
    }

    /// What the database has of a revision that is not at hand.
    pub(super) fn stored(&self, index: usize) -> Option<&StoredRevision> {
        self.stored.get(index.checked_sub(self.unknown().start)?)
    }

    /// Whether a row is of what it was when this was made, or of a file that is at hand unchanged.
    pub(super) fn is_intact(&self, row: &AppliedRevision) -> bool {
        self.graph.index_of(&row.id).is_some_and(|index| match self.stored(index) {
            Some(stored) => stored.checksum == row.checksum,
            None => row.checksum.parse() == Ok(self.graph.revision(index).checksum),
        })
    }

    /// The way to a state of nothing but what is at hand: all others go, and what needs them, the
    /// newest first.
    pub(super) fn way_to_known(&self, applied: &Applied) -> Vec<PlannedStep> {
        let graph = self.graph();
        let goes = graph.descendants(&self.unknown().collect::<Vec<_>>());
        let mut steps: Vec<usize> =
            (0..graph.len()).filter(|index| goes[*index] && applied.contains(*index)).collect();
        graph.sort_oldest_first(&mut steps);
        let down = |index| PlannedStep { index, direction: Direction::Down };
        steps.into_iter().rev().map(down).collect()
    }
}

/// A label that was moved to a revision at hand is that one's.
fn leave_out_taken_labels(known: &Graph, stored: &mut [StoredRevision]) {
    let mut taken: HashSet<String> = known.names().map(|(name, _)| name.to_owned()).collect();
    taken.extend(stored.iter().map(|it| it.revision.id.to_string()));
    for StoredRevision { revision, .. } in stored {
        revision.labels.retain(|label| taken.insert(label.to_string()));
    }
}

/// What a revision needed and nobody knows any more can't be in its way.
fn leave_out_loose_ends(known: &Graph, stored: &mut [StoredRevision]) {
    let names_of = |Revision { id, labels, .. }: &Revision| {
        let labels = labels.iter().map(ToString::to_string);
        labels.chain([id.to_string()]).collect::<Vec<_>>()
    };
    let ids: HashSet<String> = stored.iter().map(|it| it.revision.id.to_string()).collect();
    let names: HashSet<String> = stored.iter().flat_map(|it| names_of(&it.revision)).collect();
    for StoredRevision { revision, .. } in stored {
        let is_there = |id: &str| ids.contains(id) || known.index_of(id).is_some();
        revision.revises.retain(|id| is_there(id.as_str()));
        let is_named = |name: &str| names.contains(name) || known.index_of_name(name).is_some();
        revision.depends_on.retain(|name| is_named(name.as_str()));
    }
}
