//! On which file systems an index may be believed: those that are known to change a file's ctime
//! with every change of the file, by a clock of this machine. It is the one time that no program
//! can set (<https://man7.org/linux/man-pages/man7/inode.7.html>).
//!
//! Others keep it in another way: on vfat and exfat what is told as ctime is the time of creation,
//! or of the last write, in steps of two seconds
//! (<https://github.com/torvalds/linux/blob/v6.12/fs/fat/inode.c>); nfs, cifs and 9p tell what
//! another machine says, by its clock, and may keep that for a while
//! (<https://man7.org/linux/man-pages/man5/nfs.5.html>, "Data and metadata coherence"); behind fuse
//! anything can be. There every file is read.

use std::collections::BTreeMap;

#[cfg(unix)]
use camino::Utf8Path;

/// The file systems that were met, by their devices: asked for once each.
#[derive(Debug, Default)]
pub(super) struct FileSystems {
    #[cfg_attr(not(unix), expect(dead_code, reason = "nothing is asked for there"))]
    known: BTreeMap<u64, bool>,
}

impl FileSystems {
    /// Whether the ctime of that file, which is on that device, tells of every change.
    #[cfg(unix)]
    pub(super) fn tell_of_changes(&mut self, device: u64, file: &Utf8Path) -> bool {
        *self.known.entry(device).or_insert_with(|| is_trusted(file))
    }
}

/// The numbers of <https://man7.org/linux/man-pages/man2/statfs.2.html>; zfs has its own
/// (<https://github.com/openzfs/zfs/blob/zfs-2.3.0/include/sys/fs/zfs.h>). Not all of them have names
/// in every libc.
#[cfg(target_os = "linux")]
const TRUSTED: [(&str, u32); 7] = [
    ("ext2, ext3, ext4", 0xEF53),
    ("xfs", 0x5846_5342),
    ("btrfs", 0x9123_683E),
    ("tmpfs", 0x0102_1994),
    ("overlayfs", 0x794C_7630),
    ("f2fs", 0xF2F5_2010),
    ("zfs", 0x2FC1_2FC1),
];

#[cfg(target_os = "linux")]
fn is_trusted(file: &Utf8Path) -> bool {
    let Ok(found) = nix::sys::statfs::statfs(file.as_std_path()) else { return false };
    // The type of this number is another on each platform. One that doesn't fit is none of these.
    let Ok(found) = u32::try_from(found.filesystem_type().0) else { return false };
    TRUSTED.iter().any(|(_, number)| *number == found)
}

#[cfg(target_os = "macos")]
fn is_trusted(file: &Utf8Path) -> bool {
    nix::sys::statfs::statfs(file.as_std_path())
        .is_ok_and(|found| matches!(found.filesystem_type_name(), "apfs" | "hfs"))
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
fn is_trusted(_: &Utf8Path) -> bool {
    false
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use nix::sys::statfs;

    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_system() {
        let named = [
            ("ext2, ext3, ext4", statfs::EXT4_SUPER_MAGIC),
            ("btrfs", statfs::BTRFS_SUPER_MAGIC),
            ("tmpfs", statfs::TMPFS_MAGIC),
            ("overlayfs", statfs::OVERLAYFS_SUPER_MAGIC),
            ("f2fs", statfs::F2FS_SUPER_MAGIC),
        ];
        for (name, number) in named {
            let ours = TRUSTED.iter().find(|(ours, _)| *ours == name).unwrap().1;
            assert_eq!(i128::from(ours), i128::from(number.0), "{name}");
        }
        for other in [statfs::MSDOS_SUPER_MAGIC, statfs::NFS_SUPER_MAGIC, statfs::FUSE_SUPER_MAGIC]
        {
            assert!(!TRUSTED.iter().any(|(_, ours)| i128::from(*ours) == i128::from(other.0)));
        }
    }

    #[test]
    fn what_is_not_on_the_list_is_not_trusted() {
        let mut systems = FileSystems::default();
        assert!(!systems.tell_of_changes(1, "/proc/version".into()));
        assert!(!systems.tell_of_changes(2, "/no/such/file".into()));
    }
}
