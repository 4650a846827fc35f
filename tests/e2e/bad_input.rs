//! Bad input: each with its exit code, its error code and a way out; and nothing is changed by it,
//! neither a file of the workspace nor a byte of its database.

mod database;
mod full_disk;
mod graph;
mod header;
mod project;
mod script;

use migrate_tests::{Revision, Workspace};

/// What is done to the workspace; the command; exit code, error code, and what the hint contains.
type Case<'a> = (&'a str, fn(&Workspace), &'a [&'a str], i32, &'a str, &'a str);

const FIRST: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE a (x int);",
    down: Some("DROP TABLE a;"),
};
const SECOND: Revision<'_> = Revision {
    id: "bbbb2222",
    revises: "aaaa1111",
    up: "CREATE TABLE b (x);",
    down: Some("DROP TABLE b;"),
};
const SECOND_FILE: &str = "migrations/revisions/bbbb2222.sql";

/// A workspace with an applied revision, and one that is good until a case says otherwise.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.revision(FIRST);
    workspace.migrate(["up"]).succeeds();
    workspace.revision(SECOND);
    workspace
}

/// Runs the command for scripts and for eyes; what is otherwise than expected.
fn faults(
    workspace: &Workspace,
    (name, _, command, exit, code, hint): &Case<'_>,
) -> Option<String> {
    let before = workspace.files();
    let json = workspace.migrate_json(command.iter().copied());
    let human = workspace.migrate(command.iter().copied());
    let error = json.json()["error"].clone();
    let found = (json.code, error["code"].as_str().unwrap_or_default());
    let way_out = error["hint"].as_str().unwrap_or_default();
    let fault = if found != (*exit, *code) {
        format!("expected {exit} {code}, got {found:?}: {}{}", json.stdout, json.stderr)
    } else if way_out.is_empty() || !way_out.contains(hint) {
        format!("{code}: the hint {way_out:?} does not contain {hint:?}; {}", error["message"])
    } else if human.code != *exit || !human.stderr.starts_with(&format!("error[{code}]: ")) {
        format!("for eyes it is {} and {}", human.code, human.stderr)
    } else if workspace.files() != before {
        "files were changed".to_owned()
    } else {
        return None;
    };
    Some(format!("{name}: {fault}"))
}

#[track_caller]
fn refused(cases: &[Case<'_>]) {
    let of_case = |case: &Case<'_>| {
        let workspace = workspace();
        (case.1)(&workspace);
        faults(&workspace, case)
    };
    let faults: Vec<String> = cases.iter().filter_map(of_case).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// What a file holds; its error code, the line where it is told, and what the hint contains.
type FileCase<'a> = (&'a str, &'a [u8], &'a str, u64, &'a str);

/// Each of the commands refuses the file, at its place; `check` finds the same.
#[track_caller]
fn refused_files(commands: &[&str], cases: &[FileCase<'_>]) {
    let fault = |(name, bytes, code, line, hint): &FileCase<'_>| {
        let workspace = workspace();
        workspace.write(SECOND_FILE, bytes);
        for command in commands {
            let (name, words) = (format!("{name}, {command}"), command.split(' '));
            let words: Vec<&str> = words.collect();
            if let Some(fault) = faults(&workspace, &(&name, |_| (), &words, 4, code, hint)) {
                return Some(fault);
            }
        }
        let error = workspace.migrate_json(["up"]).json_error();
        let check = workspace.migrate_json(["check"]);
        let found =
            (&error["file"], &error["line"], check.code, &check.json()["findings"][0]["code"]);
        let expected = (&SECOND_FILE.into(), &(*line).into(), 1, &(*code).into());
        (found != expected).then(|| format!("{name}: {found:?} instead of {expected:?}"))
    };
    let faults: Vec<String> = cases.iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// The commands that read the revisions.
const READERS: [&str; 6] = ["up", "down", "status", "history", "verify", "new x"];
