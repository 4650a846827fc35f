//! Applied revisions that are not as they should be: edited since, or unknown here.

use std::fmt;

use migrate_model::revision::RevisionId;
use migrate_model::{Checksum, Position};

/// An applied revision whose text was changed since. The texts are there by method only: they
/// don't belong in logs.
///
/// ```
/// use migrate_runtime::ErrorKind;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let migrator = |text: &str| -> Result<Migrator, Box<dyn std::error::Error>> {
/// #     let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// #     let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// #     Ok(Migrator::new(Registry::from_files(vec![file], shop)?.into()))
/// # };
/// # let text = "-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\nCREATE TABLE x (y);";
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// # migrator(text)?.run(&pool).await?;
/// # let migrator = migrator(&text.replace("(y)", "(y, z)"))?;
/// let error = migrator.run(&pool).await.unwrap_err();
/// let ErrorKind::Edited(edited) = error.kind() else { panic!("{error}") };
/// assert!(edited[0].applied_source().is_some_and(|text| text.contains("x (y)")));
/// assert!(edited[0].source_at_hand().is_some_and(|text| text.contains("x (y, z)")));
///
/// assert_eq!(migrator.verify(&pool).await?[0].code, "integrity.edited");
/// let accepted = migrator.accept(&pool, "a1").await?.expect("it was edited");
/// assert_eq!(accepted.to, edited[0].at_hand);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct EditedRevision {
    /// The revision.
    pub id: RevisionId,
    /// What it does.
    pub message: String,
    /// Its file.
    pub file: String,
    /// When it was applied: RFC 3339, UTC.
    pub applied_at: String,
    /// The checksum of what was applied.
    pub applied: String,
    /// The checksum of what is at hand.
    pub at_hand: Checksum,
    /// Where the first line that differs begins, in the text at hand; `None` where the applied
    /// text was not stored.
    pub first_difference: Option<Position>,
    pub(crate) applied_source: Option<String>,
    pub(crate) source_at_hand: Option<String>,
}

impl EditedRevision {
    /// The text as it was applied, if the history has it.
    pub fn applied_source(&self) -> Option<&str> {
        self.applied_source.as_deref()
    }

    /// The text at hand.
    pub fn source_at_hand(&self) -> Option<&str> {
        self.source_at_hand.as_deref()
    }
}

impl fmt::Debug for EditedRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EditedRevision")
            .field("id", &self.id)
            .field("applied", &self.applied)
            .field("at_hand", &self.at_hand)
            .field("first_difference", &self.first_difference)
            .finish_non_exhaustive()
    }
}

pub(super) fn edited_text(revisions: &[EditedRevision]) -> String {
    let one = |edited: &EditedRevision| {
        let line = edited.first_difference;
        let line = line.map(|at| format!(", first at line {}", at.line)).unwrap_or_default();
        let EditedRevision { id, message, applied_at, .. } = edited;
        format!("{id} {message} was edited after it was applied here ({applied_at}){line}")
    };
    revisions.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// An applied revision that is not among those at hand.
///
/// ```
/// use migrate_runtime::ErrorKind;
/// # use migrate_runtime::{CrateInfo, Migrator, Registry, sqlx::SqlitePool};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = "-- add x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n\
/// #             CREATE TABLE x (y);\n";
/// # let file = migrate_model::RevisionFile::parse("a.sql", "a.sql", text.as_bytes())?;
/// # let shop = CrateInfo::new("shop-migrations", "0.1.0");
/// # let migrator = Migrator::new(Registry::from_files(vec![file], shop)?.into());
/// # let pool = SqlitePool::connect("sqlite::memory:").await?;
/// migrator.run(&pool).await?;
/// # let shop = CrateInfo::new("shop-migrations", "0.0.9");
/// # let older = Migrator::new(Registry::from_files(Vec::new(), shop)?.into());
///
/// // the migrator of an older version, which has no such revision
/// let error = older.run(&pool).await.unwrap_err();
/// let ErrorKind::Unknown(unknown) = error.kind() else { panic!("{error}") };
/// assert_eq!((unknown[0].id.as_str(), unknown[0].message.as_str()), ("a1", "add x"));
///
/// // all that is recorded is forgotten, the tables stay
/// older.stamp_anew(&pool, &["base"]).await?;
/// assert!(older.current(&pool).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRevision {
    /// Its id.
    pub id: String,
    /// What it does.
    pub message: String,
    /// When it was applied: RFC 3339, UTC.
    pub applied_at: String,
}

pub(super) fn unknown_text(revisions: &[UnknownRevision]) -> String {
    let one = |unknown: &UnknownRevision| {
        let UnknownRevision { id, message, applied_at } = unknown;
        format!("{id} {message} is applied here (since {applied_at}) and unknown to this version")
    };
    revisions.iter().map(one).collect::<Vec<_>>().join("; ")
}
