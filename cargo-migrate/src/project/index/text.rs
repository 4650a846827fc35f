//! The index as text: a line for each file, below a head that says who wrote it, when its files
//! were looked at, and the checksum of the lines.

use std::fmt::Write;

use migrate_model::{Checksum, Revision};

use super::Entry;
use super::stamp::{Moment, Stamp};

/// The format's number, and the tool's version.
const HEAD: &str = concat!("cargo-migrate index 1 ", env!("CARGO_PKG_VERSION"));

/// The number of the rules by which a file is good and its header read, because the index has only
/// files that are good, and what their headers said. It is raised with each change of them, since
/// two builds of one version may differ in that.
const RULES: u32 = 1;

/// An index that was read.
#[derive(Default)]
pub(super) struct Kept {
    /// When its files were looked at.
    pub(super) was_read: Moment,
    pub(super) entries: Vec<Entry>,
}

/// `None`: somebody else's, damaged, or cut off.
pub(super) fn parse(text: &str) -> Option<Kept> {
    let (head, lines) = text.split_once('\n')?;
    let mut words = head.strip_prefix(HEAD)?.strip_prefix(' ')?.split(' ');
    if words.next()?.parse() != Ok(RULES) {
        return None;
    }
    let was_read = Moment(words.next()?.parse().ok()?);
    let sum: Checksum = words.next()?.parse().ok()?;
    if Checksum::of(lines.as_bytes()) != sum {
        return None;
    }
    let entries = lines.lines().map(entry).collect::<Option<_>>()?;
    Some(Kept { was_read, entries })
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.splitn(5, '\t');
    let stamp = Stamp {
        size: fields.next()?.parse().ok()?,
        modified: fields.next()?.parse().ok()?,
        changed: fields.next()?.parse().ok()?,
        inode: fields.next()?.parse().ok()?,
    };
    Some(Entry { stamp, revision: Revision::from_line(fields.next()?)? })
}

/// A file that could not be looked at is left out.
pub(super) fn write(was_read: Moment, stamps: &[Option<Stamp>], revisions: &[Revision]) -> String {
    let mut lines = String::new();
    for (stamp, revision) in stamps.iter().zip(revisions) {
        let Some(Stamp { size, modified, changed, inode }) = stamp else { continue };
        let line = revision.to_line();
        writeln!(lines, "{size}\t{modified}\t{changed}\t{inode}\t{line}")
            .expect("writing to a string does not fail");
    }
    let sum = Checksum::of(lines.as_bytes());
    format!("{HEAD} {RULES} {} {sum}\n{lines}", was_read.0)
}
