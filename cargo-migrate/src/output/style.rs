//! The few colours, all in one place.

use anstyle::{AnsiColor, Style};

/// Verbs, and what is good.
pub(crate) const ACCENT: Style = AnsiColor::Green.on_default().bold();
/// Errors.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Lines that were taken away.
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
/// Lines that were added.
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
/// Ways out.
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default().bold();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
