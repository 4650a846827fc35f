//! Splitting a script into statements, each with its place. Only `;` at the end of a statement
//! splits: not in quotes, not in comments, not between the BEGIN and the END of a trigger.

use std::ops::Range;

use super::error::{ScriptError, ScriptProblem};
use super::lexer::{TokenKind, sqlite_token};
use crate::dialect::Dialect;

/// One statement of a script. All places are bytes of the text that was split.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::split;
///
/// let text = "-- one\nSELECT 1;";
/// let statement = &split(Dialect::Sqlite, text)?.statements[0];
/// assert_eq!(&text[statement.whole.clone()], text);
/// assert_eq!(&text[statement.sql.clone()], "SELECT 1");
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// From the end of the statement before to its own `;`: with the comments that lead it.
    pub whole: Range<usize>,
    /// From its first word to its last, without the `;`.
    pub sql: Range<usize>,
}

/// A script in pieces: the statements' `whole` and then `tail` cover it without gaps.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::split;
///
/// let text = "SELECT 1; SELECT 2; -- done";
/// let split = split(Dialect::Sqlite, text)?;
/// assert_eq!((split.statements.len(), &text[split.tail]), (2, " -- done"));
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The statements; a lone `;` is none.
    pub statements: Vec<Statement>,
    /// What follows the last statement: space and comments.
    pub tail: Range<usize>,
}

/// Splits a script of that dialect.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::split;
///
/// let text = "INSERT INTO a VALUES ('x;y'); -- one; only\nDELETE FROM b";
/// let split = split(Dialect::Sqlite, text)?;
/// let sql: Vec<&str> = split.statements.iter().map(|s| &text[s.sql.clone()]).collect();
/// assert_eq!(sql, ["INSERT INTO a VALUES ('x;y')", "DELETE FROM b"]);
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
pub fn split(dialect: Dialect, text: &str) -> Result<Split, ScriptError> {
    match dialect {
        Dialect::Sqlite => split_sqlite(text),
        Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb => {
            Err(ScriptError { offset: 0, problem: ScriptProblem::UnsupportedDialect { dialect } })
        }
    }
}

fn split_sqlite(text: &str) -> Result<Split, ScriptError> {
    let mut splitter = Splitter::default();
    let mut at = 0;
    while at < text.len() {
        let token = sqlite_token(text, at)?;
        at = token.span.end;
        splitter.take(token.kind, &token.span, &text[token.span.clone()]);
    }
    splitter.finish_statement(text.len());
    Ok(Split { statements: splitter.statements, tail: splitter.start..text.len() })
}

/// Where the splitter stands in a statement. The trigger rule is `sqlite3_complete()`'s: a
/// statement that begins with CREATE [TEMP] TRIGGER ends at `; END ;`, whatever CASE … END
/// stands in its body (<https://www.sqlite.org/c3ref/complete.html>).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Before the first word.
    #[default]
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

#[derive(Default)]
struct Splitter {
    statements: Vec<Statement>,
    state: State,
    /// The end of the statement before.
    start: usize,
    /// The span from the first to the last word so far.
    sql: Option<Range<usize>>,
}

impl Splitter {
    fn take(&mut self, kind: TokenKind, span: &Range<usize>, text: &str) {
        match kind {
            TokenKind::Blank => {}
            TokenKind::Semicolon if self.ends_here() => self.finish_statement(span.end),
            TokenKind::Semicolon | TokenKind::Word | TokenKind::Quoted | TokenKind::Other => {
                self.state = self.next_state(kind, text);
                let start = self.sql.as_ref().map_or(span.start, |sql| sql.start);
                self.sql = Some(start..span.end);
            }
        }
    }

    fn ends_here(&self) -> bool {
        !matches!(self.state, State::Trigger | State::TriggerSemicolon)
    }

    fn next_state(&self, kind: TokenKind, text: &str) -> State {
        let is = |word: &str| kind == TokenKind::Word && text.eq_ignore_ascii_case(word);
        match self.state {
            State::Start | State::Explain if is("CREATE") => State::Create,
            State::Start if is("EXPLAIN") => State::Explain,
            State::Explain if is("QUERY") || is("PLAN") => State::Explain,
            State::Create if is("TEMP") || is("TEMPORARY") => State::Create,
            State::Create if is("TRIGGER") => State::Trigger,
            State::Start | State::Explain | State::Create | State::Plain => State::Plain,
            _ if kind == TokenKind::Semicolon => State::TriggerSemicolon,
            State::TriggerSemicolon if is("END") => State::TriggerEnd,
            State::Trigger | State::TriggerSemicolon | State::TriggerEnd => State::Trigger,
        }
    }

    fn finish_statement(&mut self, end: usize) {
        self.state = State::Start;
        if let Some(sql) = self.sql.take() {
            self.statements.push(Statement { whole: self.start..end, sql });
            self.start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn splits(text: &str, expected: &[&str]) {
        let split = split(Dialect::Sqlite, text).unwrap();
        let sql: Vec<&str> = split.statements.iter().map(|s| &text[s.sql.clone()]).collect();
        assert_eq!(sql, expected);
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
        for (text, offset) in [("a 'b", 2), ("a /* b", 2), ("[", 0), ("x; \"", 3)] {
            let error = split(Dialect::Sqlite, text).unwrap_err();
            assert_eq!((error.offset, error.problem.code()), (offset, "script.unterminated"));
        }
    }

    proptest! {
        #[test]
        fn the_pieces_cover_the_script(text in "[a-zé;'\"`\\[\\] \n/*-]{0,40}|(CREATE TRIGGER|BEGIN|END|CASE|;| |--|\n|é|'x'){0,30}") {
            if let Ok(split) = split(Dialect::Sqlite, &text) {
                let mut at = 0;
                for statement in &split.statements {
                    prop_assert_eq!(statement.whole.start, at);
                    prop_assert!(statement.whole.start <= statement.sql.start);
                    prop_assert!(statement.sql.start < statement.sql.end);
                    prop_assert!(statement.sql.end <= statement.whole.end);
                    at = statement.whole.end;
                }
                prop_assert_eq!(split.tail, at..text.len());
            }
        }
    }
}
