//! The index of revision files, as git keeps one: a file that is as it was when it was last read
//! is not opened again. Knows what files are like from outside and what was in them; whatever is
//! wrong with the index itself only means that there is none.

mod file_system;
mod place;
mod stamp;
mod text;

use std::iter::Peekable;
use std::path::Path;

use camino::Utf8Path;
use migrate_model::Revision;

use file_system::FileSystems;
use stamp::{Moment, Stamp};

/// Reading fewer files takes less time than anybody notices.
const FEWEST_FILES: usize = 256;
/// Set to anything, it turns the index off.
const OFF: &str = "CARGO_MIGRATE_NO_INDEX";

/// The file of the index; `None` where so many files need none, or where there can be none.
pub(super) fn path(root: &Utf8Path, files: usize) -> Option<std::path::PathBuf> {
    let is_off = std::env::var_os(OFF).is_some_and(|value| !value.is_empty());
    if is_off || files < FEWEST_FILES {
        return None;
    }
    place::of(root)
}

/// Takes an index away that turned out to be wrong.
pub(super) fn forget(root: &Utf8Path) {
    if let Some(index) = place::of(root) {
        place::remove(&index);
    }
}

/// The revisions of the files, which are sorted: from the index, or what `read` makes of the
/// file. The index is written anew where it is no longer right.
pub(super) fn revisions<E>(
    index: &Path,
    root: &Utf8Path,
    names: &[String],
    mut read: impl FnMut(&str) -> Result<Revision, E>,
) -> Result<Vec<Revision>, E> {
    // From before the first look at a file: what is written afterwards is younger.
    let now = Moment::now();
    let kept = place::load(index).and_then(|text| text::parse(&text)).unwrap_or_default();
    let (was_read, count) = (kept.was_read, kept.entries.len());
    let mut kept = kept.entries.into_iter().peekable();
    let mut stamps = Vec::with_capacity(names.len());
    let mut revisions = Vec::with_capacity(names.len());
    let (mut found, mut is_outdated) = (0, false);
    let mut systems = FileSystems::default();
    for name in names {
        // Taken before the file is read: a change while it is read leaves an old stamp behind.
        let stamp = Stamp::of(&root.join(name), &mut systems);
        let entry = entry_of(&mut kept, name);
        found += usize::from(entry.is_some());
        let (revision, is_new) = match (entry, stamp) {
            (Some(entry), Some(stamp)) if entry.stamp == stamp && stamp.is_settled(was_read) => {
                (entry.revision, false)
            }
            // Of what tells nothing there is no entry.
            (entry, None) => (read(name)?, entry.is_some()),
            (entry, Some(stamp)) => {
                let revision = read(name)?;
                let is_kept = entry.is_some_and(|entry| {
                    entry.stamp == stamp && entry.revision.checksum == revision.checksum
                });
                // An entry that was too young to be trusted may be old enough by now.
                (revision, !is_kept || stamp.is_settled(now))
            }
        };
        is_outdated |= is_new;
        stamps.push(stamp);
        revisions.push(revision);
    }
    if is_outdated || found < count {
        place::save(index, &text::write(now, &stamps, &revisions));
    }
    Ok(revisions)
}

/// What the index says of a file.
struct Entry {
    stamp: Stamp,
    revision: Revision,
}

/// The entry of that name, if the next ones have it: both sides are sorted.
fn entry_of(kept: &mut Peekable<std::vec::IntoIter<Entry>>, name: &str) -> Option<Entry> {
    while kept.next_if(|entry| entry.revision.file.as_str() < name).is_some() {}
    kept.next_if(|entry| entry.revision.file == name)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use camino::Utf8PathBuf;

    use super::*;

    /// A folder of revisions and its index.
    struct Folder {
        root: Utf8PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Folder {
        fn new(names: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
            let new = Self { root, _folder: folder };
            for name in names {
                new.write(name, "one");
            }
            new
        }

        fn write(&self, name: &str, message: &str) {
            let id = name.trim_end_matches(".sql");
            let text =
                format!("-- {message}\n--\n-- Revision: {id}\n-- Revises: base\n-- migrate:up\n");
            fs::write(self.root.join(name), text).unwrap();
        }

        fn index(&self) -> Utf8PathBuf {
            self.root.join("cache/some.index")
        }

        /// The messages of all revisions, and which files were opened for them.
        fn look(&self) -> (Vec<String>, Vec<String>) {
            let names = migrate_build::list(self.root.as_std_path(), &[".".to_owned()]).unwrap();
            let opened = RefCell::new(Vec::new());
            let found = revisions(self.index().as_std_path(), &self.root, &names, |name| {
                opened.borrow_mut().push(name.trim_start_matches("./").to_owned());
                migrate_build::read(self.root.as_std_path(), name, &mut Vec::new())
                    .map(|file| file.revision)
            });
            let messages = found.unwrap().into_iter().map(|revision| revision.message).collect();
            (messages, opened.into_inner())
        }

        #[track_caller]
        fn opens(&self, expected: &[&str]) {
            assert_eq!(self.look().1, expected);
        }

        /// As if the index had been written that much later.
        fn age(&self, time: Duration) {
            let kept = text::parse(&place::load(self.index().as_std_path()).unwrap()).unwrap();
            let stamps: Vec<_> = kept.entries.iter().map(|entry| Some(entry.stamp)).collect();
            let revisions: Vec<_> = kept.entries.into_iter().map(|entry| entry.revision).collect();
            let later = kept.was_read.later(time);
            place::save(self.index().as_std_path(), &text::write(later, &stamps, &revisions));
        }
    }

    #[test]
    fn an_entry_is_trusted_two_seconds_after_the_last_change() {
        let folder = Folder::new(&["a.sql", "b.sql"]);
        folder.opens(&["a.sql", "b.sql"]);
        folder.opens(&["a.sql", "b.sql"]);
        folder.age(Duration::from_secs(1));
        folder.opens(&["a.sql", "b.sql"]);
        folder.age(Duration::from_secs(3));
        folder.opens(&[]);
    }

    #[test]
    fn an_index_is_written_only_when_it_would_be_another() {
        let folder = Folder::new(&["a.sql"]);
        let written = || fs::metadata(folder.index()).unwrap().modified().unwrap();
        folder.look();
        let first = written();
        folder.look();
        assert_eq!(written(), first, "the entry is still too young");
        // A change time can't be set, so this waits.
        std::thread::sleep(Duration::from_millis(2100));
        folder.opens(&["a.sql"]);
        let second = written();
        assert!(second > first, "the entry can be trusted from now on");
        folder.opens(&[]);
        assert_eq!(written(), second);
    }

    #[test]
    fn an_edit_of_the_same_length_and_time_is_seen() {
        let folder = Folder::new(&["a.sql", "b.sql"]);
        let file = folder.root.join("a.sql");
        let modified = SystemTime::now() - Duration::from_mins(1);
        File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
        folder.look();
        folder.age(Duration::from_mins(1));
        folder.opens(&[]);
        // The clock of a file system may go in steps.
        std::thread::sleep(Duration::from_millis(20));
        folder.write("a.sql", "two");
        File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
        let (messages, opened) = folder.look();
        assert_eq!((messages[0].as_str(), opened), ("two", vec!["a.sql".to_owned()]));
    }

    #[test]
    fn deleted_renamed_and_new_files() {
        let folder = Folder::new(&["a.sql", "b.sql", "c.sql"]);
        folder.look();
        folder.age(Duration::from_mins(1));
        fs::remove_file(folder.root.join("b.sql")).unwrap();
        fs::rename(folder.root.join("c.sql"), folder.root.join("d_c.sql")).unwrap();
        folder.write("e.sql", "two");
        folder.opens(&["d_c.sql", "e.sql"]);
        let kept = text::parse(&place::load(folder.index().as_std_path()).unwrap()).unwrap();
        let names: Vec<&str> = kept.entries.iter().map(|it| it.revision.file.as_str()).collect();
        assert_eq!(names, ["./a.sql", "./d_c.sql", "./e.sql"]);
    }

    #[test]
    fn an_index_that_is_wrong_is_none() {
        let folder = Folder::new(&["a.sql", "b.sql"]);
        folder.look();
        folder.age(Duration::from_mins(1));
        let good = fs::read_to_string(folder.index()).unwrap();
        for bad in [
            String::new(),
            "\n".to_owned(),
            good.replace(env!("CARGO_PKG_VERSION"), "0.0.0"),
            good.replacen("index 1 ", "index 2 ", 1),
            good.replacen(&format!("{} 1 ", env!("CARGO_PKG_VERSION")), "0.1.0 2 ", 1),
            good.replace("one", "two"),
            good[..good.len() - 9].to_owned(),
        ] {
            assert_ne!(bad, good);
            fs::write(folder.index(), bad).unwrap();
            folder.opens(&["a.sql", "b.sql"]);
        }
        fs::remove_file(folder.index()).unwrap();
        fs::create_dir(folder.index()).unwrap();
        folder.opens(&["a.sql", "b.sql"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_of_other_file_systems_are_always_read() {
        let folder = Folder::new(&["a.sql"]);
        std::os::unix::fs::symlink("/proc/version", folder.root.join("b.sql")).unwrap();
        let names = ["./a.sql".to_owned(), "./b.sql".to_owned()];
        let opened = || {
            let mut opened = Vec::new();
            let index = folder.index();
            revisions(index.as_std_path(), &folder.root, &names, |name| {
                opened.push(name.to_owned());
                let read = migrate_build::read(folder.root.as_std_path(), "a.sql", &mut Vec::new());
                read.map(|file| Revision { file: name.to_owned(), ..file.revision })
            })
            .unwrap();
            opened
        };
        opened();
        folder.age(Duration::from_mins(1));
        let written = || fs::metadata(folder.index()).unwrap().modified().unwrap();
        let before = written();
        assert_eq!(opened(), ["./b.sql"]);
        assert_eq!(written(), before);
    }
}
