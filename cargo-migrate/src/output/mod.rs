//! The only code that prints. Commands hand over what there is to say; here it becomes text for
//! eyes or JSON for scripts.

mod diagnostic;
pub(crate) mod diff;
pub(crate) mod json;
mod progress;
mod style;

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;

pub(crate) use diagnostic::{Diagnostic, Place};
use progress::Progress;
pub(crate) use style::{ACCENT, DIM, ERROR, REMOVED};

use crate::arguments::{Color, Common, Format};
use crate::exit::Exit;

/// Where and how to print.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    format: Format,
    quiet: bool,
    verbose: bool,
    yes: bool,
    progress: Arc<Progress>,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        match common.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        Self {
            format: common.format,
            quiet: common.quiet,
            verbose: common.verbose,
            yes: common.yes,
            progress: Arc::new(Progress::new(common.format == Format::Human && !common.quiet)),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// A line with a verb in front, aligned like cargo's.
    pub(crate) fn verb(&self, verb: &str, text: impl std::fmt::Display) {
        self.line(format_args!("{ACCENT}{verb:>12}{ACCENT:#} {text}"));
    }

    /// A line for eyes.
    pub(crate) fn line(&self, text: impl std::fmt::Display) {
        if self.format == Format::Human && !self.quiet {
            self.progress.aside(|| {
                // A reader that has gone away is no reason to fail.
                let _ = writeln!(anstream::stdout(), "{text}");
            });
        }
    }

    /// Text that is the command's product: printed as it is, also when quiet.
    pub(crate) fn product(text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes());
    }

    /// A JSON document or line.
    pub(crate) fn json(&self, value: &Value) {
        if self.is_json() {
            let _ = writeln!(std::io::stdout(), "{value}");
        }
    }

    /// The end of a command that failed: for eyes on stderr, or as the last line of JSON.
    pub(crate) fn error(&self, diagnostic: &Diagnostic) {
        self.progress.end();
        match self.format {
            Format::Json => self.json(&diagnostic.to_json()),
            Format::Human => {
                let _ = write!(anstream::stderr(), "{diagnostic}");
            }
        }
    }

    /// Asks; where that can't be, the answer is no.
    pub(crate) fn confirm(&self, question: &str) -> bool {
        if self.yes {
            return true;
        }
        if self.is_json() || !std::io::stdin().is_terminal() {
            self.verb(
                "Skipped",
                format_args!("{question} (not asked: no terminal; --yes says yes)"),
            );
            return false;
        }
        let _ = write!(anstream::stdout(), "? {question} [y/N] ");
        let _ = std::io::stdout().flush();
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }
}

/// What clap has to say: help and version, or a command line that is wrong. Scripts that asked
/// for JSON get their error line even where the arguments could not be read.
pub(crate) fn usage_error(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args()
        .collect::<Vec<_>>()
        .windows(2)
        .any(|pair| pair[0] == "--format" && pair[1] == "json")
        || std::env::args().any(|argument| argument == "--format=json");
    if error.use_stderr() && wants_json {
        let message = error.render().to_string();
        let message = message.strip_prefix("error: ").unwrap_or(&message).trim();
        let first = message.lines().next().unwrap_or_default();
        println!("{}", Diagnostic::new("usage.arguments", first.to_owned()).to_json());
    } else {
        let _ = error.print();
    }
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
}
