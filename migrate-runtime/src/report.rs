//! What a run is about to do, and what it has done.

use std::time::Duration;

use migrate_model::RevisionId;
use migrate_model::revision::{Direction, Kind};

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The revision.
    pub id: RevisionId,
    /// Which way it goes.
    pub direction: Direction,
    /// What the revision does.
    pub message: String,
    /// The language of its file.
    pub kind: Kind,
    /// Its file.
    pub file: String,
}

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// The current heads before, sorted.
    pub before: Vec<String>,
    /// The current heads after, sorted.
    pub after: Vec<String>,
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub step: Step,
    /// How long it took, to the commit.
    pub duration: Duration,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The steps that are done, in their order.
    pub steps: Vec<StepReport>,
    /// The current heads before, sorted.
    pub before: Vec<String>,
    /// The current heads after, sorted.
    pub after: Vec<String>,
    /// How long all of it took.
    pub duration: Duration,
}

impl Report {
    /// Whether there was nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The ids of the steps that were done, in their order.
    pub fn ids(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.step.id.as_str()).collect()
    }
}
