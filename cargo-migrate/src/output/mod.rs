//! The only code that prints. Commands hand over what there is to say; here it becomes text for
//! eyes or JSON for scripts.

pub(crate) mod dag;
mod diagnostic;
pub(crate) mod diff;
pub(crate) mod fork;
pub(crate) mod json;
pub(crate) mod paste;
mod progress;
mod secret;
mod style;

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;

pub(crate) use diagnostic::{Diagnostic, Place};
use paste::Paste;
use progress::Progress;
use secret::masked;
use style::HELP;
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
    paste: Paste,
    progress: Arc<Progress>,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        set_color(common.color);
        Self {
            format: common.format,
            quiet: common.quiet,
            verbose: common.verbose,
            yes: common.yes,
            paste: Paste::of(common),
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

    /// What to do next, with commands that are ready to paste.
    pub(crate) fn next(&self, text: impl std::fmt::Display) {
        self.verb("Next", self.paste.ready(&text.to_string()));
    }

    /// A way out, as an error shows it.
    pub(crate) fn help(&self, hint: &str) {
        let hint = self.paste.ready(hint);
        let mut lines = hint.lines();
        self.line(format_args!("{HELP}help{HELP:#}: {}", lines.next().unwrap_or_default()));
        lines.for_each(|line| self.line(format_args!("      {line}")));
    }

    /// Something to keep in mind, likewise.
    pub(crate) fn note(&self, text: impl std::fmt::Display) {
        self.verb("Note", self.paste.ready(&text.to_string()));
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
    pub(crate) fn error(&self, mut diagnostic: Diagnostic) {
        self.progress.end();
        for hint in &mut diagnostic.hints {
            *hint = self.paste.ready(hint);
        }
        match self.format {
            Format::Json => {
                let line = diagnostic.to_json().to_string();
                let _ = writeln!(std::io::stdout(), "{}", masked(&line));
            }
            Format::Human => {
                let _ = write!(anstream::stderr(), "{}", masked(&diagnostic.to_string()));
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

fn set_color(color: Color) {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// The value of an option in a command line that could not be read as a whole.
fn given(option: &str) -> Option<String> {
    let arguments: Vec<String> = std::env::args().collect();
    let inline = arguments.iter().find_map(|argument| argument.strip_prefix(&format!("{option}=")));
    let next = arguments.iter().position(|argument| argument == option);
    inline.map(str::to_owned).or_else(|| arguments.get(next? + 1).cloned())
}

/// What clap has to say: help and version, or a command line that is wrong. Scripts that asked
/// for JSON get their error line even where the arguments could not be read.
pub(crate) fn usage_error(error: &clap::Error) -> ExitCode {
    set_color(match given("--color").as_deref() {
        Some("always") => Color::Always,
        Some("never") => Color::Never,
        _ => Color::Auto,
    });
    let wants_json = given("--format").as_deref() == Some("json");
    if error.use_stderr() && wants_json {
        let message = error.render().to_string();
        let message = message.strip_prefix("error: ").unwrap_or(&message).trim();
        let first = message.lines().next().unwrap_or_default();
        let hint = Some("see the options: cargo migrate --help".to_owned());
        let error = Diagnostic::new("usage.arguments", first.to_owned()).hint(hint);
        println!("{}", masked(&error.to_json().to_string()));
    } else {
        // clap's own printing would choose colours by itself.
        let text = error.render().ansi().to_string();
        let text = masked(&text);
        let _ = match error.use_stderr() {
            true => write!(anstream::stderr(), "{text}"),
            false => write!(anstream::stdout(), "{text}"),
        };
    }
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
}
