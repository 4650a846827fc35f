//! Behind PgBouncer in transaction mode, where each message may meet another session of the
//! server.

use migrate_tests::{Choice, Database, Pooler, Revision, Run, Running, Workspace, cargo_migrate};
use serde_json::json;

use super::{A, B, applied, schema, workspace};

const STARTERS: usize = 32;

/// A workspace, its database, and a pooler with four sessions in front of it.
fn pooled(choice: Choice) -> Option<(Workspace, Database, Pooler, String)> {
    let (workspace, database) = workspace()?;
    let pooler = Pooler::start(&database, 4, choice)?;
    let url = pooler.url(&database);
    Some((workspace, database, pooler, url))
}

/// The advisory locks of the database, whoever has them.
fn locks(database: &Database) -> Vec<String> {
    database.query(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
}

#[test]
fn of_32_at_once_exactly_one_applies_each_revision() {
    let Some((workspace, database, _pooler, url)) = pooled(Choice::Last) else { return };
    workspace.configure("lock = \"transaction\"\n");
    let a = "CREATE TABLE ran (id text);\nINSERT INTO ran VALUES ('a');\nSELECT pg_sleep(0.2);";
    let b = "INSERT INTO ran VALUES ('b');\nSELECT pg_sleep(0.2);";
    workspace.revision(Revision { up: a, down: Some("DROP TABLE ran;"), ..A });
    workspace.revision(Revision { up: b, down: Some("DELETE FROM ran WHERE id = 'b';"), ..B });
    for mode in ["each", "all"] {
        let arguments = ["up", "-d", &url, "--transaction", mode, "--format", "json"];
        let start = |_| Run::start(&mut workspace.command(cargo_migrate(), arguments));
        let running: Vec<Running> = (0..STARTERS).map(start).collect();
        let mut steps = 0;
        for one in running {
            let run = one.finish().succeeds();
            assert_eq!(run.json()["after"], json!(["bbbb2222"]), "{mode}");
            steps += run.json()["steps"].as_array().unwrap().len();
        }
        assert_eq!(steps, 2, "{mode}");
        assert_eq!(database.query("SELECT id FROM ran ORDER BY id"), ["a", "b"]);
        assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
        assert_eq!(locks(&database), ["0"]);
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
}
