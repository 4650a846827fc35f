//! Running programs.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What went wrong, ready to be shown.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The folder of this repository.
pub(crate) fn repository() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The target folder that `cargo` uses here.
pub(crate) fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    repository().join(named.unwrap_or_else(|| "target".into()))
}

/// Cargo, in this repository.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(repository());
    command
}

/// Runs a command with its output shown; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}", shown(command))),
        Err(error) => Err(format!("{}: {error}", shown(command))),
    }
}

/// A command as somebody would type it, without folders and environment.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// What a command prints to stdout; anything but success is an error with what it says.
pub(crate) fn output_of(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|error| format!("{}: {error}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} ended with {}: {}", shown(command), output.status, said.trim()));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{}: {error}", shown(command)))
}

/// Whether tests can be run by nextest.
pub(crate) fn has_nextest() -> bool {
    cargo(["nextest", "--version"]).output().is_ok_and(|output| output.status.success())
}

/// Builds the tool in a profile and gives the path of its binary.
pub(crate) fn build_tool(profile: &str) -> Outcome<PathBuf> {
    run(&mut cargo(["build", "--quiet", "--package", "cargo-migrate", "--profile", profile]))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target().join(folder).join(format!("cargo-migrate{}", std::env::consts::EXE_SUFFIX)))
}
