//! Reading the revision files of some folders, in the order of their names.

use std::fs;
use std::io::Read;
use std::path::Path;

use migrate_model::RevisionFile;
use migrate_model::revision::Kind;

use crate::error::BuildError;
use crate::folders::folders;

/// Reads the revisions of the [`folders`] that the patterns mean. Files that are neither `.sql`
/// nor `.rs` are none of ours. The command line tool reads through this, too, so that both see
/// the same.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path();
/// # std::fs::create_dir(root.join("revisions"))?;
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
/// # std::fs::write(root.join("revisions/add_x.sql"), text)?;
/// let files = migrate_build::scan(root, &["revisions".to_owned()])?;
/// assert_eq!(files[0].revision.file, "revisions/add_x.sql");
/// assert!(migrate_build::scan(root, &["nowhere".to_owned()])?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan(root: &Path, patterns: &[String]) -> Result<Vec<RevisionFile>, BuildError> {
    scan_each(root, patterns)?.into_iter().collect()
}

/// The same, with the fault of each file in its place: for those who want to tell all of them.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path();
/// # std::fs::create_dir(root.join("revisions"))?;
/// # std::fs::write(root.join("revisions/a.sql"), "SELECT 1;")?;
/// # std::fs::write(root.join("revisions/b.sql"), "SELECT 2;")?;
/// let files = migrate_build::scan_each(root, &["revisions".to_owned()])?;
/// let faults: Vec<_> = files.iter().filter_map(|file| file.as_ref().err()).collect();
/// assert_eq!(faults.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan_each(
    root: &Path,
    patterns: &[String],
) -> Result<Vec<Result<RevisionFile, BuildError>>, BuildError> {
    let mut buffer = Vec::with_capacity(BUFFER);
    Ok(list(root, patterns)?.iter().map(|name| read(root, name, &mut buffer)).collect())
}

/// The names of the revision files, sorted, with `/` and relative to `root`. None is opened.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path();
/// # std::fs::create_dir_all(root.join("db/2026"))?;
/// # for name in ["db/2026/b.sql", "db/a.sql", "db/README.md"] {
/// #     std::fs::write(root.join(name), "")?;
/// # }
/// let names = migrate_build::list(root, &["db/**".to_owned()])?;
/// assert_eq!(names, ["db/2026/b.sql", "db/a.sql"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn list(root: &Path, patterns: &[String]) -> Result<Vec<String>, BuildError> {
    let mut names = Vec::new();
    for folder in folders(root, patterns)? {
        let path = root.join(&folder);
        let failed = |source| BuildError::Io { path: path.clone(), source };
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') && Kind::of_file(&name).is_some() && is_file(&entry) {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Reads one file that [`list`] has named. The buffer only saves memory: one for all files.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path();
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
/// # std::fs::write(root.join("add_x.sql"), text)?;
/// let file = migrate_build::read(root, "add_x.sql", &mut Vec::new())?;
/// assert_eq!(file.revision.id.as_str(), "a1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(root: &Path, name: &str, buffer: &mut Vec<u8>) -> Result<RevisionFile, BuildError> {
    if Kind::of_file(name) == Some(Kind::Rust) {
        return Err(BuildError::RustRevision { file: name.to_owned() });
    }
    let path = root.join(name);
    read_bytes(&path, buffer).map_err(|source| BuildError::Io { path, source })?;
    RevisionFile::parse(name, name, buffer).map_err(|error| BuildError::File { error })
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

/// `fs::read` into one buffer for all files, without asking for their sizes: a folder has many
/// small files, and most of what reading them costs is memory that was never touched before.
fn read_bytes(path: &Path, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.clear();
    fs::File::open(path)?.take(u64::MAX).read_to_end(buffer)?;
    Ok(())
}
