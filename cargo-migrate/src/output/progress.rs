//! The progress bar of long runs: on stderr, and only where that is a terminal.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Runs of fewer steps are over before anybody could read a bar.
const FEWEST_STEPS: usize = 8;

/// A bar that may be there.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    is_wanted: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress {
    /// One that is shown if `is_wanted` and stderr is a terminal.
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self { is_wanted: is_wanted && std::io::stderr().is_terminal(), bar: Mutex::default() }
    }

    pub(crate) fn begin(&self, steps: usize) {
        if self.is_wanted && steps >= FEWEST_STEPS {
            let length = u64::try_from(steps).unwrap_or(u64::MAX);
            let target = ProgressDrawTarget::stderr_with_hz(10);
            let bar = ProgressBar::with_draw_target(Some(length), target);
            let template = "{prefix:>12.cyan.bold} [{bar:27}] {pos}/{len} {wide_msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix("Running");
            bar.enable_steady_tick(Duration::from_millis(200));
            *self.lock() = Some(bar);
        }
    }

    /// What is being done.
    pub(crate) fn at(&self, message: &str) {
        if let Some(bar) = &*self.lock() {
            bar.set_message(message.to_owned());
        }
    }

    /// One step is done.
    pub(crate) fn advance(&self) {
        if let Some(bar) = &*self.lock() {
            bar.inc(1);
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Some(bar) = self.lock().take() {
            bar.finish_and_clear();
        }
    }

    /// Prints something while the bar is out of the way.
    pub(crate) fn aside(&self, print: impl FnOnce()) {
        match &*self.lock() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
