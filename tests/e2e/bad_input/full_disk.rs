//! A disk without room, and one that can't be written: on a file system of its own, which only
//! root can mount.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use migrate_tests::{Revision, Workspace, query, state};

use super::{FIRST, SECOND};

/// A small file system, gone when this is.
struct Disk(PathBuf);

impl Disk {
    /// `None`, with the reason printed, where it can't be had.
    fn mount(folder: &Path) -> Option<Self> {
        fs::create_dir(folder).unwrap();
        match mount(&["-t", "tmpfs", "-o", "size=4m", "tmpfs"], folder) {
            Ok(()) => Some(Self(folder.to_owned())),
            Err(reason) => {
                println!("skipped, no file system can be mounted: {reason}");
                None
            }
        }
    }

    fn make_read_only(&self) {
        mount(&["-o", "remount,ro"], &self.0).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // `-l`: also where a test that fails has left a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(options: &[&str], folder: &Path) -> Result<(), String> {
    let output = Command::new("mount").args(options).arg(folder).output();
    let output = output.map_err(|error| error.to_string())?;
    let reason = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(reason()) }
}

const FILL: &str = "CREATE TABLE b (x BLOB);\nINSERT INTO b VALUES ('small');\n\
                    INSERT INTO b VALUES (randomblob(3 << 20));";

/// A workspace whose database is on a disk of its own, with one revision applied and one to come.
fn workspace() -> Option<(Workspace, Disk)> {
    let workspace = Workspace::new();
    let disk = Disk::mount(&workspace.path("disk"))?;
    workspace.write(".env", "DATABASE_URL=sqlite:disk/shop.db\n");
    workspace.revision(FIRST);
    workspace.migrate(["up"]).succeeds();
    workspace.revision(Revision { up: FILL, ..SECOND });
    Some((workspace, disk))
}

#[test]
fn a_full_disk_leaves_nothing_of_the_revision_and_with_room_it_goes_on() {
    let Some((workspace, _disk)) = workspace() else { return };
    let database = workspace.path("disk/shop.db");
    workspace.write("disk/filler", vec![0; 2 << 20]);
    let before = state(&database);

    for _ in 0..2 {
        let run = workspace.migrate_json(["up"]).exits(6);
        let error = run.json_error();
        assert_eq!(
            (&error["code"], &error["revision"]),
            (&"database.full".into(), &"bbbb2222".into())
        );
        assert_eq!(error["message"], "revision bbbb2222 failed: database or disk is full");
        assert_eq!(error["hint"], "make room on the disk, then run it again");
        assert_eq!(
            (&run.json()["applied"], &run.json()["rolled_back"]),
            (&serde_json::json!([]), &"bbbb2222".into())
        );
        assert_eq!(state(&database), before);
        assert_eq!(query(&database, "SELECT id AS x FROM _migrate_revisions"), ["aaaa1111"]);
        assert_eq!(
            query(&database, "SELECT integrity_check AS x FROM pragma_integrity_check"),
            ["ok"]
        );
    }

    fs::remove_file(workspace.path("disk/filler")).unwrap();
    assert_eq!(workspace.migrate_json(["up"]).succeeds().json()["applied"], 1);
    assert_eq!(query(&database, "SELECT length(x) AS x FROM b"), ["5", "3145728"]);
}

#[test]
fn a_disk_without_any_room_is_told_when_the_database_is_made() {
    let Some((workspace, _disk)) = workspace() else { return };
    let write = |number| fs::write(workspace.path(format!("disk/{number}")), vec![0; 64 << 10]);
    assert!((0..100).any(|number: u32| write(number).is_err()), "the disk is full");
    let error = workspace.migrate_json(["up", "-d", "sqlite:disk/new.db"]).exits(6).json_error();
    assert_eq!(error["code"], "database.full");
}

#[test]
fn a_disk_that_allows_no_writing_is_told_and_can_be_read() {
    let Some((workspace, disk)) = workspace() else { return };
    disk.make_read_only();
    let before = workspace.files();
    for command in [&["up"][..], &["down"], &["stamp", "head"]] {
        let error = workspace.migrate_json(command.iter().copied()).exits(6).json_error();
        assert_eq!(error["code"], "database.permission", "{command:?}: {error}");
        assert!(error["hint"].as_str().unwrap().contains("allows no writing"), "{error}");
    }
    workspace.migrate(["status"]).succeeds();
    workspace.migrate(["verify"]).succeeds();
    assert!(workspace.files() == before);
}
