//! How long a statement may wait for others, and run.

use std::time::Duration;

use crate::interrupt::Interrupt;

/// How long a statement waits for a lock before its revision is rolled back and tried again. All
/// who come after a waiting ALTER TABLE wait behind it, readers included; so it must not wait long.
const SLICE: Duration = Duration::from_secs(3);

/// Settings that a message begins with; they end with its transaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionLimits {
    lock: Duration,
    statement: Option<Duration>,
}

impl SessionLimits {
    pub(super) fn of(rest: Duration, interrupt: &Interrupt) -> Self {
        Self { lock: rest.min(SLICE), statement: interrupt.limit() }
    }

    /// The same for statements outside of a transaction, until the session gets others; what the
    /// section has set itself stays. What `may_wait` holds nobody up while it does.
    pub(super) fn of_session(self, may_wait: bool, is_set: impl Fn(&str) -> bool) -> Vec<String> {
        let lock = if may_wait { 0 } else { milliseconds(self.lock) };
        let statement = self.statement.map(milliseconds);
        [("lock_timeout", Some(lock)), ("statement_timeout", statement)]
            .into_iter()
            .filter(|(name, _)| !is_set(name))
            .filter_map(|(name, limit)| Some(format!("SET {name} = {}", limit?)))
            .collect()
    }

    /// The same up to the end of the transaction.
    pub(super) fn statements(self, is_set: impl Fn(&str) -> bool) -> Vec<String> {
        [("lock_timeout", Some(self.lock)), ("statement_timeout", self.statement)]
            .into_iter()
            .filter(|(name, _)| !is_set(name))
            .filter_map(|(name, limit)| {
                Some(format!("SET LOCAL {name} = {}", milliseconds(limit?)))
            })
            .collect()
    }
}

/// As PostgreSQL counts; 0 would mean no limit.
fn milliseconds(limit: Duration) -> i32 {
    i32::try_from(limit.as_millis()).unwrap_or(i32::MAX).max(1)
}
