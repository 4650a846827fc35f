//! Where a server lives: its folder, and the account that the folder is made for.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::account::Account;
use super::state;
use crate::command::Outcome;

/// The folder of a server, and who runs it there.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) account: Account,
    /// Why the folder isn't where one would look for it.
    pub(super) note: Option<String>,
}

impl Place {
    /// A new, empty folder for a server: below the target folder, or among the system's temporary
    /// folders if the account can't enter that one.
    pub(super) fn new(name: &str, account: Account) -> Outcome<Self> {
        let home = state::folder()?;
        if account.reaches(&home) {
            let folder = home.join(name);
            remove(&folder)?;
            fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            account.take(&folder)?;
            return Ok(Self { folder, account, note: None });
        }
        let folder = tempfile::Builder::new().prefix(&format!("migrate-{name}-")).tempdir();
        let folder = folder.map_err(|error| error.to_string())?.keep();
        account.take(&folder)?;
        let note = format!("{} can't enter {}", account.name(), home.display());
        Ok(Self { folder, account, note: Some(note) })
    }

    /// The data folder, which the server's own program makes.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The file that the server writes its log to.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The log's last lines, as the reason for something that went wrong.
    pub(super) fn end_of_log(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

/// Removes a folder with all that is in it, if it is there.
pub(super) fn remove(folder: &Path) -> Outcome {
    // The processes of a killed server may write into it for a moment yet.
    let mut tries = 0;
    while folder.exists() {
        match fs::remove_dir_all(folder) {
            Err(error) if tries == 20 => return Err(format!("{}: {error}", folder.display())),
            _ => sleep(Duration::from_millis(if tries == 0 { 0 } else { 100 })),
        }
        tries += 1;
    }
    Ok(())
}
