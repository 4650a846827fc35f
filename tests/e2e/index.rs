//! The index of files: it saves time, and nothing can be hidden from the tool with it.

use std::fs::{self, File};
use std::thread::sleep;
use std::time::Duration;

use migrate_tests::{Revision, Run, Workspace};

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
