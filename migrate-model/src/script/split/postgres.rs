//! PostgreSQL, as `psql` splits: <https://github.com/postgres/postgres/blob/master/src/fe_utils/psqlscan.l>.
//! A `;` inside parentheses (`CREATE RULE … DO (…; …)`) or in the `BEGIN ATOMIC … END` of a
//! routine ends nothing. What `psql` does itself is refused, because no server understands it.

use super::{Pieces, Split};
use crate::script::error::{ScriptError, ScriptProblem};
use crate::script::lexer::{Token, TokenKind, postgres_tokens};

pub(super) fn split(text: &str) -> Result<Split, ScriptError> {
    let mut pieces = Pieces::default();
    let mut statement = Statement::default();
    for token in postgres_tokens(text) {
        let Token { kind, span } = token?;
        match kind {
            TokenKind::Blank => {}
            TokenKind::Semicolon if statement.ends_here() => {
                pieces.finish(span.end);
                statement = Statement::default();
            }
            TokenKind::Semicolon
            | TokenKind::Word
            | TokenKind::Quoted
            | TokenKind::Mark
            | TokenKind::Other => {
                let word = &text[span.clone()];
                statement.take(kind, word, span.start);
                if kind == TokenKind::Other && word == "\\" {
                    return Err(client_only(span.start, backslash_command(&text[span.start..])));
                }
                if let Some(command) = statement.copy_through_client(word) {
                    return Err(client_only(pieces.begun_at().unwrap_or(span.start), command));
                }
                statement.previous = (word, span.start);
                pieces.extend(span);
            }
        }
    }
    match statement.open() {
        None => Ok(pieces.into_split(text.len())),
        Some((offset, what)) => {
            Err(ScriptError { offset, problem: ScriptProblem::Unterminated { what } })
        }
    }
}

/// What a statement's first words say about its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// Before the first word.
    #[default]
    Start,
    /// After CREATE [OR REPLACE].
    Create,
    /// CREATE FUNCTION or CREATE PROCEDURE: the body may be `BEGIN ATOMIC … END`.
    Routine,
    /// COPY: its data may follow it.
    Copy,
    /// Any other.
    Plain,
}

/// Things within each other, and where the outermost begins.
#[derive(Debug, Clone, Copy, Default)]
struct Nesting {
    depth: usize,
    outermost: usize,
}

impl Nesting {
    fn open(&mut self, at: usize) {
        if self.depth == 0 {
            self.outermost = at;
        }
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// The statement at hand.
#[derive(Debug, Default)]
struct Statement<'a> {
    kind: Kind,
    parentheses: Nesting,
    /// BEGIN ATOMIC, and every CASE in it: both end with END.
    blocks: Nesting,
    /// The token before this one, and where it begins.
    previous: (&'a str, usize),
}

impl<'a> Statement<'a> {
    fn ends_here(&self) -> bool {
        self.parentheses.depth == 0 && self.blocks.depth == 0
    }

    /// What the text should have closed.
    fn open(&self) -> Option<(usize, &'static str)> {
        let parenthesis =
            (self.parentheses.depth > 0).then_some((self.parentheses.outermost, "parenthesis"));
        let block = (self.blocks.depth > 0).then_some((self.blocks.outermost, "block"));
        parenthesis.into_iter().chain(block).min()
    }

    fn take(&mut self, kind: TokenKind, text: &'a str, at: usize) {
        let is = |word: &str| kind == TokenKind::Word && text.eq_ignore_ascii_case(word);
        match text {
            "(" => self.parentheses.open(at),
            ")" => self.parentheses.close(),
            _ if self.kind == Kind::Routine && self.parentheses.depth == 0 => {
                // Behind a dot or AS every word is a name.
                let is_name = self.previous.0 == "." || self.follows("AS");
                if is("ATOMIC") && self.follows("BEGIN") {
                    self.blocks.open(self.previous.1);
                } else if is("CASE") && self.blocks.depth > 0 && !is_name {
                    self.blocks.open(at);
                } else if is("END") && !is_name {
                    self.blocks.close();
                }
            }
            _ => {}
        }
        self.kind = match self.kind {
            Kind::Start if is("CREATE") => Kind::Create,
            Kind::Start if is("COPY") => Kind::Copy,
            Kind::Create if is("OR") || is("REPLACE") => Kind::Create,
            Kind::Create if is("FUNCTION") || is("PROCEDURE") => Kind::Routine,
            Kind::Start | Kind::Create | Kind::Plain => Kind::Plain,
            Kind::Routine => Kind::Routine,
            Kind::Copy => Kind::Copy,
        };
    }

    /// COPY reads from the client, or writes to it, only if that has been written to do so.
    /// STDIN and STDOUT mean the same (`copy_file_name` in `gram.y`).
    fn copy_through_client(&self, word: &str) -> Option<String> {
        if self.kind != Kind::Copy || self.parentheses.depth > 0 {
            return None;
        }
        let is = |name: &&str| word.eq_ignore_ascii_case(name);
        let direction = ["FROM", "TO"].into_iter().find(|word| self.follows(word))?;
        let file = ["STDIN", "STDOUT"].into_iter().find(is)?;
        Some(format!("COPY … {direction} {file}"))
    }

    fn follows(&self, word: &str) -> bool {
        self.previous.0.eq_ignore_ascii_case(word)
    }
}

/// A backslash outside of quotes is never SQL: psql's commands begin with it.
fn backslash_command(rest: &str) -> String {
    const LONGEST: usize = 40;
    rest.chars().take(LONGEST).take_while(|c| !c.is_whitespace()).collect()
}

fn client_only(offset: usize, command: String) -> ScriptError {
    ScriptError { offset, problem: ScriptProblem::ClientOnly { command } }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::dialect::Dialect;
    use crate::script::split::laws;

    #[track_caller]
    fn splits(text: &str, expected: &[&str]) {
        assert_eq!(laws::statements(Dialect::Postgres, text), expected);
    }

    #[track_caller]
    fn refuses(text: &str, offset: usize, code: &str) {
        assert_eq!(laws::refused(Dialect::Postgres, text), (offset, code));
    }

    #[test]
    fn strings_hide_semicolons() {
        splits("SELECT 'a;''b;', E'c\\';d', 'e\\'; f", &["SELECT 'a;''b;', E'c\\';d', 'e\\'", "f"]);
        splits("SELECT U&'\\0061;\\'; b", &["SELECT U&'\\0061;\\'", "b"]);
        splits("SELECT B'01;', X'1F;', n'x\\'; b", &["SELECT B'01;', X'1F;', n'x\\'", "b"]);
        splits("a \";\"\";\", U&\";\\\"; b", &["a \";\"\";\", U&\";\\\"", "b"]);
    }

    #[test]
    fn a_string_goes_on_after_a_line_break_in_its_own_kind() {
        let goes_on = "SELECT E'a' -- it's\n  'b\\';c'";
        splits(&format!("{goes_on}; d"), &[goes_on, "d"]);
        splits("SELECT E'a' 'b\\'; c", &["SELECT E'a' 'b\\'", "c"]);
        splits("SELECT 'a'\n'b\\'; c", &["SELECT 'a'\n'b\\'", "c"]);
        splits("SELECT E'a'\n- 'b\\'; c", &["SELECT E'a'\n- 'b\\'", "c"]);
    }

    #[test]
    fn dollar_quotes_hide_all() {
        let body = "DO $do$ BEGIN RAISE 'x;'; PERFORM $$;$$; END; $d$ $do$";
        splits(&format!("{body}; a"), &[body, "a"]);
        splits("SELECT $$;'$$; $é$;$é$", &["SELECT $$;'$$", "$é$;$é$"]);
        // A name may hold dollars, a parameter is a number, a tag isn't.
        splits("SELECT a$b$; c$b$", &["SELECT a$b$", "c$b$"]);
        splits("SELECT $1; $2$;$2", &["SELECT $1", "$2$", "$2"]);
        splits("SELECT 1$$;$$; a", &["SELECT 1$$;$$", "a"]);
    }

    #[test]
    fn comments_hide_semicolons_and_nest() {
        splits("a /* ; /* ; */ ; */; b -- ;\n; c -- ;", &["a", "b", "c"]);
        splits("a --;\rb; c", &["a --;\rb", "c"]);
        splits("SELECT 1 +/* ; */ 2 <--;\n3; b", &["SELECT 1 +/* ; */ 2 <--;\n3", "b"]);
        splits("SELECT /*/ ; */ 1; b", &["SELECT /*/ ; */ 1", "b"]);
    }

    #[test]
    fn parentheses_hold_a_statement_together() {
        let rule = "CREATE RULE r AS ON INSERT TO a DO (DELETE FROM b; NOTIFY c;)";
        splits(&format!("{rule}; d"), &[rule, "d"]);
        splits("a ')'; b); c", &["a ')'", "b)", "c"]);
        refuses("CREATE TABLE a (b int;\nCOMMIT;", 15, "script.unterminated");
    }

    #[test]
    fn the_body_of_a_routine_holds_statements() {
        let routine = "create or replace procedure p(i int default 1) language sql\nBEGIN ATOMIC\n  \
                       INSERT INTO a SELECT CASE WHEN i > 0 THEN CASE i WHEN 1 THEN 2 END END AS \
                       end, x.case, CASE WHEN x THEN 1END FROM x;\n  SELECT 1;\nEND";
        splits(&format!("{routine}; SELECT 2"), &[routine, "SELECT 2"]);
        splits(
            "CREATE FUNCTION begin() RETURNS int RETURN 1; CREATE TABLE atomic (x); END",
            &["CREATE FUNCTION begin() RETURNS int RETURN 1", "CREATE TABLE atomic (x)", "END"],
        );
        splits("BEGIN ATOMIC; a", &["BEGIN ATOMIC", "a"]);
        splits(
            "CREATE FUNCTION f() RETURNS int AS $$ BEGIN ATOMIC $$ LANGUAGE sql; a",
            &["CREATE FUNCTION f() RETURNS int AS $$ BEGIN ATOMIC $$ LANGUAGE sql", "a"],
        );
        refuses("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;", 20, "script.unterminated");
    }

    #[test]
    fn what_psql_does_itself_is_refused() {
        refuses("SELECT 1;\n\\connect other\n", 10, "script.client_command");
        refuses("SELECT 1 \\gset\n", 9, "script.client_command");
        refuses(
            "a;\n-- b\nCOPY public.a (b) FROM stdin;\n1\tit's\n\\.\n",
            8,
            "script.client_command",
        );
        refuses("COPY (SELECT 1) TO STDOUT", 0, "script.client_command");
        splits("COPY a FROM '/tmp/stdin'; b", &["COPY a FROM '/tmp/stdin'", "b"]);
        splits(
            "COPY (SELECT x FROM stdin) TO PROGRAM 'gzip'",
            &["COPY (SELECT x FROM stdin) TO PROGRAM 'gzip'"],
        );
        splits("SELECT a FROM stdin", &["SELECT a FROM stdin"]);
    }

    #[test]
    fn what_never_ends_is_refused_where_it_begins() {
        for text in ["a 'b", "a E'b\\'", "a \"b", "a /* /* */ b", "a $$b$", "a $b$ $$", "a (b"] {
            refuses(text, 2, "script.unterminated");
        }
        refuses("a U&'b", 2, "script.unterminated");
    }

    #[test]
    fn nothing_is_no_statement() {
        splits("", &[]);
        splits(" ; -- x\n ;/* y */ --", &[]);
    }

    #[test]
    fn a_dump_is_split() {
        let dump = include_str!("samples/postgres.sql");
        let statements = laws::statements(Dialect::Postgres, dump);
        let starts: Vec<&str> =
            statements.iter().map(|sql| sql.lines().next().unwrap_or_default()).collect();
        assert_eq!(
            starts,
            [
                "SET statement_timeout = 0",
                "SET standard_conforming_strings = on",
                "SELECT pg_catalog.set_config('search_path', '', false)",
                "CREATE TYPE public.mood AS ENUM (",
                "CREATE FUNCTION public.touch() RETURNS trigger",
                "ALTER FUNCTION public.touch() OWNER TO shop",
                "CREATE FUNCTION public.price(cents integer) RETURNS text",
                "CREATE TABLE public.projects (",
                "COMMENT ON TABLE public.projects IS 'What a customer owns; see the wiki''s page'",
                "CREATE SEQUENCE public.projects_id_seq",
                "ALTER TABLE ONLY public.projects ALTER COLUMN id SET DEFAULT nextval('public.projects_id_seq'::regclass)",
                "INSERT INTO public.projects VALUES (1, E'a\\tb;c', '{\"k\": \"--\"}')",
                "CREATE UNIQUE INDEX ix_projects_name ON public.projects USING btree (lower(name)) WHERE (name <> ';'::text)",
                "CREATE TRIGGER touch BEFORE UPDATE ON public.projects FOR EACH ROW EXECUTE FUNCTION public.touch()",
                "CREATE RULE no_delete AS",
            ]
        );
    }

    const PIECES: &str = "('|\"|E'|U&'|U&\"|\\\\|\\$\\$|\\$a\\$|\\$1|/\\*|\\*/|--|\n|;|\\(|\\)|CREATE \
                          FUNCTION |BEGIN ATOMIC |CASE |END|AS |COPY |FROM stdin|x|é| |\r|1|-|\\+){0,30}";

    const STATEMENTS: &str = "(SELECT '|'; |E'\\\\''|U&'x'|\"a;\"|\\$\\$;\\$\\$|/\\* ; \\*/|-- x\n|;|\\(;\\)|CREATE FUNCTION \
                              f BEGIN ATOMIC SELECT CASE 1 END; END|x|é| |\n|1){0,20}";

    proptest! {
        #[test]
        fn the_pieces_cover_the_script(text in PIECES) {
            laws::cover(Dialect::Postgres, &text)?;
        }

        #[test]
        fn any_text_is_covered(text in "\\PC{0,40}") {
            laws::cover(Dialect::Postgres, &text)?;
        }

        #[test]
        fn what_is_joined_is_taken_apart(text in STATEMENTS) {
            laws::join(Dialect::Postgres, &text)?;
        }
    }
}
