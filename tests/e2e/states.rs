//! What the tests compare: a state tells every kind of change apart, and nothing of the history.

use migrate_tests::{Dialect, Place, mariadb, postgres};

/// Each is a change that the next one doesn't undo.
const OF_BOTH: [&str; 9] = [
    "CREATE TABLE a (id int PRIMARY KEY, name varchar(20))",
    "INSERT INTO a VALUES (1, NULL)",
    "CREATE TABLE b (id int, a int)",
    "INSERT INTO b VALUES (NULL, 1)",
    "UPDATE b SET id = 2",
    "ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES a (id)",
    "ALTER TABLE b ADD CONSTRAINT ck CHECK (id > 1)",
    "CREATE INDEX ix ON a (name)",
    "CREATE VIEW v AS SELECT id FROM a",
];
const OF_POSTGRES: [&str; 4] = [
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()",
    "ALTER TABLE b ALTER id SET DEFAULT 3",
    "COMMENT ON TABLE a IS 'x'",
];
const OF_MARIADB: [&str; 7] = [
    "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END",
    "CREATE PROCEDURE p() BEGIN SELECT 1; END",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SET @a = 1; END",
    "ALTER TABLE b ALTER id SET DEFAULT 3",
    "ALTER TABLE a COMMENT = 'x'",
    "ALTER TABLE a ADD c blob, MODIFY name varchar(20) COLLATE utf8mb4_bin",
    "INSERT INTO a VALUES (7, 'it''s', x'00ff')",
];

fn every_change_is_seen<'a>(place: &Place, changes: impl Iterator<Item = &'a str>) {
    let mut before = place.state();
    assert_eq!(before, [""; 0]);
    for change in changes {
        place.execute(change);
        let after = place.state();
        assert_ne!(after, before, "{change}");
        assert_eq!(place.state(), after, "{change}");
        before = after;
    }
    place.execute("CREATE TABLE _migrate_revisions (id int)");
    assert_eq!(place.state(), before);
    assert_eq!(place.tables(), ["_migrate_revisions", "a", "b"]);
}

#[test]
fn every_change_is_seen_on_postgres() {
    let Some(server) = postgres() else { return };
    let place = Place::Server(server.database());
    every_change_is_seen(&place, OF_BOTH.into_iter().chain(OF_POSTGRES));
}

#[test]
fn every_change_is_seen_on_mariadb() {
    let Some(server) = mariadb() else { return };
    let place = Place::Server(server.database());
    assert_eq!(place.dialect(), Dialect::Mariadb);
    every_change_is_seen(&place, OF_BOTH.into_iter().chain(OF_MARIADB));
    assert!(place.state().contains(&"a: '7','it\\'s',00FF".to_owned()), "{:?}", place.state());
    place
        .run_by_client("DELIMITER $$\nCREATE PROCEDURE q() BEGIN SELECT ';'; END$$\nDELIMITER ;\n");
    let procedures = "SELECT routine_name FROM information_schema.routines \
                      WHERE routine_schema = database() ORDER BY 1";
    assert_eq!(place.query(procedures), ["p", "q"]);
}
