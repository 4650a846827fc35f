//! A step of `cargo xtask ci`, and what can become of it.

use std::process::Command;

use crate::command::{self, Outcome, cargo};

/// Something to be checked.
pub(super) struct Step {
    pub(super) name: String,
    pub(super) run: Box<dyn FnOnce() -> Verdict>,
}

/// What became of a step.
pub(super) enum Verdict {
    Passed,
    /// What was wrong, in a line.
    Failed(String),
    /// Why it can't be checked here, and what to do about that.
    Skipped(String),
}

impl Step {
    pub(super) fn new(name: impl Into<String>, run: impl FnOnce() -> Verdict + 'static) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }

    /// A step that is one call of cargo.
    pub(super) fn cargo(name: impl Into<String>, arguments: &[&str]) -> Self {
        let mut command = cargo(arguments.iter().copied());
        Self::new(name, move || checked(&mut command))
    }

    /// A step that can't be taken on this machine.
    pub(super) fn skipped(name: impl Into<String>, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::new(name, || Verdict::Skipped(reason))
    }
}

impl Verdict {
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        outcome.map_or_else(Self::Failed, |()| Self::Passed)
    }
}

/// Shows a command, runs it, and takes anything but success for a failure.
pub(super) fn checked(command: &mut Command) -> Verdict {
    println!("$ {}", command::shown(command));
    match command.status() {
        Ok(status) if status.success() => Verdict::Passed,
        Ok(status) => Verdict::Failed(status.to_string()),
        Err(error) => Verdict::Failed(error.to_string()),
    }
}
