//! `cargo xtask ci`: all that must pass before a change goes in. A step that fails does not keep
//! the others from running; a table at the end says what became of each.

mod package;
mod platforms;
mod step;
mod table;
mod tools;
mod unpacked;

use std::time::Instant;

use self::step::{Step, Verdict};
use crate::command::{Outcome, cargo};
use crate::test::{self, FEATURES};

/// Runs the steps that have `word` in their name.
pub(crate) fn run(word: &str) -> Outcome {
    let mut lines = Vec::new();
    for step in steps().into_iter().filter(|step| step.name.contains(word)) {
        println!("\n== {}", step.name);
        let started = Instant::now();
        let verdict = (step.run)();
        match &verdict {
            Verdict::Passed => {}
            Verdict::Failed(reason) => println!("failed: {reason}"),
            Verdict::Skipped(reason) => println!("skipped: {reason}"),
        }
        lines.push(table::Line { name: step.name, verdict, took: started.elapsed() });
    }
    if lines.is_empty() {
        return Err(format!("no step has `{word}` in its name"));
    }
    println!("\n{}", table::render(&lines));
    match lines.iter().filter(|line| line.verdict.is_failure()).count() {
        0 => Ok(()),
        1 => Err("1 step failed".to_owned()),
        failed => Err(format!("{failed} steps failed")),
    }
}

fn steps() -> Vec<Step> {
    let mut steps = vec![Step::new("fmt", fmt)];
    steps.extend(FEATURE_SETS.map(clippy));
    steps.push(Step::new("tests", || test::run(&[]).into()));
    steps.push(Step::new("docs", docs));
    steps.push(Step::new("deny", tools::deny));
    steps.push(Step::new("typos", tools::typos));
    steps.extend(package::steps());
    steps.push(unpacked::step());
    steps.extend(platforms::steps());
    steps
}

/// The format of the workspace, and of `fuzz/`, which is outside of it.
fn fmt() -> Verdict {
    let workspace: &[&str] = &["fmt", "--all", "--check"];
    let fuzz: &[&str] = &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"];
    for arguments in [workspace, fuzz] {
        let verdict = step::checked(&mut cargo(arguments.iter().copied()));
        if verdict.is_failure() {
            return verdict;
        }
    }
    Verdict::Passed
}

/// What is linted: a name, and the arguments that choose packages and features. `--all-features`
/// is not among them: `sqlite-unbundled` looks for a SQLite and a libclang on the machine.
const FEATURE_SETS: [(&str, &[&str]); 7] = [
    ("migrate-model", &["--package", "migrate-model"]),
    ("migrate-model, config", &["--package", "migrate-model", "--features", "config"]),
    ("migrate-runtime", &["--package", "migrate-runtime"]),
    ("migrate-runtime, sqlite", &["--package", "migrate-runtime", "--features", "sqlite"]),
    ("migrate-runtime, postgres", &["--package", "migrate-runtime", "--features", "postgres"]),
    ("migrate-runtime, mysql", &["--package", "migrate-runtime", "--features", "mysql"]),
    ("workspace", &["--workspace", "--features", FEATURES]),
];

fn clippy((name, selection): (&str, &[&str])) -> Step {
    // Else one crate's warnings would hide those of the crates around it.
    let mut arguments = vec!["clippy", "--quiet", "--no-deps", "--keep-going", "--all-targets"];
    arguments.extend(selection);
    arguments.extend(["--", "-D", "warnings"]);
    Step::cargo(format!("clippy {name}"), &arguments)
}

/// The libraries' documentation; a broken link is an error.
fn docs() -> Verdict {
    let mut doc = cargo(["doc", "--quiet", "--no-deps", "--features", FEATURES]);
    for library in ["migrate-model", "migrate-build", "migrate-runtime"] {
        doc.args(["--package", library]);
    }
    step::checked(doc.env("RUSTDOCFLAGS", "-D warnings"))
}
