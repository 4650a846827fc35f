//! One file a command: find the project, ask the runtime, hand the answer to the output.

pub(crate) mod accept;
pub(crate) mod current;
pub(crate) mod down;
pub(crate) mod history;
pub(crate) mod init;
mod name;
pub(crate) mod new;
pub(crate) mod restore;
mod run;
pub(crate) mod status;
pub(crate) mod up;
pub(crate) mod verify;

use crate::error::CliError;
use crate::exit::Exit;

/// How a command ends.
pub(crate) type Outcome = Result<Exit, CliError>;
