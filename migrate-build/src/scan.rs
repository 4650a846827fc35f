//! Reading the revision files of a folder, in the order of their names.

use std::fs;
use std::io::Read;
use std::path::Path;

use migrate_model::RevisionFile;
use migrate_model::revision::Kind;

use crate::error::BuildError;

/// Reads the revisions of `root/folder`; none if the folder is missing. Files that are neither
/// `.sql` nor `.rs` are none of ours. The command line tool reads through this, too, so that both
/// see the same.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path();
/// # std::fs::create_dir(root.join("revisions"))?;
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
/// # std::fs::write(root.join("revisions/add_x.sql"), text)?;
/// let files = migrate_build::scan(root, "revisions")?;
/// assert_eq!(files[0].revision.file, "revisions/add_x.sql");
/// assert!(migrate_build::scan(root, "nowhere")?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan(root: &Path, folder: &str) -> Result<Vec<RevisionFile>, BuildError> {
    scan_each(root, folder)?.into_iter().collect()
}

/// The same, with the fault of each file in its place: for those who want to tell all of them.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path();
/// # std::fs::create_dir(root.join("revisions"))?;
/// # std::fs::write(root.join("revisions/a.sql"), "SELECT 1;")?;
/// # std::fs::write(root.join("revisions/b.sql"), "SELECT 2;")?;
/// let files = migrate_build::scan_each(root, "revisions")?;
/// let faults: Vec<_> = files.iter().filter_map(|file| file.as_ref().err()).collect();
/// assert_eq!(faults.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan_each(
    root: &Path,
    folder: &str,
) -> Result<Vec<Result<RevisionFile, BuildError>>, BuildError> {
    let path = root.join(folder);
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BuildError::Io { path, source }
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed(&path))? {
        let entry = entry.map_err(failed(&path))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && Kind::of_file(&name).is_some() && is_file(&entry) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut buffer = Vec::with_capacity(BUFFER);
    Ok(names.into_iter().map(|name| file(root, &format!("{folder}/{name}"), &mut buffer)).collect())
}

/// Most revisions fit; a larger one makes the buffer grow.
const BUFFER: usize = 32 * 1024;

/// Most systems tell what an entry is without a further call; only a link must be followed.
fn is_file(entry: &fs::DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_file(),
        Ok(kind) => kind.is_file(),
        Err(_) => false,
    }
}

fn file(root: &Path, name: &str, buffer: &mut Vec<u8>) -> Result<RevisionFile, BuildError> {
    if Kind::of_file(name) == Some(Kind::Rust) {
        return Err(BuildError::RustRevision { file: name.to_owned() });
    }
    let path = root.join(name);
    read(&path, buffer).map_err(|source| BuildError::Io { path, source })?;
    RevisionFile::parse(name, name, buffer).map_err(|error| BuildError::File { error })
}

/// `fs::read` into one buffer for all files, without asking for their sizes: a folder has many
/// small files, and most of what reading them costs is memory that was never touched before.
fn read(path: &Path, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.clear();
    fs::File::open(path)?.take(u64::MAX).read_to_end(buffer)?;
    Ok(())
}
