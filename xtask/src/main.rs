//! `cargo xtask <command>`: everything that is done to this repository, in one place.

mod bench;
mod command;
mod demo;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test     all tests: unit, property, end-to-end and doc tests
cargo xtask demo     the main job on SQLite, shown in a temporary workspace
cargo xtask bench    what commands cost, as ratios to a floor measured in the same run";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test::run(),
        ["demo"] => demo::run(),
        ["bench"] => bench::run(),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
