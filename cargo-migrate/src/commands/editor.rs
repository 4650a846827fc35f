//! The user's editor.

use std::process::Command;

use camino::Utf8Path;

use crate::error::CliError;
use crate::project::shown;

/// Opens a file in `$VISUAL` or `$EDITOR` and waits until it is closed.
pub(super) fn open(path: &Utf8Path) -> Result<(), CliError> {
    let failed = |message: String| CliError::Project {
        code: "usage.editor",
        message,
        hint: None,
        candidates: Vec::new(),
    };
    let set = |name| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty());
    let editor = ["VISUAL", "EDITOR"].into_iter().find_map(set).ok_or_else(|| {
        failed(format!("neither VISUAL nor EDITOR is set; the file is {}", shown(path)))
    })?;
    // An editor may come with arguments: `code --wait`.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    match Command::new(program).args(words).arg(path).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(format!("{editor} ended with {status}"))),
        Err(error) => Err(failed(format!("{editor}: {error}"))),
    }
}
