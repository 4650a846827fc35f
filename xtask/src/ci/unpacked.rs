//! The packages as a user gets them: unpacked, built from nothing but each other, and `init` run
//! from what came out.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::step::Step;
use crate::command::{Outcome, cargo, output_of, repository, run, target};

const PACKAGES: [&str; 4] = ["migrate-model", "migrate-build", "migrate-runtime", "cargo-migrate"];

/// Needs the packages that the step `package` has made.
pub(super) fn step() -> Step {
    Step::new("init from the packages".to_owned(), || check().into())
}

fn check() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    unpack(folder.path())?;
    let target = target().join("unpacked");
    let mut build = cargo(["build", "--quiet", "--offline", "--package", "cargo-migrate"]);
    run(build.current_dir(folder.path()).env("CARGO_TARGET_DIR", &target))?;

    let shop = folder.path().join("outside/shop");
    write(&shop.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = []\n")?;
    let tool = target.join("debug").join(format!("cargo-migrate{}", std::env::consts::EXE_SUFFIX));
    let mut init = Command::new(tool);
    let said = output_of(init.args(["migrate", "init"]).current_dir(&shop))?;
    println!("{said}");
    let manifest = fs::read_to_string(shop.join("migrations/Cargo.toml"));
    let manifest = manifest.map_err(|error| format!("init wrote no Cargo.toml: {error}"))?;
    // The folder that the tool was built from is no checkout, so the version is what is left.
    match manifest.contains("migrate-build = { version = \"") {
        true => Ok(()),
        false => Err(format!("the new crate does not depend on the version:\n{manifest}")),
    }
}

/// Unpacks all of them into one workspace, where each takes the others from.
fn unpack(folder: &Path) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    let mut members = Vec::new();
    let mut patches = Vec::new();
    for name in PACKAGES {
        let package = target().join("package").join(format!("{name}-{version}.crate"));
        run(Command::new("tar").arg("-xzf").arg(&package).current_dir(folder))?;
        members.push(format!("\"{name}-{version}\""));
        patches.push(format!("{name} = {{ path = \"{name}-{version}\" }}"));
    }
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\nexclude = [\"outside\"]\n\n\
         [patch.crates-io]\n{}\n",
        members.join(", "),
        patches.join("\n")
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    // The versions that this repository was tested with.
    fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock"))
        .map(drop)
        .map_err(|error| format!("Cargo.lock: {error}"))
}

fn write(path: &Path, text: &str) -> Outcome {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}
