//! The command line, as clap sees it. What the words mean stands in the command's own file.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};
use migrate_runtime::TransactionMode;

/// Schema revisions for cargo workspaces: a revision graph, checked when you compile, carried by
/// your binary, and refused when an applied revision was edited.
#[derive(Debug, Parser)]
#[command(name = "cargo-migrate", bin_name = "cargo migrate", version, max_term_width = 100)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are switches of a command line")]
#[command(next_help_heading = "Options everywhere")]
pub(crate) struct Common {
    /// The Cargo.toml to start from [default: the nearest one upward]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) manifest_path: Option<Utf8PathBuf>,
    /// The migrations crate, where the workspace has several
    #[arg(short, long, global = true, value_name = "CRATE")]
    pub(crate) package: Option<String>,
    /// Run the command for every migrations crate of the workspace
    #[arg(long, global = true, conflicts_with = "package")]
    pub(crate) all_packages: bool,
    /// A database by its name in [package.metadata.migrate.env]
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "database_url")]
    pub(crate) env: Option<String>,
    /// A value for templates, hooks and `${KEY}` in the configuration
    #[arg(short = 'x', global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) values: Vec<(String, String)>,
    /// A tag for templates and hooks
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) tag: Option<String>,
    /// The database [default: `$DATABASE_URL`, else .env, else the metadata]
    #[arg(short, long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// For eyes, or for scripts
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Answer questions with yes
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// Print only errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print statements with their times
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it must look like key=value".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a migrations crate to the workspace
    Init(Init),
    /// Write a new revision
    #[command(visible_alias = "revision")]
    New(New),
    /// Apply revisions, up to a target
    #[command(visible_alias = "upgrade")]
    Up(Up),
    /// Take revisions down, to a target
    #[command(visible_alias = "downgrade")]
    Down(Down),
    /// Show where the database is
    Current,
    /// List the revisions, newest first
    History(History),
    /// Show applied, pending, edited and unknown revisions at a glance
    Status,
    /// Compare every applied revision with its file
    Verify,
    /// Check files, graph and, if there is one, the database
    Check,
    /// List the heads
    Heads,
    /// List the branch points
    Branches,
    /// Show a revision
    Show(Show),
    /// Record a state without running anything
    Stamp(Stamp),
    /// Take revisions down and apply them again
    Redo(Redo),
    /// Open a revision in $VISUAL or $EDITOR
    Edit(Edit),
    /// Create, drop or reset the database
    Database(Database),
    /// Record a deliberate edit of an applied revision
    Accept(Accept),
    /// Write an applied revision back as it was applied
    Restore(Restore),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// An id or the beginning of one, head, heads, current
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    pub(crate) revision: String,
    /// Print exactly the statements that are sent
    #[arg(long)]
    pub(crate) sql: bool,
    /// With --sql: those that take it down
    #[arg(long, requires = "sql")]
    pub(crate) down: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Stamp {
    /// What is applied, with all that it needs: an id or the beginning of one, head, base
    #[arg(value_name = "REV", required = true)]
    pub(crate) revisions: Vec<String>,
    /// Forget all that is recorded first
    #[arg(long)]
    pub(crate) purge: bool,
    /// Print the SQL instead of running it; no database is needed
    #[arg(long, conflicts_with = "purge")]
    pub(crate) sql: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Redo {
    /// How many revisions
    #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// An id or the beginning of one, head, current, -N
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    pub(crate) revision: String,
}

#[derive(Debug, Args)]
pub(crate) struct Database {
    #[command(subcommand)]
    pub(crate) action: DatabaseAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum DatabaseAction {
    /// Create it, if it isn't there
    Create,
    /// Drop it with all that it holds, if it is there
    Drop,
    /// Drop it, create it and apply all revisions
    Reset,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder of the new crate
    #[arg(value_name = "DIR", default_value = "migrations")]
    pub(crate) folder: Utf8PathBuf,
    /// The databases to support
    #[arg(long, value_delimiter = ',', value_name = "DIALECT", default_value = "sqlite")]
    pub(crate) dialect: Vec<String>,
    /// The package's name [default: <workspace>-migrations]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// How the new crate depends on migrate-runtime [default: as this tool was installed]
    #[arg(long, value_enum)]
    pub(crate) source: Option<Source>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    Version,
    Path,
    Git,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// What the revision does, in one line
    #[arg(value_name = "MESSAGE", required_unless_present = "message_option")]
    pub(crate) message: Option<String>,
    /// The same, as Alembic spells it
    #[arg(
        short,
        long = "message",
        value_name = "MESSAGE",
        hide = true,
        conflicts_with = "message"
    )]
    pub(crate) message_option: Option<String>,
    /// The revision's id [default: twelve random hexadecimal digits]
    #[arg(long, value_name = "ID")]
    pub(crate) rev_id: Option<String>,
    /// Open the file in $VISUAL or $EDITOR
    #[arg(long)]
    pub(crate) edit: bool,
}

/// What `up` and `down` share.
#[derive(Debug, Default, Args)]
pub(crate) struct RunOptions {
    /// Print the plan and touch nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the SQL instead of running it; no database is needed
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) sql: bool,
    /// Whether each revision is a transaction, or the whole run
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) transaction: Option<Transaction>,
    /// How long to wait for other writers [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) lock_timeout: Option<Duration>,
    /// How long a statement may run before its revision is rolled back; 0s is no limit [default:
    /// no limit]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) statement_timeout: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transaction {
    Each,
    All,
}

impl From<Transaction> for TransactionMode {
    fn from(transaction: Transaction) -> Self {
        match transaction {
            Transaction::Each => Self::Each,
            Transaction::All => Self::All,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// An id or the beginning of one, head, +N [default: head]; with --sql also a range from:to
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) options: RunOptions,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// An id or the beginning of one, -N, base; with --sql a range from:to
    #[arg(value_name = "TARGET", allow_negative_numbers = true, default_value = "-1")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) options: RunOptions,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// The revisions to list: from:to, from: or :to
    #[arg(value_name = "RANGE")]
    pub(crate) range: Option<String>,
    /// The same, as Alembic spells it
    #[arg(short, long, value_name = "RANGE", hide = true, conflicts_with = "range")]
    pub(crate) rev_range: Option<String>,
    /// Ask the database, and mark what is applied and what is current
    #[arg(short, long)]
    pub(crate) indicate_current: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Accept {
    /// The revision
    #[arg(value_name = "REV")]
    pub(crate) revision: String,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The revision
    #[arg(value_name = "REV")]
    pub(crate) revision: String,
}
