//! What cargo looks after, so that the build script runs again when revisions may have changed.
//! Knows cargo's rule: a folder is looked after with all that is below it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::folders::{is_first_match, is_glob, literal_prefix};

/// The paths to name to cargo: the folders that were found, plain ones that are not there yet, and
/// where further folders may match a glob. `out` is the build script's own folder.
///
/// The crate's folder itself is never among them. `target` may lie in it, and then every build
/// would be a change (<https://doc.rust-lang.org/cargo/reference/build-scripts.html#rerun-if-changed>
/// knows no exceptions). So of a glob that begins with `*` it is the folders beside build.rs that
/// are looked after; one that is added beside them is seen when the build script runs next.
pub(crate) fn watched(
    root: &Path,
    out: &Path,
    patterns: &[String],
    found: &[String],
) -> BTreeSet<String> {
    let mut watched: BTreeSet<String> = found.iter().cloned().collect();
    for pattern in patterns {
        if !is_glob(pattern) {
            watched.insert(pattern.clone());
            continue;
        }
        match literal_prefix(pattern) {
            prefix if prefix == "." => watched.extend(beside(root, out, pattern)),
            prefix => drop(watched.insert(prefix)),
        }
    }
    watched
}

/// The crate's own folders that are on the way of a glob, other than what cargo builds into.
fn beside(root: &Path, out: &Path, pattern: &str) -> Vec<String> {
    // What can't be read is an error of those who look for revisions there.
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let on_the_way = entries.filter_map(|entry| {
        let (path, name) = (entry.path(), entry.file_name().into_string().ok()?);
        let is_built = out.starts_with(&path) || path.join("CACHEDIR.TAG").exists();
        (path.is_dir() && !is_built && is_first_match(pattern, &name)).then_some(name)
    });
    on_the_way.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn watches(patterns: &[&str], expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["src", "db/revisions", "docs", ".git/x", "target/debug", "out/build", "old"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::write(root.join("old/CACHEDIR.TAG"), "").unwrap();
        fs::write(root.join("file"), "").unwrap();
        fs::write(root.join("target/CACHEDIR.TAG"), "").unwrap();
        let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        let found = crate::folders(root, &patterns).unwrap();
        let watched = watched(root, &root.join("out/build"), &patterns, &found);
        assert_eq!(watched.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn plain_folders_and_prefixes_whether_they_are_there_or_not() {
        watches(&["revisions", "db"], &["db", "revisions"]);
        watches(&["plugins/*/db"], &["plugins"]);
    }

    #[test]
    fn of_a_glob_without_a_prefix_neither_the_crate_nor_what_is_built() {
        watches(&["*/revisions"], &["db", "db/revisions", "docs", "src"]);
        watches(&["./d*/revisions"], &["db", "db/revisions", "docs"]);
        watches(&["**/revisions"], &["db", "db/revisions", "docs", "src"]);
    }
}
