//! `cargo xtask test`: all tests, on SQLite and on what servers can be had. A machine that has
//! nothing but Rust and a C compiler skips the tests that need a server, and says so.

mod options;
mod skipped;

use std::process::Command;

use self::options::Options;
pub(crate) use self::skipped::Skipped;
use crate::command::{self, Outcome, build_tool, cargo};
use crate::servers::Servers;

/// The dialects' features, and what only the tools compile.
pub(crate) const FEATURES: &str =
    "migrate-runtime/sqlite,migrate-runtime/postgres,migrate-runtime/mysql,migrate-model/config";

/// Starts servers, runs the tests, and stops the servers, whatever became of the tests.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let options = Options::of(words)?;
    let servers = match options.without_servers {
        true => Servers::default(),
        false => Servers::start(&options.postgres)?,
    };
    let outcome = run_on(&servers);
    let stopped = servers.stop();
    outcome.and(stopped)
}

fn run_on(servers: &Servers) -> Outcome {
    let tool = build_tool("dev")?;
    // The tests that kill the tool at any moment do it to what users run.
    let released = build_tool("release")?;
    let skipped = Skipped::new()?;
    let run = |tests: &mut Command| {
        tests.env("CARGO_MIGRATE_BIN", &tool).env("MIGRATE_KILL_BIN", &released);
        command::run(tests.env(Skipped::VARIABLE, skipped.file()))
    };
    let outcome = run(runner(&[]).envs(servers.environment()));
    let on_further = servers.further().into_iter().map(|(name, variable)| {
        println!("\n== the tests of PostgreSQL on {name}");
        run(runner(&["postgres"]).envs([variable]))
    });
    let on_further = on_further.collect::<Vec<_>>().into_iter().collect::<Outcome>();
    let tests = outcome.and(on_further);
    let doc = || command::run(&mut cargo(["test", "--workspace", "--doc", "--features", FEATURES]));
    let outcome = tests.and_then(|()| doc());
    // Told in any case, and last.
    let skipped = skipped.report();
    outcome.and(skipped)
}

/// All tests, or those with a word in their path, run by nextest where it is installed, which runs
/// each in a process of its own, else by cargo's own runner; doc tests only cargo can run.
fn runner(words: &[&str]) -> Command {
    let mut tests = if command::has_nextest() {
        cargo(["nextest", "run", "--workspace", "--no-fail-fast", "--features", FEATURES])
    } else {
        cargo(["test", "--workspace", "--all-targets", "--no-fail-fast", "--features", FEATURES])
    };
    tests.args(words);
    tests
}
