//! Commands ready to paste: quoted for a shell, and meant for the same database and crate as the
//! command that prints them.

use crate::arguments::Common;
use crate::project::shown_url;

/// What stands for the program in hints.
const PROGRAM: &str = "cargo migrate ";

/// The options that a printed command must repeat.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paste {
    options: String,
}

impl Paste {
    pub(crate) fn of(common: &Common) -> Self {
        let mut options = String::new();
        let mut add = |option: &str, value: Option<&str>| {
            if let Some(value) = value {
                options = format!("{options}{option} {} ", word(value));
            }
        };
        add("--manifest-path", common.manifest_path.as_ref().map(|path| path.as_str()));
        add("-p", common.package.as_deref());
        add("--env", common.env.as_deref());
        // Only what is known to hold no secret is shown; else whoever pastes gives it again.
        let is_harmless = |url: &&str| url.starts_with("sqlite:") && shown_url(url) == **url;
        add("-d", common.database_url.as_deref().filter(is_harmless));
        Self { options }
    }

    /// The text, with those options in each command.
    pub(crate) fn ready(&self, text: &str) -> String {
        text.replace(PROGRAM, &format!("{PROGRAM}{}", self.options))
    }
}

/// A text as one word of a shell.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// A text in quotes of a shell, for sentences. Nothing is special in single quotes, not even `!`.
pub(crate) fn quoted(text: &str) -> String {
    match text.contains(['"', '\\', '$', '`', '!']) {
        true => format!("'{}'", text.replace('\'', r"'\''")),
        false => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_sentences() {
        assert_eq!(word("db/a.sql"), "db/a.sql");
        assert_eq!(word("my db"), "\"my db\"");
        assert_eq!(quoted("merge a and b's"), "\"merge a and b's\"");
        assert_eq!(quoted("it's !x"), r"'it'\''s !x'");
        let paste = Paste { options: "--env prod ".to_owned() };
        assert_eq!(paste.ready("go on: cargo migrate up"), "go on: cargo migrate --env prod up");
    }
}
