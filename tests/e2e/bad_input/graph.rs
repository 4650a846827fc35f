//! Revisions that are no graph, and targets that are not on it.

use std::fs;

use migrate_tests::Revision;

use super::{SECOND, SECOND_FILE, refused};

#[test]
fn a_graph_that_is_none() {
    refused(&[
        (
            "unknown parent",
            |it| drop(it.revision(Revision { revises: "eeee5555", ..SECOND })),
            &["up"],
            4,
            "graph.unresolved",
            "bring the file of eeee5555 back",
        ),
        (
            "a parent misspelt",
            |it| drop(it.revision(Revision { revises: "aaaa1112", ..SECOND })),
            &["status"],
            4,
            "graph.unresolved",
            "did you mean aaaa1111?",
        ),
        (
            "a cycle",
            |it| {
                it.revision(Revision { revises: "cccc3333", ..SECOND });
                it.revision(Revision { id: "cccc3333", revises: "bbbb2222", ..SECOND });
            },
            &["up"],
            4,
            "graph.cycle",
            "another parent",
        ),
        (
            "an id twice",
            |it| it.write("migrations/revisions/copy.sql", it.read(SECOND_FILE)),
            &["up"],
            4,
            "graph.duplicate",
            "another id",
        ),
        (
            "another id in the name",
            |it| {
                it.write(
                    "migrations/revisions/2026-11-23_0123456789ab_b.sql",
                    it.read(SECOND_FILE),
                );
                fs::remove_file(it.path(SECOND_FILE)).unwrap();
            },
            &["up"],
            4,
            "header.other_id",
            "rename the file so that it carries bbbb2222",
        ),
        (
            "two heads",
            |it| drop(it.revision(Revision { id: "cccc3333", ..SECOND })),
            &["up"],
            4,
            "graph.multiple_heads",
            "cargo migrate rebase cccc3333 --onto bbbb2222",
        ),
        (
            "a revision without down",
            |it| {
                it.revision(Revision { down: None, ..SECOND });
                it.migrate(["up"]).succeeds();
            },
            &["down", "base"],
            4,
            "revision.irreversible",
            "write a new revision",
        ),
        (
            "a revision in Rust",
            |it| {
                let text = "//! m\n//!\n//! Revision: cccc3333\n//! Revises: bbbb2222\n";
                it.write("migrations/revisions/cccc3333.rs", text);
            },
            &["up"],
            4,
            "script.rust",
            "in SQL",
        ),
        (
            "an unknown target",
            |_| (),
            &["up", "zzzz"],
            4,
            "graph.unresolved",
            "cargo migrate history",
        ),
        (
            "a target out of reach",
            |_| (),
            &["down", "-2"],
            4,
            "graph.relative_out_of_reach",
            "cargo migrate current",
        ),
    ]);
}
