//! What only MariaDB and MySQL do: definitions that commit by themselves, locks of the server, a
//! session that dumps change.

mod held;
mod journal;
#[cfg(unix)]
mod lease;
mod permission;
mod session;
mod tenants;
mod whole_database;

use migrate_tests::{Database, Revision, Workspace, mariadb};

/// A workspace whose `.env` names a database of its own on the server; `None` where there is none.
fn workspace() -> Option<(Workspace, Database)> {
    let database = mariadb()?.database();
    let workspace = Workspace::without_migrations();
    workspace.migrate(["init", "--dialect", "mariadb"]).succeeds();
    workspace.write(".env", format!("DATABASE_URL={}\n", database.url()));
    Some((workspace, database))
}

const A: Revision<'_> = Revision {
    id: "aaaa1111",
    revises: "base",
    up: "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);",
    down: Some("DROP TABLE a;"),
};
const B: Revision<'_> = Revision {
    id: "bbbb2222",
    revises: "aaaa1111",
    up: "ALTER TABLE a ADD y text;",
    down: Some("ALTER TABLE a DROP y;"),
};

fn applied(database: &Database) -> Vec<String> {
    database.query("SELECT id FROM _migrate_revisions WHERE state = 'applied' ORDER BY seq")
}

/// State, statements that are done, and all of them.
fn progress(database: &Database, id: &str) -> Vec<String> {
    database.query(&format!(
        "SELECT CONCAT(state, ' ', done, '/', total) FROM _migrate_revisions WHERE id = '{id}'"
    ))
}
