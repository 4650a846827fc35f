//! Which folders hold revisions: the configured patterns, looked up on the disk. Knows names of
//! folders; knows nothing of what is in them.

use std::collections::HashSet;
use std::path::{Component, Path};

use glob::{MatchOptions, Pattern};

use crate::error::BuildError;

/// A hidden folder must be asked for by its name, and `*` never goes into a folder below.
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The folders that the patterns mean, sorted, with `/` and relative to `root`. A pattern is a
/// folder (`revisions`), a glob (`plugins/*/revisions`), or ends in `/**`: a folder and all
/// below it. What isn't there is left out. A folder that is reached in several ways is one, with
/// the shortest of its names.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path();
/// # std::fs::create_dir_all(root.join("plugins/mail/revisions"))?;
/// # std::fs::create_dir_all(root.join("db/2026"))?;
/// let patterns = ["db/**".to_owned(), "plugins/*/revisions".to_owned(), "gone".to_owned()];
/// let found = migrate_build::folders(root, &patterns)?;
/// assert_eq!(found, ["db", "db/2026", "plugins/mail/revisions"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn folders(root: &Path, patterns: &[String]) -> Result<Vec<String>, BuildError> {
    let mut found = Vec::new();
    for pattern in patterns {
        if is_glob(pattern) {
            found.extend(matches(root, pattern)?);
        } else if root.join(pattern).is_dir() {
            found.push(slashed(Path::new(pattern)));
        }
    }
    found.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    // Links lead back, too, and read twice each revision would be defined twice.
    let mut seen = HashSet::new();
    found.retain(|folder| {
        let path = root.join(folder);
        seen.insert(path.canonicalize().unwrap_or(path))
    });
    found.sort_unstable();
    Ok(found)
}

/// Whether an entry of `revisions` stands for any number of folders, none included. An entry that
/// doesn't is one folder, which should be there.
///
/// ```
/// assert!(migrate_build::is_glob("db/**"));
/// assert!(!migrate_build::is_glob("revisions"));
/// ```
pub fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

fn matches(root: &Path, pattern: &str) -> Result<Vec<String>, BuildError> {
    let fault = |message: String| BuildError::Pattern { pattern: pattern.to_owned(), message };
    // The folders above may have brackets in their names, which must stand for themselves.
    let above = root.to_str().ok_or_else(|| fault("the path to it is not valid UTF-8".into()))?;
    let full = Path::new(&Pattern::escape(above)).join(pattern);
    let full = full.to_str().ok_or_else(|| fault("it is not valid UTF-8".into()))?;
    let paths = glob::glob_with(full, MATCHING).map_err(|error| fault(error.msg.to_owned()))?;
    let mut found = Vec::new();
    for path in paths {
        let path = path.map_err(|error| {
            let path = error.path().to_owned();
            BuildError::Io { path, source: error.into() }
        })?;
        if path.is_dir() {
            found.push(slashed(path.strip_prefix(root).unwrap_or(&path)));
        }
    }
    // `**` finds what is below a folder, and the folder belongs to it.
    if let Some(top) = pattern.strip_suffix("/**") {
        found.extend(folders(root, &[top.to_owned()])?);
    }
    Ok(found)
}

/// The longest part of a glob that is a plain folder: a new match appears somewhere below it.
pub(crate) fn literal_prefix(pattern: &str) -> String {
    let parts = pattern.split('/').take_while(|part| !is_glob(part));
    slashed(Path::new(&parts.collect::<Vec<_>>().join("/")))
}

/// Whether a glob's first part that is no plain folder matches that name.
pub(crate) fn is_first_match(pattern: &str, name: &str) -> bool {
    let part = pattern.split('/').find(|part| is_glob(part)).unwrap_or(pattern);
    Pattern::new(part).is_ok_and(|part| part.matches_with(name, MATCHING))
}

/// Those folders that are below no other one.
pub(crate) fn topmost(folders: &[String]) -> Vec<&str> {
    let is_below = |folder: &str, other: &str| {
        folder.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
    };
    let all = folders.iter().map(String::as_str);
    all.filter(|folder| !folders.iter().any(|other| is_below(folder, other))).collect()
}

/// A path with `/` on every system, without what stands for nothing; `.` if nothing is left.
fn slashed(path: &Path) -> String {
    let (mut text, mut between) = (String::new(), "");
    for part in path.components() {
        let name = match part {
            // Behind such a prefix of Windows (`\\?\`) a `/` would be a letter of a name.
            Component::Prefix(prefix) if prefix.kind().is_verbatim() => {
                return path.to_string_lossy().into_owned();
            }
            Component::Prefix(prefix) => {
                text.push_str(&prefix.as_os_str().to_string_lossy());
                continue;
            }
            Component::RootDir => {
                text.push('/');
                continue;
            }
            Component::CurDir => continue,
            Component::ParentDir => "..".into(),
            Component::Normal(name) => name.to_string_lossy(),
        };
        text.push_str(between);
        text.push_str(&name);
        between = "/";
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(folders: &[&str]) -> tempfile::TempDir {
        // A name with brackets, which must not be read as a pattern.
        let root = tempfile::Builder::new().prefix("a[b]").tempdir().unwrap();
        for folder in folders {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        root
    }

    #[track_caller]
    fn finds(root: &Path, patterns: &[&str], expected: &[&str]) {
        let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        assert_eq!(folders(root, &patterns).unwrap(), expected, "{patterns:?}");
    }

    #[test]
    fn folders_globs_and_all_below() {
        let root = tree(&["db/a/b", "db/.git/x", "db-old", "plugins/mail/db", "plugins/shop"]);
        std::fs::write(root.path().join("db/file.sql"), "").unwrap();
        finds(root.path(), &["db"], &["db"]);
        finds(root.path(), &["./db/", "db", "gone"], &["db"]);
        finds(root.path(), &["db/**"], &["db", "db/a", "db/a/b"]);
        finds(root.path(), &["db*"], &["db", "db-old"]);
        finds(root.path(), &["plugins/*/db"], &["plugins/mail/db"]);
        finds(root.path(), &["plugins/*/nothing", "x/**"], &[]);
        finds(
            root.path(),
            &["p*/**"],
            &["plugins", "plugins/mail", "plugins/mail/db", "plugins/shop"],
        );
        finds(
            &root.path().join("db-old"),
            &["../plugins/*"],
            &["../plugins/mail", "../plugins/shop"],
        );
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        let root = tree(&[]);
        let error = folders(root.path(), &["a***".to_owned()]).unwrap_err();
        assert!(error.to_string().starts_with("`revisions`: `a***` is no pattern: "), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_into_a_circle_ends() {
        let root = tree(&["db/a"]);
        std::os::unix::fs::symlink(root.path().join("db"), root.path().join("db/a/loop")).unwrap();
        let found = folders(root.path(), &["db/**".to_owned()]).unwrap();
        assert_eq!(found, ["db", "db/a"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_reached_twice_is_one() {
        let root = tree(&["db/a", "plugins"]);
        std::os::unix::fs::symlink(root.path().join("db/a"), root.path().join("plugins/x"))
            .unwrap();
        finds(root.path(), &["plugins/*", "db/**"], &["db", "db/a"]);
        finds(root.path(), &["plugins/*"], &["plugins/x"]);
        finds(root.path(), &["db/a", "db/../db/*"], &["db/a"]);
    }

    #[cfg(unix)]
    #[test]
    fn paths_have_slashes_and_nothing_that_means_nothing() {
        for (path, expected) in
            [("./a//b/./", "a/b"), (".", "."), ("../a", "../a"), ("/", "/"), ("/a/b", "/a/b")]
        {
            assert_eq!(slashed(Path::new(path)), expected);
        }
    }

    #[cfg(windows)]
    #[test]
    fn paths_of_windows_keep_their_beginning() {
        for (path, expected) in [
            (r"a\b", "a/b"),
            (r"C:\a\b", "C:/a/b"),
            (r"C:a", "C:a"),
            (r"\server\share\a", r"\server\share/a"),
            (r"\?\C:\a", r"\?\C:\a"),
        ] {
            assert_eq!(slashed(Path::new(path)), expected);
        }
    }

    #[test]
    fn prefixes_and_topmost() {
        assert_eq!(literal_prefix("plugins/*/revisions"), "plugins");
        assert_eq!(literal_prefix("./a/b/**"), "a/b");
        assert_eq!(literal_prefix("*/revisions"), ".");
        let folders = ["db", "db-old", "db/a", "db/a/b", "x/y"].map(str::to_owned);
        assert_eq!(topmost(&folders), ["db", "db-old", "x/y"]);
    }
}
