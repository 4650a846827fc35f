//! The servers of the tests keep what they are given, and each test has a database of its own.

use migrate_tests::{Database, mariadb, postgres};

const TEA: &str = "🫖 tea, θέα, 茶";

#[test]
fn postgres_gives_every_test_a_database_and_keeps_all_of_unicode() {
    let Some(server) = postgres() else { return };
    let (first, second) = (server.database(), server.database());
    keeps_all_of_unicode(&first);
    let count = "SELECT count(*) FROM pg_tables WHERE tablename = 'drinks'";
    assert_eq!(second.query(count), ["0"]);
    assert_eq!(first.query("SELECT true UNION ALL SELECT NULL"), ["t", "NULL"]);

    let others = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", first.name());
    assert_eq!(second.query(&others), ["1"]);
    drop(first);
    assert_eq!(second.query(&others), ["0"]);
}

#[test]
fn mariadb_gives_every_test_a_database_and_keeps_all_of_unicode() {
    let Some(server) = mariadb() else { return };
    let (first, second) = (server.database(), server.database());
    keeps_all_of_unicode(&first);
    let count = "SELECT count(*) FROM information_schema.tables \
                 WHERE table_schema = database() AND table_name = 'drinks'";
    assert_eq!(second.query(count), ["0"]);
    assert_eq!(first.query("SELECT true UNION ALL SELECT NULL"), ["1", "NULL"]);

    let others = format!(
        "SELECT count(*) FROM information_schema.schemata WHERE schema_name = '{}'",
        first.name()
    );
    assert_eq!(second.query(&others), ["1"]);
    drop(first);
    assert_eq!(second.query(&others), ["0"]);
}

fn keeps_all_of_unicode(database: &Database) {
    database.execute(&format!(
        "CREATE TABLE drinks (id integer PRIMARY KEY, name varchar(50) NOT NULL, at timestamp);\n\
         INSERT INTO drinks VALUES (2, 'água', '2026-11-23 10:12:13'), (1, '{TEA}', NULL);"
    ));
    assert_eq!(database.query("SELECT name FROM drinks ORDER BY id"), [TEA, "água"]);
    assert_eq!(database.query("SELECT char_length(name) FROM drinks ORDER BY id"), ["13", "4"]);
    let at = "SELECT at FROM drinks WHERE id = 2";
    assert_eq!(database.query(at), ["2026-11-23 10:12:13"]);
}
