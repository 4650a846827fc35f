//! Headers that are none.

use super::{READERS, refused_files};

#[test]
fn a_malformed_header() {
    let long = format!("-- m\n--\n-- Revision: {}\n-- Revises: base\n", "a".repeat(65));
    refused_files(
        &READERS,
        &[
            ("empty file", b"", "header.missing", 1, "-- Revision: "),
            ("no header", b"CREATE TABLE b (x);\n", "header.missing", 1, "-- Revision: "),
            ("no message", b"--\n--\n-- Revision: b\n", "header.message", 1, "add projects table"),
            ("no keys", b"-- m\n\n-- migrate:up\n", "header.missing_key", 1, "-- Revision: "),
            ("no gap", b"-- m\n-- Revision: b\n", "header.missing_key", 2, "-- Revision: "),
            ("no key", b"-- m\n--\n-- a text\n", "header.malformed", 3, "Revision: "),
            ("unknown key", b"-- m\n--\n-- Revise: a\n", "header.unknown_key", 3, "`X-`"),
            ("no Revision", b"-- m\n--\n-- Revises: a\n", "header.missing_key", 3, "Revision: "),
            ("no Revises", b"-- m\n--\n-- Revision: b\n", "header.missing_key", 3, "Revises: base"),
            (
                "a key twice",
                b"-- m\n--\n-- Revision: b\n-- Revision: c\n",
                "header.duplicate_key",
                4,
                "delete",
            ),
            (
                "bad id",
                b"-- m\n--\n-- Revision: b-2\n",
                "graph.illegal_identifier",
                3,
                "letters, digits",
            ),
            (
                "reserved id",
                b"-- m\n--\n-- Revision: head\n",
                "graph.illegal_identifier",
                3,
                "heads",
            ),
            ("long id", long.as_bytes(), "graph.illegal_identifier", 3, "64"),
            ("bad parent", b"-- m\n--\n-- Revises: a, ,b\n", "header.bad_value", 3, "letters"),
            ("bad label", b"-- m\n--\n-- Labels: a b\n", "header.bad_value", 3, "letters"),
            ("bad time", b"-- m\n--\n-- Created: now\n", "header.bad_value", 3, "2026-11-23T10:"),
            (
                "its own parent",
                b"-- m\n--\n-- Revision: b\n-- Revises: b\n",
                "graph.cycle",
                4,
                "another parent",
            ),
        ],
    );
}
