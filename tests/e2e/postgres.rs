//! What only PostgreSQL has or says, and what only a server can do: its own errors and rights,
//! sessions that are somebody else's, statements outside of a transaction, tenants, TLS.

mod application;
mod each_message;
mod errors;
mod held;
#[cfg(unix)]
mod lease;
mod outside;
#[cfg(unix)]
mod pooler;
mod rights;
mod session;
mod stored_section;
mod tenants;
mod tls;
mod waiting;
mod whole_database;

use migrate_tests::{Database, Revision, Run, Workspace, postgres};

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

/// All that is in the public schema, the history left out: columns, constraints, functions.
fn schema(database: &Database) -> Vec<String> {
    let mut lines = database.query(
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
         FROM information_schema.columns WHERE table_schema = 'public' \
         AND table_name NOT LIKE '\\_migrate%' ORDER BY 1",
    );
    lines.extend(database.query(
        "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE \
         '\\_migrate%' ORDER BY 1",
    ));
    lines.extend(database.query(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    ));
    lines
}

fn after(run: &Run) -> serde_json::Value {
    run.json()["after"].clone()
}
