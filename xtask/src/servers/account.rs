//! Who runs a server. PostgreSQL refuses to run as root, and nothing else should, either: a
//! server that we start as root runs as a user of the system that has nothing to lose.

use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Uid, User};

use crate::command::Outcome;

/// The user that runs a server.
pub(super) enum Account {
    /// Whoever runs us.
    Own,
    /// Somebody else, because we are root.
    Other(User),
}

/// Whether we are root.
pub(super) fn is_root() -> bool {
    Uid::effective().is_root()
}

impl Account {
    /// Our own, or the first of these that the system has, if we are root.
    pub(super) fn of(names: &[&str]) -> Outcome<Self> {
        if !is_root() {
            return Ok(Self::Own);
        }
        let user = names.iter().find_map(|name| User::from_name(name).ok().flatten());
        user.map(Self::Other).ok_or_else(|| {
            format!("root needs a user that runs the server: {}", names.join(" or "))
        })
    }

    /// A program to be run by this user, in a folder that everybody can enter.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/");
        if let Self::Other(user) = self {
            // This also drops root's further groups.
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
            command.env("HOME", "/").env("USER", &user.name).env("LOGNAME", &user.name);
        }
        command
    }

    /// Makes a path this user's.
    pub(super) fn take(&self, path: &Path) -> Outcome {
        let Self::Other(user) = self else { return Ok(()) };
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Whether this user can enter a folder, or run a program.
    pub(super) fn reaches(&self, path: &Path) -> bool {
        self.command("test").arg("-x").arg(path).status().is_ok_and(|status| status.success())
    }

    /// Its name, to be told.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Own => "you",
            Self::Other(user) => &user.name,
        }
    }
}
