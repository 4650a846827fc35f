//! Databases that are none, or not to be touched.

use std::fs;

use migrate_tests::{Revision, execute};

use super::{SECOND, refused};

#[test]
fn a_url_that_is_none() {
    refused(&[
        (
            "no URL",
            |it| fs::remove_file(it.path(".env")).unwrap(),
            &["up"],
            3,
            "config.no_database_url",
            "DATABASE_URL=",
        ),
        ("an empty URL", |_| (), &["up", "-d", ""], 3, "config.database_url", "sqlite:app.db"),
        (
            "no URL at all",
            |_| (),
            &["up", "-d", "shop.db"],
            3,
            "config.database_url",
            "sqlite:app.db",
        ),
        (
            "no file named",
            |_| (),
            &["up", "-d", "sqlite:"],
            3,
            "config.database_url",
            "sqlite:app.db",
        ),
        (
            "another database",
            |_| (),
            &["up", "-d", "mysql://h/d"],
            3,
            "config.dialect",
            "`dialects` in [package.metadata.migrate]",
        ),
        (
            "an unknown parameter",
            |_| (),
            &["up", "-d", "sqlite:shop.db?mod=ro"],
            3,
            "config.database_url",
            "mode",
        ),
        (
            "a line of .env",
            |it| it.write(".env", "DATABASE_URL='x\n"),
            &["up"],
            3,
            "config.dotenv",
            "NAME=value",
        ),
    ]);
}

#[test]
fn a_file_that_cannot_be_opened_or_written() {
    let unreachable = "database.unreachable";
    refused(&[
        ("no folder", |_| (), &["up", "-d", "sqlite:no/shop.db"], 6, unreachable, "its folder"),
        (
            "no folder to create in",
            |_| (),
            &["database", "create", "-d", "sqlite:no/shop.db"],
            6,
            unreachable,
            "its folder",
        ),
        (
            "missing",
            |_| (),
            &["status", "-d", "sqlite:gone.db"],
            6,
            unreachable,
            "make it: cargo migrate -d sqlite:gone.db up",
        ),
        (
            "missing, mode=rw",
            |_| (),
            &["up", "-d", "sqlite:gone.db?mode=rw"],
            6,
            unreachable,
            "the file must",
        ),
        (
            "mode=ro",
            |_| (),
            &["up", "-d", "sqlite:shop.db?mode=ro"],
            6,
            "database.permission",
            "mode",
        ),
        (
            "no database",
            |it| it.write("shop.db", "a text\n".repeat(500)),
            &["up"],
            6,
            unreachable,
            "must be a database",
        ),
        (
            "no database, short",
            |it| it.write("shop.db", "a text"),
            &["status"],
            6,
            unreachable,
            "must be a database",
        ),
        ("a folder", |_| (), &["up", "-d", "sqlite:app"], 6, unreachable, "must be a database"),
        (
            "no permission",
            |it| {
                let file = it.path("shop.db");
                let mut permissions = fs::metadata(&file).unwrap().permissions();
                permissions.set_readonly(true);
                fs::set_permissions(&file, permissions).unwrap();
                if fs::OpenOptions::new().write(true).open(&file).is_ok() {
                    println!("file permissions: skipped, they bind no superuser");
                    it.write(".env", "DATABASE_URL=sqlite:shop.db?mode=ro\n");
                }
            },
            &["up"],
            6,
            "database.permission",
            "allows no writing",
        ),
    ]);
}

#[test]
fn a_history_that_is_not_ours_to_continue() {
    refused(&[
        (
            "a newer format",
            |it| execute(&it.path("shop.db"), "UPDATE _migrate_meta SET value = '2'"),
            &["up"],
            10,
            "history.version",
            "update cargo-migrate",
        ),
        (
            "a newer format with other columns",
            |it| {
                let sql = "UPDATE _migrate_meta SET value = '2'; \
                           ALTER TABLE _migrate_revisions RENAME COLUMN checksum TO sum";
                execute(&it.path("shop.db"), sql);
            },
            &["status"],
            10,
            "history.version",
            "update cargo-migrate",
        ),
        (
            "an edited revision",
            |it| it.replace("migrations/revisions/aaaa1111.sql", "(x int)", "(y int)"),
            &["up"],
            10,
            "integrity.edited",
            "cargo migrate restore aaaa1111",
        ),
        (
            "an unknown revision",
            |it| {
                fs::remove_file(it.path("migrations/revisions/aaaa1111.sql")).unwrap();
                it.revision(Revision { revises: "base", ..SECOND });
            },
            &["up"],
            10,
            "integrity.unknown",
            "cargo migrate restore aaaa1111",
        ),
        (
            "a revision applied in part",
            |it| {
                let sql = "UPDATE _migrate_revisions SET state = 'up_partial'";
                execute(&it.path("shop.db"), sql);
            },
            &["up"],
            9,
            "integrity.partial",
            "cargo migrate",
        ),
    ]);
}
