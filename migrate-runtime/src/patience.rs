//! Waiting for others that hold the database, up to a deadline, and telling that it waits. Knows
//! time; what counts as held, each dialect knows.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::connection::Listener;
use crate::error::ErrorKind;
use crate::event::Event;
use crate::settings::Settings;

/// The first pause before a held database is tried again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How long a run may still wait for one thing.
#[derive(Clone)]
pub(crate) struct Patience<'l> {
    started: Instant,
    deadline: Instant,
    timeout: Duration,
    pause: Duration,
    listener: Listener<'l>,
    stop: Option<&'l AtomicBool>,
}

impl<'l> Patience<'l> {
    pub(crate) fn new(settings: &'l Settings, listener: Listener<'l>) -> Self {
        let now = Instant::now();
        let timeout = settings.lock_timeout;
        let stop = settings.stop.as_deref();
        let mut patience =
            Self { started: now, deadline: now, timeout, pause: FIRST_PAUSE, listener, stop };
        patience.begin_anew();
        patience
    }

    /// What is left of it.
    pub(crate) fn rest(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Pauses before the next try, unless the deadline is reached or the run shall stop.
    pub(crate) async fn wait(&mut self) -> Result<(), ErrorKind> {
        self.wait_for(None).await
    }

    /// The same, where it's known who is waited for.
    pub(crate) async fn wait_for(&mut self, holder: Option<&str>) -> Result<(), ErrorKind> {
        self.check_stop()?;
        let (waited, rest) = (self.started.elapsed(), self.rest());
        if rest.is_zero() {
            return Err(ErrorKind::LockTimeout { waited, holder: holder.map(str::to_owned) });
        }
        (self.listener)(&Event::LockWait { waited, holder });
        tracing::debug!(target: "migrate", ?waited, holder, "the database is locked");
        tokio::time::sleep(shortened(self.pause).min(rest)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }

    /// An error if somebody asked the run to stop.
    pub(crate) fn check_stop(&self) -> Result<(), ErrorKind> {
        match self.stop {
            Some(stop) if stop.load(Ordering::Relaxed) => Err(ErrorKind::Interrupted),
            _ => Ok(()),
        }
    }

    /// Starts counting: only waiting counts, not the work between two waits.
    pub(crate) fn begin_anew(&mut self) {
        self.pause = FIRST_PAUSE;
        self.started = Instant::now();
        // A time-out past the end of time is no time-out: a year is as good.
        let deadline = self.started.checked_add(self.timeout);
        self.deadline = deadline.unwrap_or_else(|| self.started + Duration::from_hours(24 * 365));
    }

    pub(crate) fn listener(&self) -> Listener<'l> {
        self.listener
    }
}

/// Between a half and all of a pause, at random: who was turned away together does not come back
/// together.
fn shortened(pause: Duration) -> Duration {
    // Each has keys of its own, which are what the standard library has of randomness.
    let random = RandomState::new().build_hasher().finish();
    let share = f64::from(u32::try_from(random >> 32).unwrap_or_default()) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_and_are_never_longer() {
        let pause = Duration::from_millis(100);
        let shortened: Vec<Duration> = (0..64).map(|_| shortened(pause)).collect();
        assert!(shortened.iter().all(|it| *it <= pause && *it >= pause / 2));
        assert!(shortened.iter().any(|it| *it != shortened[0]));
    }
}
