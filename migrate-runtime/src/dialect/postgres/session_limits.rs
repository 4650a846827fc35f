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

    pub(super) fn statements(self) -> Vec<String> {
        let set = |setting: &str, limit: Duration| {
            // 0 would mean no limit.
            let milliseconds = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX).max(1);
            format!("SET LOCAL {setting} = {milliseconds}")
        };
        let statement = self.statement.map(|limit| set("statement_timeout", limit));
        [set("lock_timeout", self.lock)].into_iter().chain(statement).collect()
    }
}
