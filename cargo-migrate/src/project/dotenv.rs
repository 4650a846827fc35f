//! The `.env` of a workspace. What stands in it may be secret, so no message quotes any of it.

use std::fs;

use camino::Utf8Path;
use migrate_model::Position;

use super::shown;
use crate::error::CliError;

/// The value of a variable; `None` if there is no `.env` or it does not set it.
pub(super) fn value_of(workspace: &Utf8Path, variable: &str) -> Result<Option<String>, CliError> {
    let path = workspace.join(".env");
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| CliError::io(&shown(&path), error))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let mut is_faulty = false;
    for pair in dotenvy::from_read_iter(text.as_bytes()) {
        match pair {
            Ok((name, value)) if name == variable && !value.is_empty() => return Ok(Some(value)),
            Ok(_) => {}
            // A line that is none of ours is no matter, as long as ours is found.
            Err(_) => is_faulty = true,
        }
    }
    if is_faulty { Err(unreadable(&path, text)) } else { Ok(None) }
}

fn unreadable(path: &Utf8Path, text: &str) -> CliError {
    let is_faulty = |line: &str| dotenvy::from_read_iter(line.as_bytes()).any(|pair| pair.is_err());
    let line = text.lines().position(is_faulty).map_or(1, |at| at + 1);
    let position = Position { line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
    CliError::Project {
        code: "config.dotenv",
        message: format!("{}:{position}: this line can't be read", shown(path)),
        hint: Some("a line is NAME=value; a value with spaces stands in quotes".to_owned()),
        candidates: Vec::new(),
    }
}
