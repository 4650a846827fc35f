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
        Ok(status) => Err(format!("{command:?} ended with {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

/// Builds the tool in a profile and gives the path of its binary.
pub(crate) fn build_tool(profile: &str) -> Outcome<PathBuf> {
    run(&mut cargo(["build", "--quiet", "--package", "cargo-migrate", "--profile", profile]))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target().join(folder).join(format!("cargo-migrate{}", std::env::consts::EXE_SUFFIX)))
}
