//! A user with few rights: what needs none but to read, and what says which right is missing.

use migrate_tests::{Database, Revision};

use super::{A, B, applied, workspace};

/// A user who may do this in the database, and nothing else; gives the URL.
fn user(database: &Database, rights: &str) -> String {
    let name = format!("u{}", &database.name()[5..].replace('_', ""));
    let name = &name[..name.len().min(32)];
    database.execute(&format!(
        "CREATE USER '{name}'@'%' IDENTIFIED BY 'Secret-1'; GRANT {rights} ON {}.* TO '{name}'@'%'",
        database.name()
    ));
    database.url().replace("root@", &format!("{name}:Secret-1@"))
}

#[test]
fn to_read_is_enough_for_status_verify_and_a_run_at_head() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    let url = user(&database, "SELECT");
    for command in ["status", "verify", "up", "current"] {
        workspace.migrate([command, "-d", &url]).succeeds();
    }
    workspace.revision(B);
    let error = workspace.migrate_json(["up", "-d", &url]).exits(6).json_error();
    assert_eq!(error["code"], "database.permission");
    assert!(error["hint"].as_str().unwrap().contains("GRANT "), "{error}");
    assert_eq!(applied(&database), ["aaaa1111"]);
}

#[test]
fn a_missing_right_is_named_as_what_gives_it() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(Revision { up: "CREATE TABLE a (x int);", ..A });
    workspace.migrate(["up"]).succeeds();
    workspace.revision(B);
    let url = user(&database, "SELECT, INSERT, UPDATE, DELETE, CREATE");
    let error = workspace.migrate_json(["up", "-d", &url]).exits(6).json_error();
    assert_eq!(error["code"], "database.permission");
    let hint = error["hint"].as_str().unwrap().to_owned();
    let grant = hint.split_once("GRANT ").unwrap().1.trim_end_matches(';');
    assert!(grant.starts_with(&format!("ALTER ON `{}`.`a` TO 'u", database.name())), "{hint}");
    // What it says is enough.
    database.execute(&format!("GRANT {grant}"));
    workspace.migrate(["up", "-d", &url]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
}
