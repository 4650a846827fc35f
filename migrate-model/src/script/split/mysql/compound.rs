//! The blocks of a stored program: `BEGIN … END`, `IF … END IF` and their like, within which a
//! `;` ends nothing (<https://dev.mysql.com/doc/refman/8.4/en/sql-compound-statements.html>,
//! <https://mariadb.com/kb/en/programmatic-compound-statements/>).
//!
//! Their keywords are names of functions and columns, too: `IF(a, b, c)`, `REPEAT('x', 3)`,
//! `DROP TABLE IF EXISTS`, a column `end`. So what counts is whether a statement can begin where
//! the word stands.

use crate::script::lexer::TokenKind;

/// What the words so far make of a statement.
#[derive(Debug, Default)]
pub(super) struct Compound<'a> {
    state: State,
    blocks: Vec<Block>,
    parentheses: usize,
    /// The token before this one.
    previous: &'a str,
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Before the first word.
    #[default]
    Start,
    /// BEGIN, which begins a block only as BEGIN NOT ATOMIC.
    Begin {
        /// Where it stands.
        at: usize,
    },
    /// After CREATE or ALTER, and what may stand before the kind of a program.
    Create,
    /// At a name in DEFINER = name@name.
    Definer,
    /// After the kind of a program, up to its name.
    Name(Program),
    /// Between the name and the body.
    Header(Program),
    /// After FOLLOWS or PRECEDES, at a trigger's name.
    Order,
    /// In the body.
    Body(Place),
    /// In a body that is one statement without blocks.
    Simple,
    /// In no program.
    Plain,
}

/// The kinds of programs, as their bodies begin differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    /// The body follows the parameters and the characteristics.
    Routine,
    /// The body follows FOR EACH ROW.
    Trigger,
    /// The body follows DO.
    Event,
    /// MariaDB's: routines, and END.
    Package,
}

/// Where a body stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A statement can begin here.
    Start,
    /// After the first word of a statement, which is a label if a colon follows.
    Label,
    /// In DECLARE … HANDLER FOR, at a condition.
    Condition,
    /// After a condition of a handler: another, or its statement.
    AfterCondition,
    /// Anywhere else.
    Inside,
}

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    kind: BlockKind,
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    /// BEGIN and LOOP: statements up to END.
    Plain,
    /// IF and the statement CASE: statements after each THEN and ELSE.
    Branches,
    /// WHILE and FOR: statements after DO.
    Do,
    /// REPEAT.
    Repeat,
    /// After UNTIL: END follows an expression.
    Until,
    /// The expression CASE: it ends at END, and no `;` stands in it.
    Case,
    /// CREATE PACKAGE.
    Package(Routine),
}

/// What a package stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Routine {
    /// Between routines.
    None,
    /// After PROCEDURE or FUNCTION: a body may follow.
    Header,
    /// After AS or IS: a body will follow, after its variables.
    Variables,
}

impl<'a> Compound<'a> {
    /// Whether a `;` here belongs to the statement.
    pub(super) fn is_open(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Whether the statement is a program or makes one.
    pub(super) fn is_program(&self) -> bool {
        match self.state {
            State::Start | State::Begin { .. } | State::Create | State::Definer | State::Plain => {
                false
            }
            State::Name(_) | State::Header(_) | State::Order | State::Body(_) | State::Simple => {
                true
            }
        }
    }

    /// Where the outermost block begins that is still open.
    pub(super) fn open_block(&self) -> Option<usize> {
        self.blocks.first().map(|block| block.at)
    }

    /// The next token that is no blank.
    pub(super) fn take(&mut self, kind: TokenKind, text: &'a str, at: usize) {
        if matches!(self.state, State::Plain | State::Simple) {
            return;
        }
        match text {
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
        let keyword = match kind {
            TokenKind::Word if !matches!(self.previous, "." | "@") => text.to_ascii_uppercase(),
            TokenKind::Word | TokenKind::Quoted => "a name".to_owned(),
            TokenKind::Blank | TokenKind::Semicolon | TokenKind::Mark | TokenKind::Other => {
                text.to_owned()
            }
        };
        self.state = self.next(&keyword, at);
        self.previous = text;
    }

    fn next(&mut self, word: &str, at: usize) -> State {
        match (self.state, word) {
            (State::Start, "CREATE" | "ALTER")
            | (State::Create, "OR" | "REPLACE" | "AGGREGATE" | "DEFINER" | "(" | ")")
            | (State::Definer, _) => State::Create,
            (State::Start, "BEGIN") => State::Begin { at },
            (State::Start, "IF" | "CASE" | "LOOP" | "REPEAT" | "WHILE" | "FOR") => {
                self.begin_statement(word, at)
            }
            (State::Begin { at }, "NOT") => self.open(BlockKind::Plain, at, Place::Inside),

            (State::Create, "PROCEDURE" | "FUNCTION") => State::Name(Program::Routine),
            (State::Create, "TRIGGER") => State::Name(Program::Trigger),
            (State::Create, "EVENT") => State::Name(Program::Event),
            (State::Create, "PACKAGE") => State::Name(Program::Package),
            (State::Create, "=" | "@" | ".") => State::Definer,

            (State::Name(program), "IF" | "NOT" | "EXISTS" | "BODY") => State::Name(program),
            (State::Name(Program::Package), _) => {
                self.open(BlockKind::Package(Routine::None), at, Place::Inside)
            }
            (State::Name(program), _) => State::Header(program),
            (State::Header(program), _) => self.header(program, word, at),
            (State::Order, _) => State::Body(Place::Start),
            (State::Simple, _) => State::Simple,
            (State::Body(place), _) => self.body(place, word, at),
            (State::Start | State::Begin { .. } | State::Create | State::Plain, _) => State::Plain,
        }
    }

    fn header(&mut self, program: Program, word: &str, at: usize) -> State {
        let header = State::Header(program);
        match (program, word) {
            (Program::Trigger, "ROW") if matches_any(self.previous, &["EACH"]) => {
                State::Body(Place::Start)
            }
            (Program::Event, "DO") => State::Body(Place::Start),
            (Program::Routine, _) if self.parentheses == 0 => match word {
                // SET is also a part of types.
                "SET" if !matches_any(self.previous, &["RETURNS", "CHARACTER", "CHAR"]) => {
                    State::Simple
                }
                "RETURN" | "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "WITH"
                | "CALL" | "DO" | "DROP" | "CREATE" | "ALTER" | "TRUNCATE" | "RENAME"
                | "EXECUTE" | "PREPARE" | "SIGNAL" | "ANALYZE" | "OPTIMIZE" | "GRANT"
                | "REVOKE" | "SHOW" | "VALUES" => State::Simple,
                "BEGIN" | "IF" | "CASE" | "LOOP" | "REPEAT" | "WHILE" | "FOR" => {
                    self.begin_statement(word, at)
                }
                ":" => State::Body(Place::Start),
                _ => header,
            },
            (Program::Routine | Program::Trigger | Program::Event | Program::Package, _) => header,
        }
    }

    fn body(&mut self, place: Place, word: &str, at: usize) -> State {
        let place = match (place, word) {
            (Place::Start, _) if !self.is_in_routine_of_package() => {
                return self.begin_statement(word, at);
            }
            (Place::Label, ":") => Place::Start,
            // SQLSTATE [VALUE] '23000' and NOT FOUND are conditions of several words.
            (Place::Condition, "SQLSTATE" | "VALUE" | "NOT" | "FOR")
            | (Place::AfterCondition, ",") => Place::Condition,
            (Place::Condition, _) => Place::AfterCondition,
            (Place::AfterCondition, _) => return self.begin_statement(word, at),
            (Place::Start | Place::Label | Place::Inside, _) => {
                return State::Body(self.inside(word, at));
            }
        };
        State::Body(place)
    }

    /// The first word of a statement.
    fn begin_statement(&mut self, word: &str, at: usize) -> State {
        let (kind, place) = match word {
            "BEGIN" if self.is_initialisation() => return State::Body(Place::Start),
            "BEGIN" | "LOOP" => (BlockKind::Plain, Place::Start),
            "IF" | "CASE" => (BlockKind::Branches, Place::Inside),
            "WHILE" | "FOR" => (BlockKind::Do, Place::Inside),
            "REPEAT" => (BlockKind::Repeat, Place::Start),
            "END" => {
                self.blocks.pop();
                return State::Body(Place::Inside);
            }
            "FOLLOWS" | "PRECEDES" => return State::Order,
            // NOT ATOMIC follows MariaDB's BEGIN.
            ";" | "ELSE" | "NOT" | "ATOMIC" => return State::Body(Place::Start),
            "UNTIL" => {
                if let Some(block) = self.blocks.last_mut()
                    && block.kind == BlockKind::Repeat
                {
                    block.kind = BlockKind::Until;
                }
                return State::Body(Place::Inside);
            }
            "PROCEDURE" | "FUNCTION" => return State::Body(self.inside(word, at)),
            _ => return State::Body(Place::Label),
        };
        self.open(kind, at, place)
    }

    /// Any other word of a body.
    fn inside(&mut self, word: &str, at: usize) -> Place {
        if word == ";" {
            self.end_expressions();
        }
        let Some(block) = self.blocks.last().map(|block| block.kind) else {
            return Place::Inside;
        };
        match (block, word) {
            (BlockKind::Package(routine), _) => return self.package(routine, word, at),
            (_, ";") | (BlockKind::Branches, "THEN") | (BlockKind::Do, "DO" | "LOOP") => {
                return Place::Start;
            }
            (_, "HANDLER") if matches_any(self.previous, &["CONTINUE", "EXIT", "UNDO"]) => {
                return Place::Condition;
            }
            (_, "ATOMIC") if matches_any(self.previous, &["NOT"]) => return Place::Start,
            (_, "CASE") if !matches_any(self.previous, &["AS", "END"]) => {
                self.blocks.push(Block { kind: BlockKind::Case, at });
            }
            (BlockKind::Until | BlockKind::Case, "END") => {
                self.blocks.pop();
            }
            _ => {}
        }
        Place::Inside
    }

    /// No `;` stands in an expression, so what is still taken for one was none.
    fn end_expressions(&mut self) {
        let is_expression = |kind| matches!(kind, BlockKind::Case | BlockKind::Until);
        while self.blocks.last().is_some_and(|block| is_expression(block.kind)) {
            self.blocks.pop();
        }
    }

    /// A word of a package, outside of the blocks of its routines.
    fn package(&mut self, routine: Routine, word: &str, at: usize) -> Place {
        let (routine, place) = match (routine, word) {
            (_, "PROCEDURE" | "FUNCTION") => (Routine::Header, Place::Inside),
            (Routine::Header | Routine::Variables, "BEGIN") => {
                self.in_package(Routine::None);
                self.blocks.push(Block { kind: BlockKind::Plain, at });
                return Place::Start;
            }
            (Routine::Header, "AS" | "IS") => (Routine::Variables, Place::Inside),
            (Routine::Variables, ";") => (Routine::Variables, Place::Start),
            (Routine::None | Routine::Header, ";") => (Routine::None, Place::Start),
            (routine, _) => (routine, Place::Inside),
        };
        self.in_package(routine);
        place
    }

    fn in_package(&mut self, routine: Routine) {
        if let Some(block) = self.blocks.last_mut() {
            block.kind = BlockKind::Package(routine);
        }
    }

    /// The BEGIN of a package's initialisation: it shares the package's END.
    fn is_initialisation(&self) -> bool {
        self.blocks.last().is_some_and(|it| it.kind == BlockKind::Package(Routine::None))
    }

    fn is_in_routine_of_package(&self) -> bool {
        let kind = self.blocks.last().map(|block| block.kind);
        matches!(kind, Some(BlockKind::Package(Routine::Header | Routine::Variables)))
    }

    fn open(&mut self, kind: BlockKind, at: usize, place: Place) -> State {
        self.blocks.push(Block { kind, at });
        State::Body(place)
    }
}

fn matches_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}
