//! Integrity first: every applied row against the revisions at hand, before any step.

use migrate_model::Position;
use migrate_model::revision::Direction;
use migrate_model::text::clamp;

use super::Goal;
use super::revisions::Revisions;
use super::unfinished::{Standing, standing, standing_of_stored, takes_up};
use crate::connection::Connection;
use crate::error::{EditedRevision, ErrorKind, UnknownRevision};
use crate::history::{History, RowState};
use crate::registry::Registry;
use crate::settings::{HistoryTables, OnUnknown};
use crate::status::PartialRevision;

/// What the comparison of a history with the revisions at hand has found.
#[derive(Debug, Default)]
pub(crate) struct Integrity {
    pub(crate) edited: Vec<EditedRevision>,
    pub(crate) unknown: Vec<UnknownRevision>,
    pub(crate) partial: Vec<PartialRevision>,
}

impl Integrity {
    /// The findings without those that a run does not mind: it leaves unknown revisions alone, or
    /// knows how to take them down.
    pub(crate) fn minding(
        mut self,
        on_unknown: OnUnknown,
        revisions: &Revisions<'_>,
        history: &History,
    ) -> Self {
        let is_minded = |unknown: &UnknownRevision| match on_unknown {
            OnUnknown::Refuse => true,
            OnUnknown::Ignore => false,
            OnUnknown::RollBack => {
                !history.row(&unknown.id).is_some_and(|row| revisions.is_intact(row))
            }
        };
        if on_unknown == OnUnknown::RollBack {
            // Taking it down is what the run begins with.
            let is_unknown = |id: &str| self.unknown.iter().any(|unknown| unknown.id == id);
            self.partial.retain(|partial| {
                let goes_down = partial.goes_on && partial.direction == Direction::Down;
                !(goes_down && is_unknown(&partial.id))
            });
        }
        self.unknown.retain(is_minded);
        self
    }

    /// The refusal that the findings call for, the most telling one first.
    pub(crate) fn into_result(self, goal: Goal<'_>) -> Result<(), ErrorKind> {
        if !self.edited.is_empty() {
            return Err(ErrorKind::Edited(self.edited));
        }
        if !self.unknown.is_empty() {
            return Err(ErrorKind::Unknown(self.unknown));
        }
        let stuck =
            |partial: &PartialRevision| !(partial.goes_on && takes_up(goal, partial.direction));
        match self.partial.into_iter().find(stuck) {
            Some(partial) => Err(ErrorKind::Partial(Box::new(partial))),
            None => Ok(()),
        }
    }
}

/// Whether every applied row is as it was applied, from digests alone.
pub(crate) fn is_intact(revisions: &Revisions<'_>, history: &History) -> bool {
    history.rows.iter().all(|row| row.state == RowState::Applied && revisions.is_intact(row))
}

/// Compares digests; a text is read only where they differ.
pub(crate) async fn examine(
    connection: &mut Connection<'_>,
    registry: &Registry,
    tables: &HistoryTables,
    history: &History,
) -> Result<Integrity, ErrorKind> {
    let mut found = Integrity::default();
    let graph = registry.graph();
    for row in &history.rows {
        let way = row.state.unfinished();
        let Some(index) = graph.index_of(&row.id) else {
            found.unknown.push(UnknownRevision {
                id: row.id.clone(),
                message: row.message.clone(),
                applied_at: row.applied_at.clone(),
            });
            let stored = match way {
                Some(Direction::Down) => connection.read_stored(tables, &[&row.id]).await?,
                Some(Direction::Up) | None => Vec::new(),
            };
            let dialect = connection.dialect();
            found.partial.extend(way.map(|way| match stored.first() {
                Some(stored) => standing_of_stored(stored, row, dialect),
                None => PartialRevision::of(row, way),
            }));
            continue;
        };
        let revision = graph.revision(index);
        // What is not done yet may be corrected.
        let is_edited = match way {
            None => row.checksum.parse() != Ok(revision.checksum),
            Some(way) => {
                let dialect = connection.dialect();
                let (partial, is_edited) = match standing(registry, index, row, way, dialect)? {
                    Standing::GoesOn(partial) => (partial, false),
                    Standing::Stuck(partial) => {
                        (partial, row.checksum.parse() != Ok(revision.checksum))
                    }
                    Standing::Edited(partial) => (partial, true),
                };
                found.partial.push(partial);
                is_edited
            }
        };
        if is_edited {
            let applied_source = connection.read_source(tables, &row.id).await?;
            let source_at_hand = registry.source(index)?.into_owned();
            found.edited.push(EditedRevision {
                id: revision.id.clone(),
                message: row.message.clone(),
                file: revision.file.clone(),
                applied_at: row.applied_at.clone(),
                applied: row.checksum.clone(),
                at_hand: revision.checksum,
                first_difference: applied_source
                    .as_deref()
                    .map(|applied| first_difference(applied, &source_at_hand)),
                applied_source,
                source_at_hand: Some(source_at_hand),
            });
        }
    }
    Ok(found)
}

/// The first line that is not the same in both, at its first letter in `b`.
fn first_difference(a: &str, b: &str) -> Position {
    let same = a.split('\n').zip(b.split('\n')).take_while(|(a, b)| a == b).count();
    let line = b.split('\n').nth(same).unwrap_or_default();
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    Position { line: clamp(same + 1), column: clamp(indent + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_a_line_of_the_text_at_hand() {
        let at = |a, b| {
            let position = first_difference(a, b);
            (position.line, position.column)
        };
        assert_eq!(at("a\nb\nc", "a\n  x\nc"), (2, 3));
        assert_eq!(at("a\n", "a\nb\n"), (2, 1));
        assert_eq!(at("a", "b"), (1, 1));
        assert_eq!(at("a\nb", "a"), (2, 1));
    }
}
