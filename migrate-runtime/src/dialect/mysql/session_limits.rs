//! How long a statement may wait for others. How long it may run is counted by the run itself,
//! because MySQL has a limit for SELECT alone.

use std::time::Duration;

/// How long a statement waits for a lock before it is tried again. All who come after a waiting
/// ALTER TABLE wait behind it, readers included; so it must not wait long.
const SLICE: Duration = Duration::from_secs(3);

/// The settings, whose unit is a second; what the section has set itself (`is_set`) stays.
pub(super) fn session_limits(rest: Duration, is_set: impl Fn(&str) -> bool) -> Option<String> {
    let seconds = rest.min(SLICE).as_secs().max(1);
    let set: Vec<String> = ["lock_wait_timeout", "innodb_lock_wait_timeout"]
        .into_iter()
        .filter(|name| !is_set(name))
        .map(|name| format!("SESSION {name} = {seconds}"))
        .collect();
    (!set.is_empty()).then(|| format!("SET {}", set.join(", ")))
}
