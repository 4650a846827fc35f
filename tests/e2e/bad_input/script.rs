//! Files that are no text, sections that are none, scripts that could not run.

use super::{FileCase, READERS, refused_files};

const HEADER: &str = "-- m\n--\n-- Revision: bbbb2222\n-- Revises: aaaa1111\n--\n\n";

/// The same behind a good header of six lines.
#[track_caller]
fn refused_scripts(commands: &[&str], cases: &[FileCase<'_>]) {
    let texts: Vec<Vec<u8>> =
        cases.iter().map(|(_, script, ..)| [HEADER.as_bytes(), script].concat()).collect();
    let cases = cases.iter().zip(&texts);
    let cases =
        cases.map(|((name, _, code, line, hint), text)| (*name, &**text, *code, *line, *hint));
    refused_files(commands, &cases.collect::<Vec<_>>());
}

#[test]
fn a_file_that_is_no_text_and_sections_that_are_none() {
    refused_scripts(
        &READERS,
        &[
            ("not UTF-8", b"-- migrate:up\nSELECT 1;\n--\xFF", "script.not_utf8", 9, "UTF-8"),
            ("NUL", b"-- migrate:up\nSELECT '\0';", "script.nul", 8, "UTF-8"),
            ("no section", b"-- nothing\n", "script.no_section", 8, "`-- migrate:up`"),
            ("only down", b"-- migrate:down\n", "script.no_section", 7, "`-- migrate:up`"),
            ("SQL outside", b"SELECT 1;\n-- migrate:up\n", "script.stray", 7, "`-- migrate:up`"),
            ("no direction", b"-- migrate:\n", "script.unknown_marker", 7, "`transaction:false`"),
            ("sideways", b"-- migrate:sideways\n", "script.unknown_marker", 7, "may follow"),
            ("unknown word", b"-- migrate:up fast\n", "script.unknown_marker", 7, "may follow"),
            (
                "unknown dialect",
                b"-- migrate:up dialect:oracle\n",
                "script.unknown_marker",
                7,
                "sqlite,postgres",
            ),
            (
                "up twice",
                b"-- migrate:up\nSELECT 1;\n-- migrate:up\n",
                "script.duplicate_section",
                9,
                "join the two",
            ),
            (
                "down twice for a dialect",
                b"-- migrate:up\n-- migrate:down dialect:sqlite\n-- migrate:down dialect:sqlite\n",
                "script.duplicate_section",
                9,
                "join the two",
            ),
        ],
    );
}

#[test]
fn a_script_that_could_not_run() {
    let control = "script.transaction_control";
    refused_scripts(
        &["up"],
        &[
            ("COMMIT", b"-- migrate:up\nSELECT 1;\n  COMMIT;\n", control, 9, "delete it"),
            ("COMMIT below", b"-- migrate:up\n-- migrate:down\nCOMMIT;\n", control, 9, "delete it"),
            ("string", b"-- migrate:up\nSELECT 'a;\n", "script.unterminated", 8, "close it"),
            ("comment", b"-- migrate:up\n\n /* a\n", "script.unterminated", 9, "close it"),
            (
                "a pragma without effect",
                b"-- migrate:up\nPRAGMA foreign_keys = off;\n",
                "script.no_effect",
                8,
                "transaction:false",
            ),
            (
                "another dialect's only",
                b"-- migrate:up dialect:postgres\n",
                "script.no_section",
                7,
                "plain section",
            ),
            (
                "what needs no transaction",
                b"-- migrate:up\nVACUUM;\n",
                "script.needs_no_transaction",
                8,
                "transaction:false",
            ),
        ],
    );
}
