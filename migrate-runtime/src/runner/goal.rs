//! Where a run shall lead. A goal is fixed once, from the state at the beginning (`+1` must not
//! creep on when another process helps); its steps can then be asked for again and again.

use migrate_model::revision::{Applied, Direction, Identifier, PlannedStep};
use migrate_model::{Graph, GraphError};

use super::ready::Purpose;
use crate::error::ErrorKind;
use crate::settings::MultipleHeads;

/// What the caller asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal<'a> {
    /// `head`; with several heads an error, unless they are allowed.
    Newest(MultipleHeads),
    /// Up to an identifier.
    Up(&'a str),
    /// Down to an identifier.
    Down(&'a str),
    /// Recorded, not run: exactly the ancestors of the identifiers are applied.
    Stamp(&'a [&'a str]),
}

/// A goal in terms of the graph.
#[derive(Debug, Clone)]
pub(crate) enum Fixed {
    Up(Vec<usize>),
    Down(Option<usize>),
    Stamp(Vec<usize>),
}

impl Goal<'_> {
    pub(crate) fn fix(
        self,
        graph: &Graph,
        applied: &Applied,
        several: MultipleHeads,
    ) -> Result<Fixed, ErrorKind> {
        let resolve =
            |name: &str, direction| Identifier::parse(name)?.resolve(graph, applied, direction);
        match self {
            Self::Newest(MultipleHeads::Allow) => Ok(Fixed::Up(graph.effective_heads())),
            Self::Newest(MultipleHeads::Deny) => Ok(Fixed::Up(resolve("head", Direction::Up)?)),
            Self::Up(target) => {
                let found = resolve(target, Direction::Up)?;
                match several {
                    MultipleHeads::Deny if found.len() > 1 => Err(several_found(graph, &found)),
                    MultipleHeads::Deny | MultipleHeads::Allow => Ok(Fixed::Up(found)),
                }
            }
            Self::Down(target) => {
                let found = resolve(target, Direction::Down)?;
                match found.as_slice() {
                    [] => Ok(Fixed::Down(None)),
                    [one] => Ok(Fixed::Down(Some(*one))),
                    several => Err(several_found(graph, several)),
                }
            }
            Self::Stamp(targets) => {
                let mut all = Vec::new();
                for target in targets {
                    all.extend(resolve(target, Direction::Up)?);
                }
                Ok(Fixed::Stamp(all))
            }
        }
    }
}

fn several_found(graph: &Graph, found: &[usize]) -> ErrorKind {
    let mut heads: Vec<_> = found.iter().map(|index| graph.revision(*index).id.clone()).collect();
    heads.sort_unstable();
    GraphError::MultipleHeads { heads }.into()
}

impl Fixed {
    /// The steps that lead there from a state, in their order.
    pub(crate) fn steps(
        &self,
        graph: &Graph,
        applied: &Applied,
    ) -> Result<Vec<PlannedStep>, GraphError> {
        match self {
            Self::Up(targets) => Ok(graph.path_up(applied, targets)),
            Self::Down(target) => graph.path_down(applied, *target),
            Self::Stamp(targets) => {
                let wanted = graph.ancestors(targets);
                let mut away: Vec<usize> = (0..graph.len())
                    .filter(|index| applied.contains(*index) && !wanted[*index])
                    .collect();
                graph.sort_oldest_first(&mut away);
                let down = |index| PlannedStep { index, direction: Direction::Down };
                let away = away.into_iter().rev().map(down);
                Ok(away.chain(graph.path_up(applied, targets)).collect())
            }
        }
    }

    pub(crate) fn direction(&self) -> Direction {
        match self {
            Self::Up(_) | Self::Stamp(_) => Direction::Up,
            Self::Down(_) => Direction::Down,
        }
    }

    pub(crate) fn purpose(&self) -> Purpose {
        match self {
            Self::Up(_) | Self::Down(_) => Purpose::Run,
            Self::Stamp(_) => Purpose::Record,
        }
    }

    pub(crate) fn past_tense(&self) -> &'static str {
        match self {
            Self::Up(_) => "applied",
            Self::Down(_) => "taken down",
            Self::Stamp(_) => "stamped",
        }
    }
}
