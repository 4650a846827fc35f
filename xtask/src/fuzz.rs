//! `cargo xtask fuzz [SECONDS]`: inputs that nobody would write, from files that somebody did. What
//! makes a target fail stays in `fuzz/artifacts/`; what reaches new code, in `fuzz/corpus/`.

use std::fs;
use std::process::Command;

use crate::command::{Outcome, repository, run as run_command};

const TARGET: &str = "revisions";
/// How long, where nobody says it.
pub(crate) const SECONDS: &str = "60";

pub(crate) fn run(seconds: &str) -> Outcome {
    seconds.parse::<u32>().map_err(|_| format!("`{seconds}` is no number of seconds"))?;
    let runs =
        |words: &[&str]| cargo_nightly(words).output().is_ok_and(|output| output.status.success());
    if !runs(&["--version"]) {
        return Err("fuzzing needs a nightly compiler: rustup toolchain install nightly".to_owned());
    }
    if !runs(&["fuzz", "--version"]) {
        return Err("cargo-fuzz is not installed: cargo install cargo-fuzz --locked".to_owned());
    }
    let corpus = format!("fuzz/corpus/{TARGET}");
    fs::create_dir_all(repository().join(&corpus)).map_err(|error| format!("{corpus}: {error}"))?;
    let (seeds, time) = (format!("fuzz/seeds/{TARGET}"), format!("-max_total_time={seconds}"));
    let dictionary = format!("-dict=fuzz/{TARGET}.dict");
    run_command(&mut cargo_nightly(&[
        "fuzz",
        "run",
        TARGET,
        &corpus,
        &seeds,
        "--",
        &dictionary,
        "-max_len=4096",
        &time,
        "-print_final_stats=1",
    ]))
}

/// Cargo of the nightly toolchain, through rustup's `cargo`: the one that runs this would keep to
/// its own compiler.
fn cargo_nightly(words: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.arg("+nightly").args(words).current_dir(repository());
    for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    command
}
