//! `cargo migrate`: schema revisions for a cargo workspace. From here every command is three hops
//! away: the arguments, the dispatch below, and one file in `commands`.

mod arguments;
mod commands;
mod error;
mod exit;
mod interrupt;
mod moved;
mod output;
mod project;
mod template;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::error::CliError;
use crate::output::Output;

fn main() -> std::process::ExitCode {
    let arguments = match Arguments::try_parse_from(arguments::for_clap(std::env::args_os())) {
        Ok(arguments) => arguments,
        Err(error) => return output::usage_error(&error),
    };
    let output = Output::new(&arguments.common);
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)
        .and_then(|runtime| runtime.block_on(dispatch(arguments, &output)));
    match outcome {
        Ok(code) => code.into(),
        Err(error) => {
            let diagnostic = error.into_diagnostic();
            let exit = diagnostic.exit;
            output.error(diagnostic);
            exit.into()
        }
    }
}

/// Runs the command, with `--all-packages` once for each migrations crate.
async fn dispatch(mut arguments: Arguments, output: &Output) -> Result<exit::Exit, CliError> {
    if !arguments.common.all_packages {
        return run(&mut arguments, output).await;
    }
    let packages = project::packages(&arguments.common)?;
    if packages.is_empty() {
        // Finding the one tells that there is none.
        project::Project::find(&arguments.common)?;
    }
    let mut worst = exit::Exit::Done;
    for package in packages {
        output.verb("Package", &package);
        arguments.common.package = Some(package);
        worst = worst.max(run(&mut arguments, output).await?);
    }
    Ok(worst)
}

/// Runs the command; if the index of files was wrong about one, which shows before anything is done,
/// once more without it.
async fn run(arguments: &mut Arguments, output: &Output) -> Result<exit::Exit, CliError> {
    match run_once(arguments, output).await {
        Err(error) if error.is_of_the_index() && !arguments.common.reads_every_file => {
            arguments.common.reads_every_file = true;
            let outcome = run_once(arguments, output).await;
            // The next package has an index of its own.
            arguments.common.reads_every_file = false;
            outcome
        }
        outcome => outcome,
    }
}

async fn run_once(arguments: &Arguments, output: &Output) -> Result<exit::Exit, CliError> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Init(init) => commands::init::run(common, init, output),
        Command::New(new) => commands::new::run(common, new, output),
        Command::Up(up) => commands::up::run(common, up, output).await,
        Command::Down(down) => commands::down::run(common, down, output).await,
        Command::Switch(switch) => commands::switch::run(common, switch, output).await,
        Command::Current(current) => commands::current::run(common, current, output).await,
        Command::History(history) => commands::history::run(common, history, output).await,
        Command::Status => commands::status::run(common, output).await,
        Command::Verify => commands::verify::run(common, output).await,
        Command::Check => commands::check::run(common, output).await,
        Command::Heads(heads) => commands::heads::run(common, heads, output),
        Command::Branches => commands::branches::run(common, output),
        Command::Show(show) => commands::show::run(common, show, output).await,
        Command::Merge(merge) => commands::merge::run(common, merge, output),
        Command::Rebase(rebase) => commands::rebase::run(common, rebase, output),
        Command::Stamp(stamp) => commands::stamp::run(common, stamp, output).await,
        Command::Redo(redo) => commands::redo::run(common, redo, output).await,
        Command::Resume(resume) => commands::resume::run(common, resume, output).await,
        Command::Edit(edit) => commands::edit::run(common, edit, output).await,
        Command::Database(database) => commands::database::run(common, database, output).await,
        Command::Accept(accept) => commands::accept::run(common, accept, output).await,
        Command::Restore(restore) => commands::restore::run(common, restore, output).await,
        Command::Completions(completions) => Ok(commands::completions::run(completions)),
        Command::Man => commands::man::run(),
    }
}
