//! Whether the code compiles for the platforms that nobody here develops on. Rust's part of it
//! needs the platform's standard library, SQLite's part a C compiler for it.

use std::path::Path;
use std::process::Command;

use super::step::Step;
use crate::command::output_of;
use crate::test::FEATURES;

const PLATFORMS: [&str; 3] =
    ["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// The crates and features that compile no C.
const WITHOUT_C: [&str; 6] =
    ["--package", "migrate-model", "--package", "migrate-build", "--package", "migrate-runtime"];

pub(super) fn steps() -> Vec<Step> {
    PLATFORMS.into_iter().flat_map(on).collect()
}

fn on(platform: &str) -> Vec<Step> {
    let name = format!("check {platform}");
    if !has_standard_library(platform) {
        let reason = format!("not installed: rustup target add {platform}");
        return vec![Step::skipped(name, reason)];
    }
    let check = ["check", "--quiet", "--target", platform];
    if has_c_compiler(platform) {
        let arguments = [&check[..], &["--workspace", "--all-targets", "--features", FEATURES]];
        return vec![Step::cargo(name, &arguments.concat())];
    }
    let variable = format!("CC_{}", platform.replace('-', "_"));
    vec![
        Step::cargo(format!("{name}, without SQLite"), &[&check[..], &WITHOUT_C].concat()),
        Step::skipped(name, format!("no C compiler for it: {variable} names one")),
    ]
}

fn has_standard_library(platform: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    let folder = output_of(command.args(["--print", "target-libdir", "--target", platform]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Whether the `cc` crate, which compiles SQLite, would find one.
fn has_c_compiler(platform: &str) -> bool {
    let is_named = [platform.to_owned(), platform.replace('-', "_")]
        .into_iter()
        .any(|platform| std::env::var_os(format!("CC_{platform}")).is_some());
    let is_at_home = match platform {
        "x86_64-pc-windows-msvc" => cfg!(all(windows, target_env = "msvc")),
        "x86_64-pc-windows-gnu" => {
            output_of(Command::new("x86_64-w64-mingw32-gcc").arg("--version")).is_ok()
        }
        "aarch64-apple-darwin" => cfg!(target_os = "macos"),
        _ => false,
    };
    is_named || is_at_home
}
