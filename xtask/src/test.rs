//! `cargo xtask test`: all tests, on a machine that has nothing but Rust and a C compiler.

use crate::command::{self, Outcome, build_tool, cargo};

/// One dialect's feature, and what only the tools compile.
pub(crate) const FEATURES: &str = "migrate-runtime/sqlite,migrate-model/config";

/// Runs them with nextest where it is installed, which runs each in a process of its own, else
/// with cargo's own runner; doc tests only cargo can run.
pub(crate) fn run() -> Outcome {
    let tool = build_tool("dev")?;
    // The tests that kill the tool at any moment do it to what users run.
    let released = build_tool("release")?;
    let has_nextest = cargo(["nextest", "--version"]).output().is_ok_and(|it| it.status.success());
    let mut tests = if has_nextest {
        cargo(["nextest", "run", "--workspace", "--no-fail-fast", "--features", FEATURES])
    } else {
        cargo(["test", "--workspace", "--all-targets", "--no-fail-fast", "--features", FEATURES])
    };
    let tests = tests.env("CARGO_MIGRATE_BIN", &tool).env("MIGRATE_KILL_BIN", &released);
    command::run(tests)?;
    command::run(&mut cargo(["test", "--workspace", "--doc", "--features", FEATURES]))
}
