//! CPU time, of child processes and of this one.

use std::time::Duration;

/// What all children that have ended have spent, in user and in system mode.
pub(crate) fn of_children() -> Duration {
    spent(Whose::Children)
}

/// What this process has spent, in user and in system mode.
pub(crate) fn of_this_process() -> Duration {
    spent(Whose::Own)
}

#[derive(Clone, Copy)]
enum Whose {
    Own,
    Children,
}

#[cfg(unix)]
fn spent(whose: Whose) -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let who = match whose {
        Whose::Own => UsageWho::RUSAGE_SELF,
        Whose::Children => UsageWho::RUSAGE_CHILDREN,
    };
    let Ok(usage) = getrusage(who) else { return Duration::ZERO };
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
fn spent(whose: Whose) -> Duration {
    match whose {
        Whose::Own | Whose::Children => Duration::ZERO,
    }
}
