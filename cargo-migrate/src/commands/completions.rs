//! `completions`: for the shell.

use clap::CommandFactory;

use crate::arguments::{Arguments, Completions};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn run(completions: &Completions) -> Exit {
    let mut text = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(completions.shell, &mut command, "cargo-migrate", &mut text);
    Output::product(&String::from_utf8_lossy(&text));
    Exit::Done
}
