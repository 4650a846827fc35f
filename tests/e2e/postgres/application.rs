//! What `init` writes for two dialects, compiled: the stand-alone migrator, and an application
//! that brings its database up through the pool that it uses afterwards.

use migrate_tests::{Workspace, postgres};

use super::{A, B, applied};

const APPLICATION: &str = r#"//! Keeps one pool for the migrations and for its own work.

use std::process::ExitCode;

use migrations::migrate::sqlx::{self, postgres::PgPoolOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let url = std::env::args().nth(1).expect("the database's URL");
    let pool = PgPoolOptions::new().max_connections(1).connect(&url).await.expect("a server");
    if let Err(error) = migrations::migrator().run(&pool).await {
        eprintln!("{}: {error}", error.code());
        return ExitCode::FAILURE;
    }
    let sum: i64 = sqlx::query_scalar("SELECT sum(x) FROM a WHERE x = $1")
        .bind(1)
        .fetch_one(&pool)
        .await
        .expect("the table is there, and the pool's only connection is free");
    println!("the sum is {sum}");
    ExitCode::SUCCESS
}
"#;

#[test]
fn both_bring_a_database_up_and_refuse_an_edited_file() {
    let Some(server) = postgres() else { return };
    let workspace = Workspace::without_migrations();
    workspace.migrate(["init", "--dialect", "sqlite,postgres"]).succeeds();
    let workspace = workspace.with_application();
    workspace.write("app/src/main.rs", APPLICATION);
    let file = workspace.revision(A);
    workspace.revision(B);

    let (first, second) = (server.database(), server.database());
    let run = workspace.migrator_alone(first.url()).succeeds();
    assert_eq!(run.stdout, "2 revisions applied, now at bbbb2222\n");
    assert_eq!(applied(&first), ["aaaa1111", "bbbb2222"]);
    // The same binary, on the other dialect.
    let run = workspace.migrator_alone("sqlite:alone.db?mode=rwc").succeeds();
    assert_eq!(run.stdout, "2 revisions applied, now at bbbb2222\n");

    for _ in 0..2 {
        let run = workspace.application(second.url()).succeeds();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("the sum is 1\n", ""));
    }
    assert_eq!(applied(&second), ["aaaa1111", "bbbb2222"]);

    workspace.replace(&file, "x int", "x bigint");
    for (run, database) in [
        (workspace.migrator_alone(first.url()), &first),
        (workspace.application(second.url()), &second),
    ] {
        let run = run.exits(1);
        assert!(run.stderr.contains("integrity.edited"), "{}", run.stderr);
        assert!(run.stderr.contains("aaaa1111 make aaaa1111 was edited"), "{}", run.stderr);
        assert_eq!(database.query("SELECT count(*) FROM _migrate_log"), ["2"]);
    }
}
