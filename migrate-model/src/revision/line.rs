//! A revision as one line of text, for lists of many: the registry that a build helper generates,
//! and the index of files that the command line tool keeps.

use super::file::Kind;
use super::graph::Revision;
use super::header::HeaderLines;

impl Revision {
    /// The fields, separated by tabs: id, revises, depends on, labels, created, kind, checksum,
    /// file, message. The message comes last because it's free text. The lines of the header's
    /// keys are left out.
    ///
    /// ```
    /// use migrate_model::{Revision, RevisionFile};
    ///
    /// let text = "-- add x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n";
    /// let revision = RevisionFile::parse("x.sql", "x.sql", text.as_bytes())?.revision;
    /// let line = revision.to_line();
    /// assert!(line.starts_with("b2\ta1\t\t\t\tsql\tsha256:") && line.ends_with("\tx.sql\tadd x"));
    /// assert_eq!(Revision::from_line(&line).expect("it is one").to_line(), line);
    /// # Ok::<(), migrate_model::revision::FileError>(())
    /// ```
    pub fn to_line(&self) -> String {
        fn joined<T: ToString>(names: &[T]) -> String {
            names.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        }
        let fields = [
            self.id.as_str(),
            &joined(&self.revises),
            &joined(&self.depends_on),
            &joined(&self.labels),
            self.created.as_deref().unwrap_or_default(),
            self.kind.name(),
            &self.checksum.to_string(),
            &self.file,
            &self.message,
        ];
        fields.join("\t")
    }

    /// The revision that [`to_line`](Self::to_line) wrote; `None` if it is no such line.
    pub fn from_line(line: &str) -> Option<Self> {
        let mut fields = line.splitn(9, '\t');
        let mut field = || fields.next();
        Some(Self {
            id: field()?.parse().ok()?,
            revises: list(field()?)?,
            depends_on: list(field()?)?,
            labels: list(field()?)?,
            created: Some(field()?.to_owned()).filter(|created| !created.is_empty()),
            kind: Kind::from_name(field()?)?,
            checksum: field()?.parse().ok()?,
            file: field()?.to_owned(),
            message: field()?.to_owned(),
            lines: HeaderLines::default(),
        })
    }
}

fn list<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}
