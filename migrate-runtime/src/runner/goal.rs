//! Where a run shall lead. A goal is fixed once, from the state at the beginning (`+1` must not
//! creep on when another process helps); its steps can then be asked for again and again.

use migrate_model::revision::{
    Applied, Direction, DowngradeTarget, Identifier, PlannedStep, StampTarget,
};
use migrate_model::{Graph, TargetError};

use super::applied_of;
use super::ready::Purpose;
use super::revisions::Revisions;
use crate::history::History;
use crate::settings::{MultipleHeads, OnUnknown};

/// What the caller asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal<'a> {
    /// `head`; with several heads an error, unless they are allowed.
    Newest(MultipleHeads),
    /// Up to an identifier.
    Up(&'a str),
    /// Down to an identifier.
    Down(&'a str),
    /// Recorded, not run: the identifiers, and what is unrelated to them as it is.
    Stamp(&'a [&'a str]),
}

/// A goal in terms of the graph.
#[derive(Debug, Clone)]
pub(crate) enum Fixed {
    Up(Vec<usize>),
    /// What is unknown here goes, then up.
    Switch(Vec<usize>),
    Down(DowngradeTarget),
    Stamp(StampTarget),
}

impl Goal<'_> {
    /// What becomes of applied revisions that are unknown here, where the caller has chosen.
    pub(crate) fn on_unknown(self, chosen: OnUnknown) -> OnUnknown {
        match (self, chosen) {
            (Self::Down(_), _) => OnUnknown::RollBack,
            // Nothing is run, so nothing is taken down.
            (Self::Stamp(_), OnUnknown::RollBack) => OnUnknown::Refuse,
            (Self::Newest(_) | Self::Up(_) | Self::Stamp(_), chosen) => chosen,
        }
    }

    pub(crate) fn fix(
        self,
        revisions: &Revisions<'_>,
        history: &History,
    ) -> Result<Fixed, TargetError> {
        match self {
            Self::Newest(_) | Self::Up(_) if revisions.has_unknown() => {
                // The target is one of this checkout, and `+1` counts from where nothing else is.
                let after = revisions.applied_after(history, &revisions.way_to_known(history));
                match self.fix_on(revisions.registry().graph(), &after)? {
                    Fixed::Up(targets) => Ok(Fixed::Switch(targets)),
                    other => Ok(other),
                }
            }
            _ => self.fix_on(revisions.graph(), &applied_of(revisions.graph(), history)),
        }
    }

    /// The goal on a graph, in a state.
    pub(crate) fn fix_on(self, graph: &Graph, applied: &Applied) -> Result<Fixed, TargetError> {
        let up = |target| Identifier::parse(target)?.upgrade_targets(graph, applied);
        match self {
            Self::Newest(MultipleHeads::Allow) => up("heads").map(Fixed::Up),
            Self::Newest(MultipleHeads::Deny) => up("head").map(Fixed::Up),
            Self::Up(target) => up(target).map(Fixed::Up),
            Self::Down(target) => {
                Identifier::parse(target)?.downgrade_target(graph, applied).map(Fixed::Down)
            }
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
        revisions: &Revisions<'_>,
        history: &History,
    ) -> Result<Vec<PlannedStep>, TargetError> {
        if let Self::Switch(targets) = self {
            let mut steps = revisions.way_to_known(history);
            let after = revisions.applied_after(history, &steps);
            steps.extend(revisions.graph().path_up(&after, targets));
            return Ok(steps);
        }
        self.steps_on(revisions.graph(), &applied_of(revisions.graph(), history))
    }

    /// The steps on a graph, from a state.
    pub(crate) fn steps_on(
        &self,
        graph: &Graph,
        applied: &Applied,
    ) -> Result<Vec<PlannedStep>, TargetError> {
        match self {
            Self::Up(targets) | Self::Switch(targets) => Ok(graph.path_up(applied, targets)),
            Self::Down(target) => target.steps(graph, applied),
            Self::Stamp(target) => Ok(target.steps(graph, applied)),
        }
    }

    /// Which way it goes, at first.
    pub(crate) fn direction(&self, steps: &[PlannedStep]) -> Direction {
        match self {
            Self::Up(_) | Self::Stamp(_) => Direction::Up,
            Self::Down(_) => Direction::Down,
            Self::Switch(_) => steps.first().map_or(Direction::Up, |step| step.direction),
        }
    }

    pub(crate) fn purpose(&self) -> Purpose {
        match self {
            Self::Up(_) | Self::Switch(_) | Self::Down(_) => Purpose::Run,
            Self::Stamp(_) => Purpose::Record,
        }
    }

    pub(crate) fn past_tense(&self) -> &'static str {
        match self {
            Self::Up(_) => "applied",
            Self::Switch(_) => "run",
            Self::Down(_) => "taken down",
            Self::Stamp(_) => "stamped",
        }
    }
}
