//! `--sql`: the script does what the run would have done.

use migrate_tests::{Revision, Workspace, execute, query, state};

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.revision(Revision {
        id: "aaaa1111",
        revises: "base",
        up: "CREATE TABLE users (name TEXT); -- it's\nINSERT INTO users VALUES ('a;''b') -- the end",
        down: Some("DROP TABLE users;"),
    });
    workspace.revision(Revision {
        id: "bbbb2222",
        revises: "aaaa1111",
        up: "CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT CASE WHEN 1 THEN 2 END; END;",
        down: Some("DROP TRIGGER t;"),
    });
    workspace
}

#[test]
fn the_script_leads_to_the_same_state_and_history() {
    let workspace = workspace();
    workspace.migrate(["up"]).succeeds();
    let script = workspace.migrate(["up", "--sql"]).succeeds().stdout;

    std::fs::write(workspace.path("offline.db"), "").unwrap();
    execute(&workspace.path("offline.db"), &script);
    assert_eq!(state(&workspace.path("offline.db")), state(&workspace.path("shop.db")));
    let history = "SELECT seq || id || revises || message || file || checksum || source || down_source \
                   || state || origin || total AS x FROM _migrate_revisions";
    assert_eq!(
        query(&workspace.path("offline.db"), history),
        query(&workspace.path("shop.db"), history)
    );
    workspace.migrate(["verify", "-d", "sqlite:offline.db"]).succeeds();

    let script = workspace.migrate(["down", "head:base", "--sql"]).succeeds().stdout;
    execute(&workspace.path("offline.db"), &script);
    assert_eq!(state(&workspace.path("offline.db")), Vec::<String>::new());
}

#[test]
fn a_range_starts_where_it_says() {
    let workspace = workspace();
    let script = workspace.migrate(["up", "aaaa1111:head", "--sql"]).succeeds().stdout;
    assert!(script.contains("CREATE TRIGGER t"));
    assert!(!script.contains("CREATE TABLE"));
    let error = workspace.migrate_json(["down", "base", "--sql"]).exits(4).json_error();
    assert_eq!(error["code"], "graph.range_required");
}
