//! Where a run shall lead. A goal is fixed once, from the state at the beginning (`+1` must not
//! creep on when another process helps); its steps can then be asked for again and again.

use migrate_model::revision::{
    Applied, Direction, DowngradeTarget, Identifier, PlannedStep, StampTarget,
};
use migrate_model::{Graph, TargetError};

use super::applied_of;
use super::ready::Purpose;
use super::revisions::Revisions;
use super::unfinished;
use crate::history::History;
use crate::report::Answer;
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
    /// What is unknown here goes, then up.
    Switch(Vec<usize>),
    Down(DowngradeTarget),
    Resume(Direction),
    Stamp(StampTarget),
}

impl Goal<'_> {
    /// What becomes of applied revisions that are unknown here, where the caller has chosen.
    pub(crate) fn on_unknown(self, chosen: OnUnknown) -> OnUnknown {
        match (self, chosen) {
            (Self::Down(_), _) => OnUnknown::RollBack,
            // Nothing is run, or nothing else, so nothing is taken down.
            (Self::Resume { .. } | Self::Stamp(_), OnUnknown::RollBack) => OnUnknown::Refuse,
            (Self::Newest(_) | Self::Up(_) | Self::Resume { .. } | Self::Stamp(_), chosen) => {
                chosen
            }
        }
    }

    pub(crate) fn fix(
        self,
        revisions: &Revisions<'_>,
        history: &History,
    ) -> Result<Fixed, TargetError> {
        let graph = revisions.graph();
        let applied = applied_of(graph, history);
        let unfinished = unfinished::first_step(graph, history).map(|step| step.direction);
        match self {
            Self::Newest(_) | Self::Up(_) if revisions.has_unknown() => {
                // The target is one of this checkout, and `+1` counts from where nothing else is.
                let after = applied.after(graph, &revisions.way_to_known(&applied));
                match self.fix_on(revisions.registry().graph(), &after, unfinished)? {
                    Fixed::Up(targets) => Ok(Fixed::Switch(targets)),
                    other => Ok(other),
                }
            }
            _ => self.fix_on(graph, &applied, unfinished),
        }
    }

    /// The goal on a graph, in a state. `unfinished`: which way a run went that has left something
    /// half-way.
    pub(crate) fn fix_on(
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
    /// The steps that lead there from a state, in their order: what was left half-way comes first.
    pub(crate) fn steps(
        &self,
        revisions: &Revisions<'_>,
        history: &History,
    ) -> Result<Vec<PlannedStep>, TargetError> {
        let graph = revisions.graph();
        let first = unfinished::first_step(graph, history);
        let applied = unfinished::applied_after(graph, history);
        let rest = match self {
            Self::Switch(targets) => {
                let mut steps = revisions.way_to_known(&applied);
                let after = applied.after(graph, &steps);
                steps.extend(graph.path_up(&after, targets));
                steps
            }
            Self::Up(_) | Self::Down(_) | Self::Resume(_) | Self::Stamp(_) => {
                self.steps_on(graph, &applied)?
            }
        };
        Ok(first.into_iter().chain(rest).collect())
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
            Self::Resume(_) => Ok(Vec::new()),
            Self::Stamp(target) => Ok(target.steps(graph, applied)),
        }
    }

    /// Which way it goes, at first.
    pub(crate) fn direction(&self, steps: &[PlannedStep]) -> Direction {
        match self {
            Self::Up(_) | Self::Stamp(_) => Direction::Up,
            Self::Down(_) => Direction::Down,
            Self::Resume(direction) => *direction,
            Self::Switch(_) => steps.first().map_or(Direction::Up, |step| step.direction),
        }
    }

    pub(crate) fn purpose(&self) -> Purpose {
        match self {
            Self::Up(_) | Self::Switch(_) | Self::Down(_) | Self::Resume(_) => Purpose::Run,
            Self::Stamp(_) => Purpose::Record,
        }
    }

    pub(crate) fn past_tense(&self) -> &'static str {
        match self {
            Self::Up(_) => "applied",
            Self::Switch(_) => "run",
            Self::Down(_) => "taken down",
            Self::Resume(_) => "finished",
            Self::Stamp(_) => "stamped",
        }
    }
}
