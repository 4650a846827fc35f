//! Scripts, and how every dialect takes them apart. Nothing may panic, the pieces must cover the
//! script, and each piece must be found again where it stands alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use migrate_model::script::{self, Effect, Script, Split, split};
use migrate_model::{Dialect, Position};

fuzz_target!(|text: &str| {
    for dialect in Dialect::ALL {
        match split(dialect, text) {
            Ok(split) => check_pieces(dialect, text, &split),
            Err(error) => {
                assert!(text.is_char_boundary(error.offset), "{error}");
                assert!(error.problem.hint().is_some(), "{error}");
                let _ = Position::at(text, error.offset);
            }
        }
        let _ = script::check(text, dialect);
    }
    read_sections(text);
});

fn check_pieces(dialect: Dialect, text: &str, split: &Split) {
    check_cover(text, split);
    for statement in &split.statements {
        let _ = Effect::of(dialect, &text[statement.sql.clone()]);
    }
    if !has_own_delimiter(text) {
        check_alone(dialect, text, split);
        check_joined(dialect, text, split);
    }
}

/// What ends a statement is said above it there, so that no piece means the same alone.
fn has_own_delimiter(text: &str) -> bool {
    text.to_ascii_lowercase().contains("delimiter")
}

/// One piece begins where the other ends, in the order of the text, and no character is cut.
fn check_cover(text: &str, split: &Split) {
    let mut at = 0;
    for statement in &split.statements {
        let (whole, sql) = (&statement.whole, &statement.sql);
        assert_eq!(whole.start, at);
        assert!(whole.start <= sql.start && sql.start < sql.end && sql.end <= whole.end);
        assert!([sql.start, sql.end, whole.end].iter().all(|place| text.is_char_boundary(*place)));
        at = whole.end;
    }
    assert_eq!(split.tail, at..text.len());
}

/// Each statement with its terminator is one statement, and the tail is none.
fn check_alone(dialect: Dialect, text: &str, whole: &Split) {
    for statement in &whole.statements {
        let piece = &text[statement.whole.clone()];
        let alone = split(dialect, piece).expect("it was read before");
        assert_eq!(sql(piece, &alone), [&text[statement.sql.clone()]], "{dialect}: {piece:?}");
    }
    let tail = split(dialect, &text[whole.tail.clone()]).expect("it was read before");
    assert!(tail.statements.is_empty(), "{dialect}: a statement in the tail");
}

/// Statements that are put together are taken apart again, even if a comment follows. Right behind
/// each stands its `;`, because MySQL takes two dashes for a comment if space follows them.
fn check_joined(dialect: Dialect, text: &str, whole: &Split) {
    let statements = sql(text, whole);
    let joined = statements.join(";") + "; -- end";
    let again = split(dialect, &joined).expect("each was read before");
    assert_eq!(sql(&joined, &again), statements, "{dialect}: {joined:?}");
}

fn sql<'a>(text: &'a str, split: &Split) -> Vec<&'a str> {
    split.statements.iter().map(|statement| &text[statement.sql.clone()]).collect()
}

/// As a file with sections, should it be one.
fn read_sections(text: &str) {
    let Ok(script) = Script::parse(text) else { return };
    let bodies = || script.sections().iter().map(|section| &text[section.body.clone()]);
    for dialect in Dialect::ALL {
        if !has_own_delimiter(text) && bodies().all(|body| split(dialect, body).is_ok()) {
            assert!(script::same_statements(dialect, text, text), "{dialect}: it isn't itself");
        }
        for section in script.sections() {
            match script::statements(text, section, dialect) {
                Ok(split) => check_cover(&text[section.body.clone()], &split),
                Err(error) => assert!(text.is_char_boundary(error.offset), "{error}"),
            }
        }
    }
}
