//! The lease on a server, whose statements go on when nobody is there any more who has sent them. So
//! all that is sent by a holder of the lease begins with a comment, by which the server's list of
//! statements shows whether one is still running. Knows texts.

use std::time::{Duration, Instant};

use migrate_model::Checksum;

use super::{Clock, Standing, TERM};
use crate::identity::RunIdentity;

/// What the statements of all runs begin with that have the lease of a history.
pub(crate) fn mark_of_history(name: &[&str]) -> String {
    let digest = Checksum::of(name.join("\n").as_bytes()).to_string();
    let digits = digest.trim_start_matches("sha256:").get(..16).unwrap_or_default();
    format!("/* cargo-migrate {digits} ")
}

/// What those of one run begin with.
pub(crate) fn mark_of_run(history: &str, run: &RunIdentity) -> String {
    format!("{history}{} */ ", run.run_id)
}

/// What a server tells whoever wants to write.
#[derive(Debug)]
pub(crate) struct Sight {
    /// The lease's text, empty if nobody has it.
    pub(crate) text: String,
    /// How often it has changed hands.
    pub(crate) epoch: i64,
    pub(crate) clock: Clock,
    /// Whether the server runs a statement of somebody who has the lease, or had it: nobody may
    /// judge what becomes of that before it ends.
    pub(crate) is_at_work: bool,
}

impl Sight {
    /// Who is waited for. `None`: nobody.
    pub(crate) fn obstacle(&self) -> Option<String> {
        match (Standing::of(Some(&self.text), &self.clock), self.is_at_work) {
            (Standing::Held(lease), _) => Some(lease.holder()),
            (Standing::Abandoned(Some(lease)), true) => {
                Some(format!("{}; its statement is still running on the server", lease.who()))
            }
            (Standing::Free | Standing::Abandoned(None), true) => {
                Some("an earlier run, whose statement is still running on the server".to_owned())
            }
            (Standing::Free | Standing::Abandoned(_), false) => None,
        }
    }

    /// Who has it that did not renew it in time, and yet may be at work.
    pub(crate) fn last_holder(&self) -> Option<String> {
        match Standing::of(Some(&self.text), &self.clock) {
            Standing::Held(lease) | Standing::Abandoned(Some(lease)) => Some(lease.who()),
            Standing::Free | Standing::Abandoned(None) => None,
        }
    }
}

/// When a lease must be renewed while a statement runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renewals {
    last: Instant,
}

impl Renewals {
    /// It was renewed just now.
    pub(crate) fn from_now() -> Self {
        Self { last: Instant::now() }
    }

    /// Whether it's time, a third of the term after the last time this was so.
    pub(crate) fn is_due(&mut self) -> bool {
        let is_due = self.last.elapsed() >= TERM / 3;
        if is_due {
            self.last = Instant::now();
        }
        is_due
    }
}

/// How long a renewal may take, on a connection of its own.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(text: &str, is_at_work: bool) -> Sight {
        let (now, latest) = ("2026-11-25T21:00:00.000Z", "2026-11-25T21:01:00.000Z");
        let clock = Clock { now: now.to_owned(), latest: latest.to_owned() };
        Sight { text: text.to_owned(), epoch: 1, clock, is_at_work }
    }

    #[test]
    fn a_statement_that_runs_keeps_a_lease_alive_that_has_run_out() {
        let gone = "2026-11-25T20:00:00.000Z 0f 7 1 elsewhere box ann";
        assert_eq!(sight(gone, false).obstacle(), None);
        let holder = sight(gone, true).obstacle().unwrap();
        assert_eq!(
            holder,
            "a run of ann on box (process 1); its statement is still running on the server"
        );
        assert!(sight("", true).obstacle().is_some());
        assert_eq!(sight("", false).obstacle(), None);
    }

    #[test]
    fn a_run_is_told_from_others_of_its_history() {
        let run = RunIdentity::new(std::sync::Arc::new(|| None));
        let history = mark_of_history(&["public", "_migrate_revisions"]);
        assert!(mark_of_run(&history, &run).starts_with(&history));
        assert_ne!(history, mark_of_history(&["other", "_migrate_revisions"]));
        assert!(history.len() + run.run_id.len() < 64, "{history}");
    }
}
