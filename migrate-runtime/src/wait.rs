//! Waiting for a database that does not answer yet: a server that is being started beside the
//! program. Knows time; what passes by itself, each dialect knows.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::connection::Listener;
use crate::error::ErrorKind;
use crate::event::Event;
use crate::settings::Settings;

/// The first pause before the next try; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The least time that a try gets, so that the last one can succeed, too.
const ONE_TRY: Duration = Duration::from_secs(1);

/// How long to wait for an answer, and who is told.
#[derive(Clone, Copy)]
pub(crate) struct Wait<'l> {
    limit: Duration,
    listener: Listener<'l>,
    stop: Option<&'l AtomicBool>,
}

impl<'l> Wait<'l> {
    pub(crate) fn new(settings: &'l Settings, listener: Listener<'l>) -> Self {
        Self { limit: settings.wait, listener, stop: settings.stop.as_deref() }
    }

    /// Tries until it works, until it fails for a reason that does not pass by itself, or until
    /// the time is up.
    pub(crate) async fn until<T, F>(
        &self,
        attempt: impl Fn() -> F,
        passes: fn(&ErrorKind) -> bool,
    ) -> Result<T, ErrorKind>
    where
        F: Future<Output = Result<T, ErrorKind>>,
    {
        if self.limit.is_zero() {
            return attempt().await;
        }
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let rest = self.limit.saturating_sub(started.elapsed()).max(ONE_TRY);
            // A host that swallows what it's sent would let the try hang for minutes.
            let tried = tokio::time::timeout(rest, attempt()).await;
            let error = match tried {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                Err(_) => ErrorKind::Unreachable { error: io::ErrorKind::TimedOut.into() },
            };
            let waited = started.elapsed();
            if !passes(&error) {
                return Err(error);
            }
            if waited >= self.limit {
                return Err(ErrorKind::NoAnswer { waited, last: Box::new(error) });
            }
            if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Err(ErrorKind::Interrupted);
            }
            let reason = error.to_string();
            (self.listener)(&Event::Wait { waited, reason: &reason });
            tracing::debug!(target: "migrate", ?waited, reason, "the database does not answer");
            tokio::time::sleep(pause.min(self.limit.saturating_sub(waited))).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU32;

    use super::*;

    fn refused() -> ErrorKind {
        ErrorKind::Unreachable { error: io::ErrorKind::ConnectionRefused.into() }
    }

    async fn tried(
        limit: Duration,
        succeeds_at: u32,
        passes: fn(&ErrorKind) -> bool,
    ) -> (u32, usize, Result<(), String>) {
        let (tries, told) = (AtomicU32::new(0), Mutex::new(0));
        let settings = Settings { wait: limit, ..Settings::default() };
        let listener = |_: &Event<'_>| *told.lock().unwrap() += 1;
        let attempt = || async {
            match tries.fetch_add(1, Ordering::Relaxed) + 1 {
                now if now == succeeds_at => Ok(()),
                _ => Err(refused()),
            }
        };
        let outcome = Wait::new(&settings, &listener).until(attempt, passes).await;
        let outcome = outcome.map_err(|error| error.to_string());
        (tries.into_inner(), told.into_inner().unwrap(), outcome)
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_until_the_time_is_up() {
        let limit = Duration::from_millis(250);
        assert_eq!(tried(limit, 2, |_| true).await, (2, 1, Ok(())));
        let (tries, told, outcome) = tried(limit, 99, |_| true).await;
        assert_eq!((tries, told), (3, 2));
        let error = outcome.unwrap_err();
        let (begin, end) = error.split_once("ms: ").unwrap();
        assert!(begin.starts_with("the database did not answer within 2"), "{error}");
        assert_eq!(end, refused().to_string());
    }

    #[tokio::test]
    async fn without_a_time_and_for_what_does_not_pass_there_is_one_try() {
        let once = (1, 0, Err(refused().to_string()));
        assert_eq!(tried(Duration::ZERO, 2, |_| true).await, once);
        assert_eq!(tried(Duration::from_secs(9), 2, |_| false).await, once);
    }
}
