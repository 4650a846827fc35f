//! What ends a statement before its end: somebody who wants the run to stop, or the limit of its
//! time. Knows a flag and a clock; how a database is made to stop, each dialect knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::settings::Settings;

/// The deadline while nothing runs that has one.
const NEVER: u64 = u64::MAX;

/// Asked again and again while a run's statements are running. One for each run.
#[derive(Debug)]
pub(crate) struct Interrupt {
    stop: Option<Arc<AtomicBool>>,
    limit: Option<Duration>,
    started: Instant,
    /// In nanoseconds since the start.
    deadline: AtomicU64,
    /// Whether a statement was ended for its time.
    is_exceeded: AtomicBool,
}

impl Interrupt {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            stop: settings.stop.clone(),
            limit: settings.statement_timeout,
            started: Instant::now(),
            deadline: AtomicU64::new(NEVER),
            is_exceeded: AtomicBool::new(false),
        }
    }

    /// Whether there is anything to ask for.
    pub(crate) fn is_needed(&self) -> bool {
        self.stop.is_some() || self.limit.is_some()
    }

    /// Whether somebody wants the run to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// How long a statement may run.
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// The database has ended a statement for its time.
    pub(crate) fn exceed(&self) {
        self.is_exceeded.store(true, Ordering::Relaxed);
    }

    /// Whether the statement that is running shall end now.
    pub(crate) fn is_due(&self) -> bool {
        if self.is_stopped() {
            return true;
        }
        let deadline = self.deadline.load(Ordering::Relaxed);
        let is_late = deadline != NEVER && nanoseconds(self.started.elapsed()) >= deadline;
        if is_late {
            self.is_exceeded.store(true, Ordering::Relaxed);
        }
        is_late
    }

    /// A statement of a revision begins; its time is counted until the guard is dropped, however
    /// that comes about.
    pub(crate) fn limited(&self) -> Limited<'_> {
        if let Some(limit) = self.limit {
            let deadline = nanoseconds(self.started.elapsed().saturating_add(limit));
            self.deadline.store(deadline, Ordering::Relaxed);
        }
        Limited(self)
    }

    /// The limit at which a statement was ended, if one was.
    pub(crate) fn exceeded(&self) -> Option<Duration> {
        self.limit.filter(|_| self.is_exceeded.load(Ordering::Relaxed))
    }
}

/// While it lives, a statement's time is counted.
pub(crate) struct Limited<'i>(&'i Interrupt);

impl Drop for Limited<'_> {
    fn drop(&mut self) {
        // Where the run was dropped the connection asks on, and nobody knows which statement it
        // runs by then: better one without a limit than somebody else's that is ended.
        self.0.deadline.store(NEVER, Ordering::Relaxed);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interrupt(limit: Option<Duration>) -> Interrupt {
        Interrupt::new(&Settings { statement_timeout: limit, ..Settings::default() })
    }

    #[test]
    fn time_counts_while_a_statement_runs() {
        let interrupt = interrupt(Some(Duration::ZERO));
        assert!(interrupt.is_needed() && !interrupt.is_due());
        let limited = interrupt.limited();
        assert!(interrupt.is_due());
        drop(limited);
        assert!(!interrupt.is_due());
        assert_eq!(interrupt.exceeded(), Some(Duration::ZERO));
    }

    #[test]
    fn without_a_limit_nothing_is_late() {
        let unlimited = interrupt(None);
        let _limited = unlimited.limited();
        assert!(!unlimited.is_needed() && !unlimited.is_due());
        let patient = interrupt(Some(Duration::MAX));
        let _limited = patient.limited();
        assert!(!patient.is_due());
        assert_eq!(patient.exceeded(), None);
    }
}
