//! What can be wrong in a script.

use super::section::Transaction;
use crate::dialect::Dialect;

/// A fault in a script and where it stands.
///
/// ```
/// use migrate_model::Position;
/// use migrate_model::script::Script;
///
/// let text = "-- add x\nSELECT 1;\n-- migrate:up\n";
/// let error = Script::parse(text).unwrap_err();
/// assert_eq!(error.to_string(), "SQL outside of a section: it would never run");
/// assert_eq!(Position::at(text, error.offset).line, 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ScriptError {
    /// Bytes from the beginning of the text that was read.
    pub offset: usize,
    /// What is wrong there.
    pub problem: ScriptProblem,
}

/// What can be wrong in a script.
///
/// ```
/// use migrate_model::script::{Script, ScriptProblem};
///
/// let error = Script::parse("-- migrate:down\nDROP TABLE a;\n").unwrap_err();
/// assert_eq!(error.problem, ScriptProblem::NoUp);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptProblem {
    /// A marker without `up` or `down`.
    #[error("a marker is `-- migrate:up` or `-- migrate:down`, not `-- migrate:{word}`")]
    UnknownMarker {
        /// What stands in place of the direction.
        word: String,
    },
    /// A word behind the direction that nobody knows.
    #[error("unknown word `{word}` in a marker")]
    UnknownDirective {
        /// The word.
        word: String,
    },
    /// The same section twice.
    #[error("a second `{marker}` section{}", for_dialect(*.dialect))]
    DuplicateSection {
        /// `-- migrate:up` or `-- migrate:down`
        marker: String,
        /// The dialect for which there are two; `None` for the plain section.
        dialect: Option<Dialect>,
    },
    /// The file has no `up` section.
    #[error("the file has no `-- migrate:up` section")]
    NoUp,
    /// Statements that stand in no section.
    #[error("SQL outside of a section: it would never run")]
    Stray,
    /// There are sections for this direction, but none for the dialect at hand.
    #[error("no `-- migrate:{direction}` section is for {dialect}")]
    NoSectionForDialect {
        /// `up` or `down`
        direction: &'static str,
        /// The dialect at hand.
        dialect: Dialect,
    },
    /// A quote or a comment that never ends.
    #[error("the {what} that begins here never ends")]
    Unterminated {
        /// What kind of thing.
        what: &'static str,
    },
    /// A statement that begins or ends a transaction.
    #[error("`{statement}` in a section {}", that_runs(*.transaction))]
    TransactionControl {
        /// The statement's first words.
        statement: String,
        /// Whether its section runs in one.
        transaction: Transaction,
    },
    /// A statement that does nothing inside a transaction.
    #[error("`{statement}` has no effect inside a transaction")]
    NoEffectInTransaction {
        /// The statement's first words.
        statement: String,
    },
    /// A statement that fails inside a transaction.
    #[error("`{statement}` can't run inside a transaction")]
    NeedsNoTransaction {
        /// The statement's first words.
        statement: String,
    },
    /// What the database's own shell does by itself, so that no server understands it.
    #[error("`{command}` is for the database's own shell; a driver can't run it")]
    ClientOnly {
        /// The command, or what it begins with.
        command: String,
    },
    /// A statement that keeps its session from writing to any other table: our records, too.
    #[error("`{statement}` keeps the run from recording what it does")]
    LocksTables {
        /// The statement's first words.
        statement: String,
    },
    /// A statement that commits by itself, in a run that shall be one transaction.
    #[error("`{statement}` commits by itself, but the whole run shall be one transaction")]
    ImplicitCommit {
        /// The statement's first words.
        statement: String,
    },
    /// `transaction:false` in a run that shall be one transaction.
    #[error("`transaction:false`, but the whole run shall be one transaction")]
    OutsideOfAll,
}

fn that_runs(transaction: Transaction) -> &'static str {
    match transaction {
        Transaction::Inside => "that already runs in a transaction",
        Transaction::Outside => "whose statements run one by one (`transaction:false`)",
    }
}

fn for_dialect(dialect: Option<Dialect>) -> String {
    dialect.map(|dialect| format!(" for {dialect}")).unwrap_or_default()
}

impl ScriptProblem {
    /// The stable code of this error, `script.name`.
    ///
    /// ```
    /// assert_eq!(migrate_model::script::ScriptProblem::Stray.code(), "script.stray");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownMarker { .. } | Self::UnknownDirective { .. } => "script.unknown_marker",
            Self::DuplicateSection { .. } => "script.duplicate_section",
            Self::NoUp | Self::NoSectionForDialect { .. } => "script.no_section",
            Self::Stray => "script.stray",
            Self::Unterminated { .. } => "script.unterminated",
            Self::TransactionControl { .. } => "script.transaction_control",
            Self::NoEffectInTransaction { .. } => "script.no_effect",
            Self::OutsideOfAll => "script.transaction_false",
            Self::NeedsNoTransaction { .. } => "script.needs_no_transaction",
            Self::LocksTables { .. } => "script.locks_tables",
            Self::ImplicitCommit { .. } => "script.implicit_commit",
            Self::ClientOnly { .. } => "script.client_command",
        }
    }

    /// What to do about it, where the message alone doesn't say.
    ///
    /// ```
    /// use migrate_model::script::ScriptProblem;
    ///
    /// let hint = ScriptProblem::Stray.hint();
    /// assert_eq!(hint.as_deref(), Some("put a line `-- migrate:up` above it"));
    /// ```
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownMarker { .. } | Self::UnknownDirective { .. } => {
                "`transaction:false` and `dialect:sqlite,postgres,mysql,mariadb` may follow"
            }
            Self::DuplicateSection { .. } => {
                "join the two, or give each its dialect: `dialect:sqlite`"
            }
            Self::NoUp => "begin the statements with a line `-- migrate:up`",
            Self::Stray => "put a line `-- migrate:up` above it",
            Self::NoSectionForDialect { .. } => "add one, or a plain section for all dialects",
            Self::Unterminated { .. } => "close it",
            Self::TransactionControl { transaction: Transaction::Inside, .. } => {
                "delete it: each revision runs in a transaction of its own"
            }
            Self::TransactionControl { transaction: Transaction::Outside, .. } => {
                "delete it: each statement is recorded on its own here, so that a run can go on \
                 where it stopped; what belongs into one transaction is a revision of its own"
            }
            Self::NeedsNoTransaction { .. } => {
                "mark the section `transaction:false`: its statements then run one by one"
            }
            Self::LocksTables { .. } => {
                "delete it and its UNLOCK TABLES: one revision runs at a time (a dump comes without \
                 them by `--skip-add-locks`)"
            }
            Self::ClientOnly { command } if command.starts_with("COPY") => {
                "write INSERT statements (`pg_dump --inserts`), or let the server read a file"
            }
            Self::ClientOnly { command } if command.starts_with('\\') => {
                "delete it, or say it in SQL"
            }
            Self::ClientOnly { .. } => {
                "a delimiter has 1 to 15 bytes and no backslash, for example `DELIMITER ;;`"
            }
            Self::NoEffectInTransaction { .. } => {
                "mark the section `transaction:false`: its statements then run one by one; in a \
                 transaction foreign keys stay as the connection has them, so dropping a table that \
                 others reference deletes its rows, with all that cascades from them"
            }
            Self::OutsideOfAll | Self::ImplicitCommit { .. } => {
                "let each revision be a transaction: --transaction each"
            }
        };
        Some(hint.to_owned())
    }
}
