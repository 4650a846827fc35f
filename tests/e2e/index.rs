//! The index of files: it saves time, and nothing can be hidden from the tool with it.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use migrate_model::Checksum;
use migrate_tests::{Revision, Run, Workspace, query};

const REVISIONS: usize = 300;

fn id(number: usize) -> String {
    format!("item{number:03}")
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for number in 0..REVISIONS {
        let parent = number.checked_sub(1).map_or("base".to_owned(), id);
        let up = format!("CREATE TABLE {} (first);", id(number));
        workspace.revision(Revision { id: &id(number), revises: &parent, up: &up, down: None });
    }
    workspace
}

#[test]
fn an_edit_that_keeps_length_and_time_is_refused() {
    let workspace = workspace();
    workspace.migrate(["up", "--transaction", "all"]).succeeds();
    // From then on no file is too young to be trusted.
    sleep(Duration::from_millis(2100));
    workspace.migrate(["up"]).succeeds();
    let folder = workspace.caches().join("cargo-migrate");
    let indexes = || fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(indexes().count(), 1);
    let index = indexes().next().unwrap();
    assert_eq!(index.extension().unwrap(), "index");
    let written = fs::metadata(&index).unwrap().modified().unwrap();
    workspace.migrate(["up"]).succeeds();
    assert_eq!(fs::metadata(&index).unwrap().modified().unwrap(), written, "nothing was new");

    let name = format!("migrations/revisions/{}.sql", id(7));
    let before = fs::metadata(workspace.path(&name)).unwrap();
    workspace.replace(&name, "(first)", "(other)");
    let file = File::options().write(true).open(workspace.path(&name)).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    let after = fs::metadata(workspace.path(&name)).unwrap();
    assert_eq!(
        (before.len(), before.modified().unwrap()),
        (after.len(), after.modified().unwrap())
    );

    let error = workspace.migrate_json(["up"]).exits(10).json_error();
    assert_eq!(error["code"], "integrity.edited");
    assert_eq!((&error["file"], &error["line"]), (&name.into(), &8.into()));
    workspace.migrate(["verify"]).exits(1);
}

#[test]
fn it_is_no_more_than_a_help() {
    let workspace = workspace();
    let heads = |run: Run| assert!(run.succeeds().stdout.starts_with("item299 make item299"));
    let off = |name: &str, value: &str| {
        let mut command = workspace.command(migrate_tests::cargo_migrate(), ["heads"]);
        Run::of(command.env(name, value))
    };
    heads(off("CARGO_MIGRATE_NO_INDEX", "1"));
    assert!(!workspace.caches().exists(), "turned off");
    heads(off("XDG_CACHE_HOME", "/dev/null"));

    // A fault of the graph has its line, whether the file comes from the index or not.
    heads(workspace.migrate(["heads"]));
    sleep(Duration::from_millis(2100));
    heads(workspace.migrate(["heads"]));
    fs::remove_file(workspace.path(format!("migrations/revisions/{}.sql", id(7)))).unwrap();
    let error = workspace.migrate_json(["heads"]).exits(4).json_error();
    assert_eq!((&error["code"], &error["line"]), (&"graph.unresolved".into(), &4.into()));
}

/// Makes the index believe that a file is as it was when it was indexed, as on a file system that
/// keeps no honest times.
fn forge(workspace: &Workspace, index: &Path, file: &str) {
    let text = fs::read_to_string(index).unwrap();
    let (head, lines) = text.split_once('\n').unwrap();
    let now = fs::metadata(workspace.path("migrations").join(file)).unwrap();
    let changed = now.ctime() * 1_000_000_000 + now.ctime_nsec();
    let modified = now.mtime() * 1_000_000_000 + now.mtime_nsec();
    let forged = |line: &str| match line.splitn(5, '\t').nth(4).unwrap() {
        revision if revision.contains(file) => {
            format!("{}\t{modified}\t{changed}\t{}\t{revision}\n", now.size(), now.ino())
        }
        _ => format!("{line}\n"),
    };
    let lines: String = lines.lines().map(forged).collect();
    let words: Vec<&str> = head.split(' ').collect();
    let [head @ .., was_read, _] = words.as_slice() else { panic!("{head}") };
    // From a time when each file had been left alone for long.
    let later = was_read.parse::<i64>().unwrap() + 60_000_000_000;
    let (head, sum) = (head.join(" "), Checksum::of(lines.as_bytes()));
    fs::write(index, format!("{head} {later} {sum}\n{lines}")).unwrap();
}

fn index_of(workspace: &Workspace) -> PathBuf {
    let mut indexes = fs::read_dir(workspace.caches().join("cargo-migrate")).unwrap();
    indexes.next().unwrap().unwrap().path()
}

#[test]
fn an_index_that_is_wrong_about_a_file_is_dropped_and_the_command_goes_on() {
    let workspace = workspace();
    for command in [&["up"][..], &["show", "head"], &["show", "item007", "--sql"], &["up", "--sql"]]
    {
        workspace.migrate(["heads"]).succeeds();
        let index = index_of(&workspace);
        for number in [7, REVISIONS - 1] {
            let file = format!("revisions/{}.sql", id(number));
            let path = format!("migrations/{file}");
            let other = workspace.read(&path).replace("first", "other");
            workspace.write(&path, other + "-- more\n");
            forge(&workspace, &index, &file);
        }
        let run = workspace.migrate_json(command.iter().copied()).succeeds();
        assert!(run.stdout.matches("run_started").count() <= 1, "it begins once");
        assert!(!index.exists(), "{command:?}");
        workspace.migrate(command.iter().copied()).succeeds();
    }
    let columns = "SELECT name AS x FROM pragma_table_info('item007')";
    assert_eq!(query(&workspace.path("shop.db"), columns), ["other"]);
}

#[test]
fn an_index_that_cannot_be_dropped_is_not_used_again() {
    let workspace = workspace();
    workspace.migrate(["heads"]).succeeds();
    let index = index_of(&workspace);
    let file = "revisions/item007.sql";
    let path = format!("migrations/{file}");
    workspace.write(&path, workspace.read(&path) + "-- more\n");
    forge(&workspace, &index, file);
    let folder = index.parent().unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).unwrap();
    workspace.migrate(["up"]).succeeds();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
}
