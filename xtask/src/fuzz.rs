//! `cargo xtask fuzz [SECONDS]`: inputs that nobody would write, from files that somebody did. What
//! makes a target fail stays in `fuzz/artifacts/`; what reaches new code, in `fuzz/corpus/`.

use std::fs;
use std::process::Command;

use crate::command::{Outcome, repository, run as run_command};

/// What is fuzzed: its code is `fuzz/fuzz_targets/<name>.rs`, its words are `fuzz/<name>.dict`.
struct Target {
    name: &'static str,
    /// Folders of inputs that somebody wrote.
    seeds: &'static [&'static str],
    /// In bytes: shorter inputs are more of them.
    longest: u32,
}

const TARGETS: [Target; 2] = [
    Target { name: "revisions", seeds: &["fuzz/seeds/revisions"], longest: 4096 },
    Target {
        name: "statements",
        seeds: &[
            "migrate-model/src/script/split/samples",
            "tests/cases/forum_shop/revisions",
            "tests/cases/forum_shop_postgres/revisions",
        ],
        longest: 1024,
    },
];
/// How long each target runs, where nobody says it.
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
    TARGETS.iter().try_for_each(|target| target.run(seconds))
}

impl Target {
    fn run(&self, seconds: &str) -> Outcome {
        let Self { name, seeds, longest } = self;
        let corpus = format!("fuzz/corpus/{name}");
        fs::create_dir_all(repository().join(&corpus))
            .map_err(|error| format!("{corpus}: {error}"))?;
        let (words, time) =
            (format!("-dict=fuzz/{name}.dict"), format!("-max_total_time={seconds}"));
        let longest = format!("-max_len={longest}");
        // What is found goes into the first folder.
        let mut command = cargo_nightly(&["fuzz", "run", name, &corpus]);
        command.args(*seeds);
        run_command(command.args(["--", &words, &longest, &time, "-print_final_stats=1"]))
    }
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
