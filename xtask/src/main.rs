//! `cargo xtask <command>`: everything that is done to this repository, in one place.

mod bench;
mod ci;
mod command;
mod cpu;
mod demo;
mod drill;
mod fuzz;
#[cfg_attr(not(unix), path = "servers/elsewhere.rs")]
mod servers;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test     all tests: unit, property, end-to-end and doc tests; starts the servers that
                     they need and stops them
    --postgres 13,18 runs those of PostgreSQL on these versions, too
    --no-servers     skips all that need a server
cargo xtask servers  start, status or stop: PostgreSQL and MariaDB for tests that are run one by one
    --postgres 13,18 with start: these versions of PostgreSQL, too
    --durable        with start: nothing committed is lost when a server is killed
cargo xtask demo     the main job on SQLite, shown in a temporary workspace
cargo xtask bench    what commands cost, as ratios to a floor measured in the same run
cargo xtask bench graph [SEED]
                     what the graph of up to 100,000 revisions costs, in CPU time and memory
cargo xtask fuzz [SECONDS]
                     random revision files, graphs and names, then scripts: a minute each, or as
                     long as said
cargo xtask drill    runs that are killed, cut off and started all at once, in full: hours of it
    --rounds N       for so many kills at any moment; the other drills have a share of that
    --dialect NAME   only on this database
cargo xtask ci       what must pass before a change goes in: format, lints, tests, docs,
                     dependencies, spelling, packages, other platforms; then a table of it all
cargo xtask ci WORD  only those of its steps that have the word in their name";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", options @ ..] => test::run(options),
        ["servers", words @ ..] => servers::run(words),
        ["demo"] => demo::run(),
        ["bench"] => bench::commands::run(),
        ["bench", "graph"] => bench::graph::run("1"),
        ["bench", "graph", seed] => bench::graph::run(seed),
        // How `bench graph` calls the release build of this program, for one size in one process.
        ["bench", "graph-figures", shape, size, seed] => bench::figures::print(shape, size, seed),
        ["bench", "graph-memory", shape, size, seed] => bench::memory::print(shape, size, seed),
        ["drill", options @ ..] => drill::run(options),
        ["fuzz"] => fuzz::run(fuzz::SECONDS),
        ["fuzz", seconds] => fuzz::run(seconds),
        ["ci"] => ci::run(""),
        ["ci", word] => ci::run(word),
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
