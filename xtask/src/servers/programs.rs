//! Finding programs on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Outcome, output_of};

/// Where Debian puts servers; a user's `PATH` often leaves it out.
const FOR_ROOT: &str = "/usr/sbin";
/// Where Debian puts PostgreSQL, a folder for each version.
const POSTGRES: &str = "/usr/lib/postgresql";

/// A program in `PATH` or among those for root, with symbolic links followed.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(FOR_ROOT)]);
    folders.map(|folder| folder.join(name)).find_map(|file| file.canonicalize().ok())
}

/// The folders of PostgreSQL's programs, the newest version first.
pub(super) fn postgres_folders() -> Vec<PathBuf> {
    let versions = std::fs::read_dir(POSTGRES).into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    let in_path = find("initdb").and_then(|file| file.parent().map(Path::to_owned));
    let folders = versions.into_iter().map(|version| version.join("bin")).chain(in_path);
    folders
        .filter(|bin| ["initdb", "pg_ctl", "postgres"].map(|it| bin.join(it).exists()) == [true; 3])
        .collect()
}

/// `15` of `/usr/lib/postgresql/15`.
fn number(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.parse().ok()
}

/// The word with the version in what `program --version` says: the first that begins with a digit.
pub(super) fn version(program: &Path) -> Outcome<String> {
    let said = output_of(Command::new(program).arg("--version"))?;
    let mut words = said.split_whitespace();
    let word = words.find(|word| word.starts_with(|it: char| it.is_ascii_digit()));
    word.map(str::to_owned).ok_or_else(|| format!("{} --version says {said}", program.display()))
}
