//! `cargo xtask drill`: the drills of `tests/drill`, in full and with the tool as users have it. Each
//! tells what it did; the first thing that must not be ends it all, with how to do it again.

use std::time::UNIX_EPOCH;

use crate::command::{self, Outcome, build_tool, cargo};
use crate::servers::Servers;
use crate::test::Skipped;

/// How often runs are killed at any moment; what is slower has its share of it.
const ROUNDS: u32 = 500;
/// What the tests read.
const SEED: &str = "MIGRATE_KILL_SEED";

#[derive(Debug, PartialEq, Eq)]
struct Options<'a> {
    rounds: u32,
    /// All, if none is named.
    dialect: Option<&'a str>,
}

pub(crate) fn run(words: &[&str]) -> Outcome {
    let options = Options::of(words)?;
    let servers = Servers::start(&[])?;
    let outcome = options.run_on(&servers);
    let stopped = servers.stop();
    outcome.and(stopped)
}

impl<'a> Options<'a> {
    fn of(mut words: &[&'a str]) -> Outcome<Self> {
        let mut options = Self { rounds: ROUNDS, dialect: None };
        loop {
            words = match words {
                [] => return Ok(options),
                ["--rounds", rounds, rest @ ..] => {
                    let number = rounds.parse().ok().filter(|rounds| *rounds > 0);
                    options.rounds =
                        number.ok_or_else(|| format!("drill: {rounds} is no number of rounds"))?;
                    rest
                }
                ["--dialect", name, rest @ ..] => {
                    options.dialect = Some(name);
                    rest
                }
                [other, ..] => return Err(format!("drill: what is {other}?")),
            };
        }
    }

    fn run_on(&self, servers: &Servers) -> Outcome {
        let tool = build_tool("release")?;
        let skipped = Skipped::new()?;
        let seed = seed()?;
        println!("{SEED}={seed}");
        let mut drills = runner(self.dialect);
        drills.env("CARGO_MIGRATE_BIN", &tool).env("MIGRATE_KILL_BIN", &tool);
        drills.env("MIGRATE_DRILL_ROUNDS", self.rounds.to_string()).env(SEED, seed.to_string());
        drills.env(Skipped::VARIABLE, skipped.file()).envs(servers.environment());
        let outcome = command::run(&mut drills);
        let outcome = outcome.map_err(|error| format!("{error}\nrepeat it: {}", self.again(seed)));
        let skipped = skipped.report();
        outcome.and(skipped)
    }

    /// The command that does the same again.
    fn again(&self, seed: u64) -> String {
        let dialect = self.dialect.map(|name| format!(" --dialect {name}")).unwrap_or_default();
        format!("{SEED}={seed} cargo xtask drill --rounds {}{dialect}", self.rounds)
    }
}

/// The one that is given, or the time.
fn seed() -> Outcome<u64> {
    match std::env::var(SEED) {
        Ok(seed) => seed.parse().map_err(|_| format!("{SEED}={seed} is no number")),
        Err(_) => Ok(UNIX_EPOCH.elapsed().map_or(1, |time| time.as_secs())),
    }
}

/// One after the other, with all that they print, up to the first that fails.
fn runner(dialect: Option<&str>) -> std::process::Command {
    let mut words = match command::has_nextest() {
        true => vec!["nextest", "run", "--package", "migrate-tests", "--test", "drill"],
        false => vec!["test", "--package", "migrate-tests", "--test", "drill", "--"],
    };
    let all = match command::has_nextest() {
        true => ["--no-capture", "--no-tests=fail"],
        false => ["--nocapture", "--test-threads=1"],
    };
    words.extend(all);
    // Each drill is a module with a test for each dialect.
    let filter = dialect.map(|name| format!("::{name}"));
    words.extend(filter.as_deref());
    cargo(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_to_repeat_it_is_what_was_asked() {
        let all = Options::of(&[]).expect("nothing is wrong");
        assert_eq!(all.again(7), "MIGRATE_KILL_SEED=7 cargo xtask drill --rounds 500");
        let words = ["--dialect", "sqlite", "--rounds", "9"];
        let some = Options::of(&words).expect("nothing is wrong");
        let again = "MIGRATE_KILL_SEED=7 cargo xtask drill --rounds 9 --dialect sqlite";
        assert_eq!(some.again(7), again);
        for words in [&["--rounds", "0"][..], &["--rounds"], &["--round", "1"]] {
            assert!(Options::of(words).is_err(), "{words:?}");
        }
    }
}
