//! The revisions at hand: embedded in a binary, or files that the command line tool knows.
//! Knows their texts; knows no database.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use include_dir::Dir;
use migrate_model::text::normalise;
use migrate_model::{Checksum, Graph, GraphError, Revision, RevisionFile};

/// Which crate the revisions come from; the history remembers it.
///
/// ```
/// let shop = migrate_runtime::CrateInfo::new("shop-migrations", "0.1.0");
/// assert_eq!((shop.name.as_str(), shop.version.as_str()), ("shop-migrations", "0.1.0"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateInfo {
    /// The name of the migrations crate.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl CrateInfo {
    /// Name and version.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into() }
    }
}

/// A set of revisions: their graph, their texts and a digest of all.
///
/// ```
/// use migrate_runtime::{CrateInfo, Registry};
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
///
/// let registry = Registry::from_files(vec![file], CrateInfo::new("shop-migrations", "0.1.0"))?;
/// assert_eq!(registry.graph().revision(0).message, "add x");
/// assert_eq!(registry.crate_info().name, "shop-migrations");
/// assert!(registry.source(0)?.starts_with("-- add x\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Registry {
    graph: Graph,
    sources: Sources,
    /// Made when it's first asked for, which a run at the newest revision never does.
    digest: OnceLock<Checksum>,
    crate_info: CrateInfo,
}

#[derive(Debug)]
enum Sources {
    /// Folders embedded by `include_dir!`, each with its path in the migrations crate.
    Embedded {
        folders: &'static [(&'static str, &'static Dir<'static>)],
        files: OnceLock<HashMap<String, &'static [u8]>>,
    },
    /// Normalised texts, in load order.
    Loaded(Vec<String>),
    /// Files below a folder, each read when its text is asked for.
    Files { root: PathBuf },
}

/// A revision whose text can't be had as it was registered.
///
/// ```
/// use migrate_runtime::SourceError;
///
/// let error = SourceError::Absent { file: "revisions/a.sql".to_owned() };
/// assert_eq!(error.to_string(), "the binary does not carry revisions/a.sql");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The file is not in the binary.
    #[error("the binary does not carry {file}")]
    Absent {
        /// The file.
        file: String,
    },
    /// The bytes in the binary are not those that were registered at build time.
    #[error("the bytes of {file} in this binary have changed since it was built")]
    Corrupt {
        /// The file.
        file: String,
    },
    /// A file is not what it was when its revision was read.
    #[error("{file} was changed while it was being used")]
    Changed {
        /// The file.
        file: String,
    },
    /// A file can't be read.
    #[error("{file} can't be read: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        reason: std::io::ErrorKind,
    },
}

impl Registry {
    /// Makes a registry of files that were read and checked.
    ///
    /// ```
    /// use migrate_model::RevisionFile;
    /// use migrate_runtime::{CrateInfo, Registry};
    ///
    /// let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
    /// let file = RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
    /// let shop = CrateInfo::new("shop-migrations", "0.1.0");
    /// assert_eq!(Registry::from_files(vec![file], shop)?.graph().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_files(files: Vec<RevisionFile>, crate_info: CrateInfo) -> Result<Self, GraphError> {
        let (revisions, texts) = files.into_iter().map(|file| (file.revision, file.source)).unzip();
        Ok(Self::new(Graph::new(revisions)?, Sources::Loaded(texts), crate_info))
    }

    /// Makes a registry of revisions whose files lie below `root` and are known to be good. A text
    /// is read only when it's asked for, and refused if it is not the revision's any more.
    ///
    /// ```
    /// use migrate_model::RevisionFile;
    /// use migrate_runtime::{CrateInfo, Registry, SourceError};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let root = folder.path();
    /// let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
    /// std::fs::write(root.join("a.sql"), text)?;
    /// let revision = RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?.revision;
    /// let shop = CrateInfo::new("shop-migrations", "0.1.0");
    /// let registry = Registry::from_folder(vec![revision], root, shop)?;
    /// assert_eq!(registry.source(0)?, text);
    ///
    /// std::fs::write(root.join("a.sql"), text.replace("add x", "add y"))?;
    /// let file = "a.sql".to_owned();
    /// assert_eq!(registry.source(0), Err(SourceError::Changed { file }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_folder(
        revisions: Vec<Revision>,
        root: impl Into<PathBuf>,
        crate_info: CrateInfo,
    ) -> Result<Self, GraphError> {
        let sources = Sources::Files { root: root.into() };
        Ok(Self::new(Graph::new(revisions)?, sources, crate_info))
    }

    /// The registry that `migrate-build` generated: a line a revision ([`Revision::to_line`]), and
    /// the embedded folders. The number in the name is the format's, so that a build helper
    /// of another format is a compile error.
    ///
    /// # Panics
    /// If the table is not one that `migrate-build` wrote.
    #[doc(hidden)]
    pub fn embedded_v1(
        table: &'static str,
        folders: &'static [(&'static str, &'static Dir<'static>)],
        crate_info: CrateInfo,
    ) -> Self {
        let revisions = table.lines().map(Revision::from_line).collect::<Option<Vec<_>>>();
        let revisions = revisions.expect("migrate-build writes valid lines");
        let graph = Graph::new(revisions).expect("migrate-build checks the graph before it writes");
        Self::new(graph, Sources::Embedded { folders, files: OnceLock::new() }, crate_info)
    }

    fn new(graph: Graph, sources: Sources, crate_info: CrateInfo) -> Self {
        Self { graph, sources, digest: OnceLock::new(), crate_info }
    }

    /// The revisions and their edges.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The checksum over all ids and checksums: equal registries have equal digests, in whatever
    /// order their files were read.
    ///
    /// ```
    /// use migrate_runtime::{CrateInfo, Registry};
    ///
    /// let one = Registry::from_files(Vec::new(), CrateInfo::new("shop-migrations", "0.1.0"))?;
    /// let other = Registry::from_files(Vec::new(), CrateInfo::new("shop-migrations", "0.2.0"))?;
    /// assert_eq!(one.digest(), other.digest());
    /// # Ok::<(), migrate_runtime::GraphError>(())
    /// ```
    pub fn digest(&self) -> Checksum {
        *self.digest.get_or_init(|| digest(self.graph.revisions()))
    }

    /// The crate that the revisions come from.
    pub fn crate_info(&self) -> &CrateInfo {
        &self.crate_info
    }

    /// The normalised text of the revision with that index. Embedded bytes are hashed here, just
    /// before they're used, so a binary that was damaged or patched runs nothing.
    ///
    /// ```
    /// use migrate_runtime::{CrateInfo, Registry};
    /// # let text = "-- add x\r\n--\r\n-- Revision: a1\r\n-- Revises: base\r\n-- migrate:up\r\n";
    /// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
    ///
    /// let shop = CrateInfo::new("shop-migrations", "0.1.0");
    /// let registry = Registry::from_files(vec![file], shop)?;
    /// let index = registry.graph().index_of("a1").expect("it is there");
    /// assert!(registry.source(index)?.ends_with("-- migrate:up\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn source(&self, index: usize) -> Result<Cow<'_, str>, SourceError> {
        let revision = self.graph.revision(index);
        let file = || revision.file.clone();
        let text = match &self.sources {
            Sources::Loaded(texts) => Cow::Borrowed(texts[index].as_str()),
            Sources::Files { root } => {
                let bytes = std::fs::read(root.join(&revision.file)).map_err(|error| {
                    SourceError::Unreadable { file: file(), reason: error.kind() }
                })?;
                Some(bytes)
                    .filter(|bytes| Checksum::of(bytes) == revision.checksum)
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .map(|text| Cow::Owned(normalise(&text).into_owned()))
                    .ok_or_else(|| SourceError::Changed { file: file() })?
            }
            Sources::Embedded { folders, files } => {
                let files = files.get_or_init(|| index_files(folders));
                let bytes = files
                    .get(&revision.file)
                    .ok_or_else(|| SourceError::Absent { file: file() })?;
                let text = std::str::from_utf8(bytes)
                    .ok()
                    .filter(|_| Checksum::of(bytes) == revision.checksum)
                    .ok_or_else(|| SourceError::Corrupt { file: file() })?;
                normalise(text)
            }
        };
        tracing::trace!(target: "migrate::source", revision = %revision.id, bytes = text.len(), "source read");
        Ok(text)
    }
}

fn index_files(
    folders: &'static [(&'static str, &'static Dir<'static>)],
) -> HashMap<String, &'static [u8]> {
    let mut files = HashMap::new();
    let mut open: Vec<(&str, &Dir<'static>)> = folders.to_vec();
    while let Some((root, folder)) = open.pop() {
        files.extend(folder.files().map(|file| (slashed(root, file.path()), file.contents())));
        open.extend(folder.dirs().map(|below| (root, below)));
    }
    files
}

/// A path below a folder, with `/` on every system.
fn slashed(root: &str, path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.fold(root.to_owned(), |path, part| path + "/" + &part)
}

fn digest(revisions: &[Revision]) -> Checksum {
    let mut lines: Vec<String> = revisions
        .iter()
        .map(|revision| format!("{} {}\n", revision.id, revision.checksum))
        .collect();
    lines.sort_unstable();
    Checksum::of(lines.concat().as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_not_said_to_be_changed() {
        let folder = tempfile::tempdir().unwrap();
        let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n";
        let revision = RevisionFile::parse("a.sql", "a.sql", text.as_bytes()).unwrap().revision;
        let shop = CrateInfo::new("shop-migrations", "0.1.0");
        let registry = Registry::from_folder(vec![revision], folder.path(), shop).unwrap();
        let error = registry.source(0).unwrap_err();
        assert_eq!(error.to_string(), "a.sql can't be read: entity not found");
        fs::create_dir(folder.path().join("a.sql")).unwrap();
        let reason = match registry.source(0).unwrap_err() {
            SourceError::Unreadable { reason, .. } => reason,
            other => panic!("{other:?}"),
        };
        // A folder is none that can be opened on Windows.
        assert!(matches!(reason, ErrorKind::IsADirectory | ErrorKind::PermissionDenied));
    }
}
