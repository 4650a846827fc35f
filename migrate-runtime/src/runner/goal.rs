//! Where a run shall lead. A goal is fixed once, from the state at the beginning (`+1` must not
//! creep on when another process helps); its steps can then be asked for again and again.

use migrate_model::revision::{
    Applied, Direction, DowngradeTarget, Identifier, PlannedStep, StampTarget,
};
use migrate_model::{Graph, TargetError};

use super::ready::Purpose;
use crate::report::Answer;
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
    /// What a run has left half-way is done, and nothing else.
    Resume {
        /// The revision that must be the one.
        revision: Option<&'a str>,
        /// What became of the statement at which it stopped.
        answer: Option<Answer>,
    },
    /// Recorded, not run: the identifiers, and what is unrelated to them as it is.
    Stamp(&'a [&'a str]),
}

/// A goal in terms of the graph.
#[derive(Debug, Clone)]
pub(crate) enum Fixed {
    Up(Vec<usize>),
    Down(DowngradeTarget),
    Resume(Direction),
    Stamp(StampTarget),
}

impl Goal<'_> {
    /// `unfinished`: which way a run went that has left something half-way.
    pub(crate) fn fix(
        self,
        graph: &Graph,
        applied: &Applied,
        unfinished: Option<Direction>,
    ) -> Result<Fixed, TargetError> {
        let up = |target| Identifier::parse(target)?.upgrade_targets(graph, applied);
        match self {
            Self::Newest(MultipleHeads::Allow) => up("heads").map(Fixed::Up),
            Self::Newest(MultipleHeads::Deny) => up("head").map(Fixed::Up),
            Self::Up(target) => up(target).map(Fixed::Up),
            Self::Down(target) => {
                Identifier::parse(target)?.downgrade_target(graph, applied).map(Fixed::Down)
            }
            Self::Resume { .. } => Ok(Fixed::Resume(unfinished.unwrap_or(Direction::Up))),
            Self::Stamp(targets) => {
                let targets = targets.iter().map(|target| Identifier::parse(target));
                let targets = targets.collect::<Result<Vec<_>, _>>()?;
                StampTarget::of(graph, applied, &targets).map(Fixed::Stamp)
            }
        }
    }
}

impl Fixed {
    /// The steps that lead there from a state, in their order.
    pub(crate) fn steps(
        &self,
        graph: &Graph,
        applied: &Applied,
    ) -> Result<Vec<PlannedStep>, TargetError> {
        match self {
            Self::Up(targets) => Ok(graph.path_up(applied, targets)),
            Self::Down(target) => target.steps(graph, applied),
            Self::Resume(_) => Ok(Vec::new()),
            Self::Stamp(target) => Ok(target.steps(graph, applied)),
        }
    }

    pub(crate) fn direction(&self) -> Direction {
        match self {
            Self::Up(_) | Self::Stamp(_) => Direction::Up,
            Self::Down(_) => Direction::Down,
            Self::Resume(direction) => *direction,
        }
    }

    pub(crate) fn purpose(&self) -> Purpose {
        match self {
            Self::Up(_) | Self::Down(_) | Self::Resume(_) => Purpose::Run,
            Self::Stamp(_) => Purpose::Record,
        }
    }

    pub(crate) fn past_tense(&self) -> &'static str {
        match self {
            Self::Up(_) => "applied",
            Self::Down(_) => "taken down",
            Self::Resume(_) => "finished",
            Self::Stamp(_) => "stamped",
        }
    }
}
