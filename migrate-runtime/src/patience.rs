//! Waiting for others that hold the database, up to a deadline, and telling that it waits. Knows
//! time; what counts as held, each dialect knows.

use std::time::{Duration, Instant};

use crate::connection::Listener;
use crate::event::Event;

/// The first pause before a held database is tried again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How long a call may still wait, all its tries together.
pub(crate) struct Patience<'l> {
    started: Instant,
    deadline: Instant,
    pause: Duration,
    listener: Listener<'l>,
}

impl<'l> Patience<'l> {
    pub(crate) fn new(timeout: Duration, listener: Listener<'l>) -> Self {
        let started = Instant::now();
        // A time-out past the end of time is no time-out: a year is as good.
        let deadline = started.checked_add(timeout);
        let deadline = deadline.unwrap_or_else(|| started + Duration::from_hours(24 * 365));
        Self { started, deadline, pause: FIRST_PAUSE, listener }
    }

    /// What is left of it.
    pub(crate) fn rest(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Pauses before the next try; at the deadline says how long it has waited in vain.
    pub(crate) async fn wait(&mut self) -> Result<(), Duration> {
        let (waited, rest) = (self.started.elapsed(), self.rest());
        if rest.is_zero() {
            return Err(waited);
        }
        (self.listener)(&Event::LockWait { waited });
        tracing::debug!(target: "migrate", ?waited, "the database is locked");
        tokio::time::sleep(self.pause.min(rest)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }

    /// Forgets how long the pauses have become: the next try is another one's.
    pub(crate) fn refresh(&mut self) {
        self.pause = FIRST_PAUSE;
    }

    pub(crate) fn listener(&self) -> Listener<'l> {
        self.listener
    }
}
