//! What only PostgreSQL has or says, and what only a server can do: its own errors and rights,
//! sessions that are somebody else's, statements outside of a transaction, tenants, TLS.

mod application;
mod errors;
mod held;
mod outside;
mod session;
mod tenants;
mod tls;
mod waiting;
mod whole_database;

use migrate_tests::{Database, Revision, Workspace, postgres};

/// A workspace whose `.env` names a database of its own on the server; `None` where there is none.
fn workspace() -> Option<(Workspace, Database)> {
    let database = postgres()?.database();
    let workspace = Workspace::without_migrations();
    workspace.migrate(["init", "--dialect", "postgres"]).succeeds();
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
    database.query("SELECT id FROM _migrate_revisions ORDER BY seq")
}
