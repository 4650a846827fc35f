//! One file a command: find the project, ask the runtime, hand the answer to the output.

pub(crate) mod accept;
pub(crate) mod branches;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod current;
pub(crate) mod database;
pub(crate) mod down;
pub(crate) mod edit;
mod editor;
pub(crate) mod heads;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod merge;
mod name;
pub(crate) mod new;
mod parents;
pub(crate) mod rebase;
pub(crate) mod redo;
pub(crate) mod restore;
pub(crate) mod resume;
mod revision_file;
mod run;
pub(crate) mod show;
pub(crate) mod stamp;
pub(crate) mod status;
pub(crate) mod switch;
pub(crate) mod up;
pub(crate) mod verify;
mod write;

use crate::error::CliError;
use crate::exit::Exit;

/// How a command ends.
pub(crate) type Outcome = Result<Exit, CliError>;
