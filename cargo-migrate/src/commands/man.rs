//! `man`: the manual page, as roff.

use clap::CommandFactory;

use super::Outcome;
use crate::arguments::Arguments;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn run() -> Outcome {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(Arguments::command().bin_name("cargo-migrate"));
    page.render(&mut text).map_err(|error| CliError::io("the manual page", error))?;
    Output::product(&String::from_utf8_lossy(&text));
    Ok(Exit::Done)
}
