//! What happens during a run, as values. The runner emits them; whoever wants to show them
//! listens. The same moments are `tracing` events of the target `migrate`.

use std::time::Duration;

use migrate_model::Revision;
use migrate_model::revision::Direction;

/// A moment of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The plan stands and the first step is about to begin.
    RunStarted {
        /// Which way it goes.
        direction: Direction,
        /// How many steps it has.
        steps: usize,
        /// The current heads, sorted.
        before: &'a [String],
    },
    /// Another writer holds the database.
    LockWait {
        /// How long this run has waited so far.
        waited: Duration,
    },
    /// A step begins.
    StepStarted {
        /// The revision.
        revision: &'a Revision,
        /// Which way it goes.
        direction: Direction,
    },
    /// A statement of the step has run.
    StatementFinished {
        /// Its text.
        statement: &'a str,
        /// How long it took.
        duration: Duration,
    },
    /// A step is committed.
    StepFinished {
        /// The revision.
        revision: &'a Revision,
        /// Which way it went.
        direction: Direction,
        /// How long it took.
        duration: Duration,
    },
}
