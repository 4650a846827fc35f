//! SQLite: only the body of a trigger holds statements of its own.

use super::{Pieces, Split};
use crate::script::error::{ScriptError, ScriptProblem};
use crate::script::lexer::{TokenKind, sqlite_tokens};

pub(super) fn split(text: &str) -> Result<Split, ScriptError> {
    let mut pieces = Pieces::default();
    let mut state = State::Start;
    for token in sqlite_tokens(text) {
        let token = token?;
        if token.kind == TokenKind::Blank {
            continue;
        }
        if token.kind == TokenKind::Semicolon && state.ends_here() {
            pieces.finish(token.span.end);
            state = State::Start;
        } else {
            state = state.next(token.kind, &text[token.span.clone()]);
            pieces.extend(token.span);
        }
    }
    match pieces.begun_at() {
        Some(offset) if !state.ends_here() => {
            Err(ScriptError { offset, problem: ScriptProblem::Unterminated { what: "trigger" } })
        }
        _ => Ok(pieces.into_split(text.len())),
    }
}

/// Where the splitter stands in a statement. The trigger rule is `sqlite3_complete()`'s: a
/// statement that begins with CREATE [TEMP] TRIGGER ends at `; END ;`, whatever CASE … END
/// stands in its body (<https://www.sqlite.org/c3ref/complete.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first word.
    Start,
    /// After EXPLAIN, at the first word of what is explained.
    Explain,
    /// After CREATE.
    Create,
    /// In a statement that ends at the next `;`.
    Plain,
    /// In a trigger.
    Trigger,
    /// In a trigger, right after a `;`.
    TriggerSemicolon,
    /// In a trigger, right after `; END`.
    TriggerEnd,
}

impl State {
    fn ends_here(self) -> bool {
        !matches!(self, Self::Trigger | Self::TriggerSemicolon)
    }

    fn next(self, kind: TokenKind, text: &str) -> Self {
        let is = |word: &str| kind == TokenKind::Word && text.eq_ignore_ascii_case(word);
        match self {
            Self::Start | Self::Explain if is("CREATE") => Self::Create,
            Self::Start if is("EXPLAIN") => Self::Explain,
            Self::Explain if is("QUERY") || is("PLAN") => Self::Explain,
            Self::Create if is("TEMP") || is("TEMPORARY") => Self::Create,
            Self::Create if is("TRIGGER") => Self::Trigger,
            Self::Start | Self::Explain | Self::Create | Self::Plain => Self::Plain,
            _ if kind == TokenKind::Semicolon => Self::TriggerSemicolon,
            Self::TriggerSemicolon if is("END") => Self::TriggerEnd,
            Self::Trigger | Self::TriggerSemicolon | Self::TriggerEnd => Self::Trigger,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::dialect::Dialect;
    use crate::script::split::laws;

    #[track_caller]
    fn splits(text: &str, expected: &[&str]) {
        assert_eq!(laws::statements(Dialect::Sqlite, text), expected);
    }

    #[test]
    fn quotes_and_comments_hide_semicolons() {
        splits(
            "SELECT ';''--;'; SELECT \";\"\"\", `;```, [;]; ",
            &["SELECT ';''--;'", "SELECT \";\"\"\", `;```, [;]"],
        );
        splits("a -- ;\n; /* ; */ b /* it's; */ ;; c", &["a", "b", "c"]);
        splits("a /* no /* nesting */ ; b", &["a", "b"]);
        splits("SELECT x'AB;'", &["SELECT x'AB;'"]);
    }

    #[test]
    fn nothing_is_no_statement() {
        splits("", &[]);
        splits(" ; -- x\n ;/* y */", &[]);
    }

    #[test]
    fn a_trigger_ends_at_its_end() {
        let trigger = "CREATE TEMP TRIGGER t AFTER UPDATE ON a BEGIN\n  UPDATE b SET c = CASE WHEN \
                       1 THEN CASE 2 WHEN 3 THEN 4 END END;\n  SELECT 1; -- END;\nEND";
        splits(&format!("{trigger}; SELECT 2"), &[trigger, "SELECT 2"]);
        splits(trigger, &[trigger]);
        splits("CREATE TABLE trigger_log (x); END;", &["CREATE TABLE trigger_log (x)", "END"]);
        splits(
            "EXPLAIN CREATE TRIGGER t BEGIN a; END; b",
            &["EXPLAIN CREATE TRIGGER t BEGIN a; END", "b"],
        );
        let named_end = "CREATE TRIGGER t BEGIN UPDATE a SET \"end\"=1; END";
        splits(&format!("{named_end} ; x"), &[named_end, "x"]);
    }

    #[test]
    fn what_never_ends_is_refused_where_it_begins() {
        let refuses = |text, offset| {
            assert_eq!(laws::refused(Dialect::Sqlite, text), (offset, "script.unterminated"));
        };
        refuses("a 'b", 2);
        refuses("a /* b", 2);
        refuses("[", 0);
        refuses("x; \"", 3);
        // All that follows would be taken for the trigger's.
        refuses("x; CREATE TRIGGER t BEGIN SELECT 1; SELECT 2", 3);
        refuses("x; CREATE TRIGGER t EXECUTE FUNCTION f();\nCREATE TABLE b (c);\n", 3);
        refuses("CREATE TRIGGER t BEGIN SELECT 1; END t; COMMIT;", 0);
    }

    const STATEMENTS: &str = "(SELECT '|'; |\"a;\"|\\[;\\]|`;`|/\\* ; \\*/|-- x\n|;|EXPLAIN |CREATE TRIGGER t BEGIN |SELECT CASE 1 END; \
                              END;|x|é| |\n|1|-){0,20}";

    proptest! {
        #[test]
        fn the_pieces_cover_the_script(text in "[a-zé;'\"`\\[\\] \n/*-]{0,40}|(CREATE TRIGGER|BEGIN|END|CASE|;| |--|\n|é|'x'){0,30}") {
            laws::cover(Dialect::Sqlite, &text)?;
        }

        #[test]
        fn what_is_joined_is_taken_apart(text in STATEMENTS) {
            laws::join(Dialect::Sqlite, &text)?;
        }
    }
}
