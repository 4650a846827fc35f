//! The CPU time of child processes.

use std::time::Duration;

/// What all children that have ended have spent, in user and in system mode.
#[cfg(unix)]
pub(crate) fn of_children() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return Duration::ZERO };
    [usage.user_time(), usage.system_time()]
        .into_iter()
        .map(|time| {
            let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
            let micros = u64::try_from(time.tv_usec()).unwrap_or_default();
            Duration::from_secs(seconds) + Duration::from_micros(micros)
        })
        .sum()
}

/// Not to be had here without more; the benchmark then measures nothing.
#[cfg(not(unix))]
pub(crate) fn of_children() -> Duration {
    Duration::ZERO
}
