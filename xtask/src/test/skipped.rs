//! Tests that had no server. Each writes its name into a file; what is in it at the end is told,
//! and in CI it is an error, so that a green run there has tested every dialect.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::command::Outcome;

/// The file.
pub(crate) struct Skipped(tempfile::NamedTempFile);

impl Skipped {
    /// The variable that tells the tests the file; `tests/src/server.rs` reads it.
    pub(crate) const VARIABLE: &str = "MIGRATE_TEST_SKIPPED";

    pub(crate) fn new() -> Outcome<Self> {
        tempfile::NamedTempFile::new().map(Self).map_err(|error| error.to_string())
    }

    pub(crate) fn file(&self) -> &Path {
        self.0.path()
    }

    /// Tells them; an error where `CI` is true.
    pub(crate) fn report(&self) -> Outcome {
        let text = fs::read_to_string(self.file()).map_err(|error| error.to_string())?;
        let Some(message) = message(&text) else { return Ok(()) };
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            return Err(message);
        }
        println!("\n{message}");
        Ok(())
    }
}

/// A line of the text is a test.
fn message(text: &str) -> Option<String> {
    let names: BTreeSet<&str> = text.lines().collect();
    let list = names.iter().copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => None,
        1 => Some(format!("1 test skipped for lack of a server: {list}")),
        count => Some(format!("{count} tests skipped for lack of a server: {list}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_told_once_in_order() {
        assert_eq!(message(""), None);
        let one = "1 test skipped for lack of a server: a::b (MariaDB)";
        assert_eq!(message("a::b (MariaDB)\n").as_deref(), Some(one));
        let two = "2 tests skipped for lack of a server: a (MariaDB), b (PostgreSQL)";
        let text = "b (PostgreSQL)\na (MariaDB)\nb (PostgreSQL)\n";
        assert_eq!(message(text).as_deref(), Some(two));
    }
}
