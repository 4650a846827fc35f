//! `database create|drop|reset` on a server.

use std::time::Duration;

use migrate_tests::{Database, hold};
use serde_json::json;

use super::{A, B, applied, workspace};

/// The URL of a database beside the given one, with a name that needs quotes.
fn beside(database: &Database) -> (String, String) {
    let (server, _) = database.url().rsplit_once('/').unwrap();
    let name = format!("Shop \"{}\"", database.name());
    (format!("{server}/Shop%20%22{}%22", database.name()), name)
}

fn exists(database: &Database, name: &str) -> bool {
    let name = name.replace('\'', "''");
    let sql = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    database.query(&sql) == ["1"]
}

#[test]
fn it_is_created_once_and_dropped_once() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let (url, name) = beside(&database);
    let json = |arguments: &[&str]| {
        let all = [&["database"], arguments, &["-d", url.as_str()]].concat();
        workspace.migrate_json(all).succeeds().json()
    };
    for created in [true, false] {
        assert_eq!(json(&["create"])["created"], created);
        assert!(exists(&database, &name));
    }
    workspace.migrate(["up", "-d", &url]).succeeds();
    // Where it can't ask, the answer is no.
    assert_eq!(json(&["drop"])["dropped"], false);
    assert!(exists(&database, &name));
    for dropped in [true, false] {
        assert_eq!(json(&["drop", "--yes"])["dropped"], dropped);
        assert!(!exists(&database, &name));
    }
    let run = workspace.migrate(["database", "drop", "-d", &url]).succeeds();
    assert!(run.stdout.starts_with("    Finished nothing was dropped of postgres:"));
    let error = workspace.migrate_json(["up", "-d", &url]).exits(6).json_error();
    assert_eq!(error["code"], "database.unreachable");
    assert!(error["hint"].as_str().unwrap().contains("cargo migrate database create"), "{error}");
}

#[test]
fn the_servers_own_databases_are_not_dropped() {
    let Some((workspace, database)) = workspace() else { return };
    let (server, _) = database.url().rsplit_once('/').unwrap();
    for name in ["postgres", "template1"] {
        let url = format!("{server}/{name}");
        let drop = ["database", "drop", "--yes", "-d", url.as_str()];
        let error = workspace.migrate_json(drop).exits(6).json_error();
        assert_eq!(error["code"], "database.protected");
        assert!(exists(&database, name));
    }
}

#[test]
fn reset_is_drop_and_create_and_up() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    database.execute("CREATE TABLE left_over (x int)");
    let refused = workspace.migrate_json(["database", "reset"]).succeeds().json();
    assert_eq!(refused["dropped"], false);
    workspace.revision(B);
    let summary = workspace.migrate_json(["database", "reset", "--yes"]).succeeds().json();
    assert_eq!(
        (&summary["before"], &summary["after"], &summary["applied"]),
        (&json!([]), &json!(["bbbb2222"]), &2.into())
    );
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
    assert_eq!(database.query("SELECT to_regclass('left_over') IS NULL"), ["t"]);
}

#[test]
fn what_others_are_connected_to_is_not_dropped() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    let url = format!("{}?application_name=the%20shop", database.url());
    let holder = std::thread::spawn(move || hold(&url, "SELECT 1", Duration::from_secs(8)));
    std::thread::sleep(Duration::from_millis(500));
    let error = workspace.migrate_json(["database", "drop", "--yes"]).exits(6).json_error();
    assert_eq!(error["code"], "database.in_use");
    let message = error["message"].as_str().unwrap();
    let expected = format!("the database {} is in use, a connection is open", database.name());
    assert!(message.starts_with(&expected), "{message}");
    assert!(message.contains(": the shop as postgres from 127.0.0.1 (pid "), "{message}");
    holder.join().unwrap();
    assert_eq!(applied(&database), ["aaaa1111"]);
}

#[test]
fn who_may_not_is_told_what_is_missing() {
    let Some((workspace, database)) = workspace() else { return };
    let role = format!("nobody_{}", database.name());
    database.execute(&format!("CREATE ROLE {role} LOGIN"));
    let as_role = |url: &str| url.replace("//postgres@", &format!("//{role}@"));
    let url = as_role(&beside(&database).0);
    let error = workspace.migrate_json(["database", "create", "-d", &url]).exits(6).json_error();
    assert_eq!(error["code"], "database.permission");
    let hint = error["hint"].as_str().unwrap();
    assert_eq!(hint, format!("somebody who may has to run: ALTER ROLE {role} CREATEDB;"));
    // What is there is there for everybody.
    let url = as_role(database.url());
    let there = workspace.migrate_json(["database", "create", "-d", &url]).succeeds().json();
    assert_eq!(there["created"], false);
    let error =
        workspace.migrate_json(["database", "drop", "--yes", "-d", &url]).exits(6).json_error();
    assert_eq!(error["code"], "database.permission");
    database.execute(&format!("DROP ROLE {role}"));
}
