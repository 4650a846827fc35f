//! Writing files whole or not at all: whatever happens, nothing that somebody wrote is lost.

use std::fs;
use std::io::Write;

use camino::Utf8Path;

use crate::error::CliError;
use crate::project::shown;

/// Writes a file that must not exist yet.
pub(super) fn new(path: &Utf8Path, text: &str) -> Result<(), CliError> {
    let failed = |error| CliError::io(&shown(path), error);
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // Half of a revision would break every command.
        let _ = fs::remove_file(path);
        failed(error)
    })
}

/// Replaces a file's text: by another file beside it, which then takes its place and has its
/// permissions.
pub(super) fn replace(path: &Utf8Path, text: &str) -> Result<(), CliError> {
    let failed = |error| CliError::io(&shown(path), error);
    let folder = path.parent().unwrap_or(path);
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    beside.write_all(text.as_bytes()).map_err(failed)?;
    if let Ok(before) = fs::metadata(path) {
        beside.as_file().set_permissions(before.permissions()).map_err(failed)?;
    }
    beside.as_file().sync_all().map_err(failed)?;
    beside.persist(path).map(|_| ()).map_err(|error| failed(error.error))
}
