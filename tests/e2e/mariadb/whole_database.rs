//! `database create|drop|reset` on a server.

use super::{A, applied, workspace};

#[test]
fn it_is_created_once_and_dropped_once() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let (server, _) = database.url().rsplit_once('/').unwrap();
    let url = format!("{server}/{}%20%60x", database.name());
    let json = |arguments: &[&str]| {
        let all = [&["database"], arguments, &["-d", url.as_str()]].concat();
        workspace.migrate_json(all).succeeds().json()
    };
    let exists = || {
        let name = format!("{} `x", database.name());
        let sql = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name";
        database.query(&format!("{sql} = '{name}'")) == ["1"]
    };
    for created in [true, false] {
        assert_eq!(json(&["create"])["created"], created);
        assert!(exists());
    }
    workspace.migrate(["up", "-d", &url]).succeeds();
    workspace.migrate(["down", "-d", &url]).succeeds();
    assert_eq!(json(&["drop"])["dropped"], false);
    for dropped in [true, false] {
        assert_eq!(json(&["drop", "--yes"])["dropped"], dropped);
        assert!(!exists());
    }
    let error = workspace.migrate_json(["up", "-d", &url]).exits(6).json_error();
    assert_eq!(error["code"], "database.unreachable");
    assert!(error["hint"].as_str().unwrap().contains("cargo migrate database create"), "{error}");
}

#[test]
fn the_servers_own_databases_are_not_dropped() {
    let Some((workspace, database)) = workspace() else { return };
    let (server, _) = database.url().rsplit_once('/').unwrap();
    for name in ["mysql", "sys", "information_schema"] {
        let url = format!("{server}/{name}");
        let drop = ["database", "drop", "--yes", "-d", url.as_str()];
        assert_eq!(
            workspace.migrate_json(drop).exits(6).json_error()["code"],
            "database.protected"
        );
    }
}

#[test]
fn reset_makes_it_anew() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    database.execute("INSERT INTO a VALUES (2)");
    workspace.migrate(["database", "reset", "--yes"]).succeeds();
    assert_eq!(database.query("SELECT x FROM a"), ["1"]);
    assert_eq!(applied(&database), ["aaaa1111"]);
}
