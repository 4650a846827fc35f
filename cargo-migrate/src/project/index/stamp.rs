//! What a file is like from outside: enough to know that nobody has written to it since.

use std::time::{Duration, SystemTime};

use camino::Utf8Path;

use super::file_system::FileSystems;

/// A file may be written twice within one step of its file system's clock; the coarsest have
/// steps of two seconds.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// Size, times and inode of a file. Times are in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    pub(super) modified: i64,
    /// When anything was changed last, the times included: no program can set it.
    pub(super) changed: i64,
    pub(super) inode: u64,
}

impl Stamp {
    /// The stamp of a file, `None` where there is no file or the system doesn't tell.
    #[cfg(unix)]
    pub(super) fn of(path: &Utf8Path, systems: &mut FileSystems) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let file = std::fs::metadata(path).ok()?;
        systems.tell_of_changes(file.dev(), path).then(|| Self {
            size: file.size(),
            modified: nanoseconds(file.mtime(), file.mtime_nsec()),
            changed: nanoseconds(file.ctime(), file.ctime_nsec()),
            inode: file.ino(),
        })
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &Utf8Path, _: &mut FileSystems) -> Option<Self> {
        None
    }

    /// Whether a change after that moment would show: the file was left alone long before it.
    pub(super) fn is_settled(&self, moment: Moment) -> bool {
        let last = self.modified.max(self.changed);
        last.saturating_add(whole(COARSEST_CLOCK)) <= moment.0
    }
}

/// A point in time, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Moment(pub(super) i64);

impl Moment {
    pub(super) fn now() -> Self {
        Self(SystemTime::UNIX_EPOCH.elapsed().map_or(0, whole))
    }

    #[cfg(all(test, unix))]
    pub(super) fn later(self, time: Duration) -> Self {
        Self(self.0 + whole(time))
    }
}

fn whole(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(unix)]
fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}
