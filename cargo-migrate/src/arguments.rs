//! The command line, as clap sees it. What the words mean stands in the command's own file.

use std::ffi::OsString;
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
    /// Whether every file is read because the index was wrong about one. No option.
    #[arg(skip)]
    pub(crate) reads_every_file: bool,
}

/// What stands for the `-` at the beginning of a range: clap would take `-3:` for an option, and
/// with `allow_hyphen_values` it would take a misspelt option for a range.
const MINUS: char = '\u{2212}';

/// The arguments as clap shall see them: without the word that cargo puts in front (`cargo-migrate
/// migrate up` for `cargo migrate up`), and with ranges that are no options.
pub(crate) fn for_clap(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    if arguments.get(1).is_some_and(|word| word == "migrate") {
        arguments.remove(1);
    }
    let history = arguments.iter().position(|argument| argument == "history");
    for argument in arguments.iter_mut().skip(history.unwrap_or(usize::MAX)) {
        if let Some(counted) = argument.to_str().and_then(range_from_heads) {
            *argument = format!("{MINUS}{counted}").into();
        }
    }
    arguments
}

/// What follows the `-` of `-3:` and `-3:current`.
fn range_from_heads(argument: &str) -> Option<&str> {
    let counted = argument.strip_prefix('-')?;
    let (digits, _) = counted.split_once(':')?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(counted)
}

#[expect(clippy::unnecessary_wraps, reason = "clap's signature")]
fn range(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(match text.strip_prefix(MINUS) {
        Some(counted) => format!("-{counted}"),
        None => text.to_owned(),
    })
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
    /// Bring a development database to this checkout, and ask first
    Switch(Switch),
    /// Show where the database is
    Current(Current),
    /// List the revisions, newest first
    History(History),
    /// Show applied, pending, edited and unknown revisions at a glance
    Status,
    /// Compare every applied revision with its file
    Verify,
    /// Check files, graph and, if there is one, the database
    Check,
    /// List the heads
    Heads(Heads),
    /// List the branch points
    Branches,
    /// Show a revision
    Show(Show),
    /// Write a revision that joins several heads
    Merge(Merge),
    /// Put a revision onto another parent
    Rebase(Rebase),
    /// Record a state without running anything
    Stamp(Stamp),
    /// Take revisions down and apply them again
    Redo(Redo),
    /// Go on with a revision that a run has left half-way
    Resume(Resume),
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
pub(crate) struct Current {
    /// Exit with 1 unless the current revisions are the heads
    #[arg(long)]
    pub(crate) check_heads: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Heads {
    /// Leave out what another revision depends on
    #[arg(long)]
    pub(crate) resolve_dependencies: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The revisions to join [default: all heads]
    #[arg(value_name = "REV")]
    pub(crate) revisions: Vec<String>,
    /// What the merge is called [default: from the messages of what it joins]
    #[arg(short, long, value_name = "MESSAGE")]
    pub(crate) message: Option<String>,
    /// The revision's id [default: twelve random hexadecimal digits]
    #[arg(long, value_name = "ID")]
    pub(crate) rev_id: Option<String>,
    /// A branch label for it
    #[arg(long, alias = "branch-label", value_name = "LABEL", value_delimiter = ',')]
    pub(crate) label: Vec<String>,
    /// Allow revisions that are no heads
    #[arg(long)]
    pub(crate) splice: bool,
    /// The folder of its file, one of `revisions` in the configuration
    #[arg(long, alias = "version-path", value_name = "DIR")]
    pub(crate) path: Option<Utf8PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Rebase {
    /// The revision to move, with all that revises it
    #[arg(value_name = "REV")]
    pub(crate) revision: String,
    /// Its new parent
    #[arg(long, value_name = "HEAD")]
    pub(crate) onto: String,
}

#[derive(Debug, Args)]
pub(crate) struct Stamp {
    /// What is applied, with all that it needs: an id or the beginning of one, head, base
    #[arg(value_name = "REV", required = true, allow_negative_numbers = true)]
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
pub(crate) struct Resume {
    /// The revision that is meant [default: the one there is]
    #[arg(value_name = "REV")]
    pub(crate) revision: Option<String>,
    /// The statement at which it stopped took effect, or was done by hand: go on behind it
    #[arg(long, conflicts_with = "again")]
    pub(crate) done: bool,
    /// The statement at which it stopped did not take effect: run it again
    #[arg(long)]
    pub(crate) again: bool,
    /// How long to wait for other writers [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) lock_timeout: Option<Duration>,
    /// How long a statement may run; 0s is no limit [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) statement_timeout: Option<Duration>,
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
    /// How long to wait for the server to answer [default: it has to at once]
    #[arg(long, global = true, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) wait: Option<Duration>,
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
    /// What it revises: an id, label@head, base; several make a merge [default: head]
    #[arg(long, value_name = "REV", value_delimiter = ',')]
    pub(crate) head: Vec<String>,
    /// Allow a parent that is no head: this begins a branch
    #[arg(long)]
    pub(crate) splice: bool,
    /// A branch label for it
    #[arg(long, alias = "branch-label", value_name = "LABEL", value_delimiter = ',')]
    pub(crate) label: Vec<String>,
    /// What must be applied before it without being a parent: an id or a label
    #[arg(long, value_name = "REV", value_delimiter = ',')]
    pub(crate) depends_on: Vec<String>,
    /// The folder of its file, one of `revisions` in the configuration [default: the parent's]
    #[arg(long, alias = "version-path", value_name = "DIR")]
    pub(crate) path: Option<Utf8PathBuf>,
    /// Open the file in $VISUAL or $EDITOR
    #[arg(long)]
    pub(crate) edit: bool,
}

/// What `up`, `down` and `switch` share.
#[derive(Debug, Default, Args)]
pub(crate) struct RunOptions {
    /// Print the plan and touch nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Whether each revision is a transaction, or the whole run
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) transaction: Option<Transaction>,
    /// How long to wait for other writers [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) lock_timeout: Option<Duration>,
    /// How long to wait for the database to answer [default: it has to at once]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) wait: Option<Duration>,
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
    /// Print the SQL instead of running it; no database is needed
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) sql: bool,
    #[command(flatten)]
    pub(crate) options: RunOptions,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// An id or the beginning of one, -N, base; with --sql a range from:to
    #[arg(value_name = "TARGET", allow_negative_numbers = true, default_value = "-1")]
    pub(crate) target: String,
    /// Print the SQL instead of running it; no database is needed
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) sql: bool,
    #[command(flatten)]
    pub(crate) options: RunOptions,
}

#[derive(Debug, Args)]
pub(crate) struct Switch {
    #[command(flatten)]
    pub(crate) options: RunOptions,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// The revisions to list: from:to, from:, :to; `-3:` are the newest
    #[arg(value_name = "RANGE", value_parser = range)]
    pub(crate) range: Option<String>,
    /// The same, as Alembic spells it
    #[arg(short, long, value_name = "RANGE", hide = true, conflicts_with = "range")]
    #[arg(value_parser = range)]
    pub(crate) rev_range: Option<String>,
    /// Draw the graph
    #[arg(short, long)]
    pub(crate) graph: bool,
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
