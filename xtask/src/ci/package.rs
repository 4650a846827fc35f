//! Packages as they would be published: what must be in them is in them, and cargo can make them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::step::Step;
use crate::command::{Outcome, cargo, output_of, repository};

/// The crates that are published.
const PUBLISHED: [&str; 4] = ["migrate-model", "migrate-build", "migrate-runtime", "cargo-migrate"];

/// What each of them shows to those who meet it without this repository. The MIT license asks
/// for its text in every copy.
const IN_EVERY_PACKAGE: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

pub(super) fn steps() -> Vec<Step> {
    let contents = PUBLISHED.map(|name| {
        Step::new(format!("package contents {name}"), move || check_contents(name).into())
    });
    // Packed together, each finds the others that are not published yet. They are not built: that
    // would be one more build of everything, of sources that the other steps have built.
    let mut package = vec!["package", "--quiet", "--no-verify", "--allow-dirty", "--offline"];
    package.extend(["--workspace", "--exclude", "migrate-tests", "--exclude", "xtask"]);
    contents.into_iter().chain([Step::cargo("package", &package)]).collect()
}

fn check_contents(name: &str) -> Outcome {
    let arguments = ["package", "--list", "--allow-dirty", "--offline", "--package", name];
    let list = output_of(&mut cargo(arguments))?;
    let packed: BTreeSet<String> = list.lines().map(|line| line.replace('\\', "/")).collect();
    let mut expected: Vec<String> = IN_EVERY_PACKAGE.map(str::to_owned).into();
    if name == "cargo-migrate" {
        expected.extend(templates()?);
    }
    println!("{} files", packed.len());
    let missing: Vec<String> = expected.into_iter().filter(|it| !packed.contains(it)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("not in it: {}", missing.join(", "))) }
}

/// The files of `template/`, which is linked into the crate, as they are named in its package.
fn templates() -> Outcome<Vec<String>> {
    let mut files = Vec::new();
    collect(&repository().join("template"), "template", &mut files)?;
    // Cargo takes such a folder for another package, and leaves it out without a word.
    match files.iter().find(|file| file.ends_with("/Cargo.toml")) {
        Some(file) => Err(format!("{file} keeps its folder out of the package: name it otherwise")),
        None if files.is_empty() => Err("template/ has no files".to_owned()),
        None => Ok(files),
    }
}

fn collect(folder: &Path, name: &str, files: &mut Vec<String>) -> Outcome {
    let failed = |error: std::io::Error| format!("{name}: {error}");
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        match entry.file_type().map_err(failed)?.is_dir() {
            true => collect(&entry.path(), &name, files)?,
            false => files.push(name),
        }
    }
    Ok(())
}
