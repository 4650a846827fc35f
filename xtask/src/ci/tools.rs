//! Checks by tools that not everybody has. Without the tool a step is skipped: the repository
//! must be workable with Rust and a C compiler alone.

use std::process::Command;

use super::step::{Verdict, checked};
use crate::command::{cargo, output_of, repository};

/// Licenses, sources and forbidden crates of all dependencies; `deny.toml` says what is allowed.
/// Advisories are left out: they need a database from the network, and a new advisory is no fault
/// of the change that is checked. `cargo deny check advisories` asks for them.
pub(super) fn deny() -> Verdict {
    if !runs(&mut cargo(["deny", "--version"])) {
        return missing("cargo-deny");
    }
    // It looks at the dependencies of all platforms; cargo has only downloaded this one's.
    let mut fetch = cargo(["fetch", "--quiet", "--locked"]);
    if let Err(error) = output_of(fetch.env("CARGO_NET_RETRY", "0")) {
        println!("{error}");
        let reason = "not all platforms' dependencies can be had: cargo fetch --locked";
        return Verdict::Skipped(reason.to_owned());
    }
    checked(&mut cargo(["deny", "check", "bans", "licenses", "sources"]))
}

/// Spelling; `typos.toml` says where words may be odd.
pub(super) fn typos() -> Verdict {
    let mut version = Command::new("typos");
    if !runs(version.arg("--version")) {
        return missing("typos-cli");
    }
    checked(Command::new("typos").current_dir(repository()))
}

fn missing(package: &str) -> Verdict {
    Verdict::Skipped(format!("{package} is not installed: cargo install {package} --locked"))
}

/// Whether a command succeeds; nothing of it is shown.
fn runs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
