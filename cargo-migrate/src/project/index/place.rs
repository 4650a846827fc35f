//! Where indexes are kept: the user's cache folder, which may be emptied at any time. No fault
//! here is told, because all that is lost is time.

use std::fs;
use std::path::{Path, PathBuf};

use camino::Utf8Path;

/// The file of a migrations crate's index.
#[cfg(unix)]
pub(super) fn of(root: &Utf8Path) -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    use migrate_model::Checksum;

    let caches = etcetera::choose_base_strategy().ok()?.cache_dir();
    let sum = Checksum::of(root.as_str().as_bytes()).to_string();
    let name = sum.trim_start_matches("sha256:").get(..16)?.to_owned();
    Some(caches.join("cargo-migrate").join(name + ".index"))
}

/// Elsewhere files don't tell enough from outside.
#[cfg(not(unix))]
pub(super) fn of(_: &Utf8Path) -> Option<PathBuf> {
    None
}

pub(super) fn load(index: &Path) -> Option<String> {
    fs::read_to_string(index).ok()
}

/// Written beside it and renamed, so that nobody ever reads a half.
pub(super) fn save(index: &Path, text: &str) {
    let Some(folder) = index.parent() else { return };
    let beside = index.with_extension(format!("{}.new", std::process::id()));
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&beside, text))
        .and_then(|()| fs::rename(&beside, index));
    if written.is_err() {
        // Nothing is left behind, if it can be helped.
        let _ = fs::remove_file(&beside);
    }
}

/// Leaves it where it is if it can't be helped.
pub(super) fn remove(index: &Path) {
    let _ = fs::remove_file(index);
}
