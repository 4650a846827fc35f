//! What can be wrong in `[package.metadata.migrate]`.

use crate::text::Position;

/// A fault in the configuration and where it stands in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ConfigError {
    /// Where in the manifest.
    pub position: Position,
    /// What is wrong there.
    pub problem: ConfigProblem,
}

/// What can be wrong in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigProblem {
    /// The manifest is no TOML.
    #[error("{message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A key that nobody knows.
    #[error("unknown key `{key}` in [{within}]{}", nearest_text(.nearest.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// The table it stands in.
        within: String,
        /// The known key nearest to it.
        nearest: Option<String>,
    },
    /// A value that can't be one.
    #[error("`{key}` must be {expected}")]
    BadValue {
        /// The key.
        key: String,
        /// What it must be.
        expected: String,
    },
}

fn nearest_text(nearest: Option<&str>) -> String {
    nearest.map(|key| format!(" (did you mean `{key}`?)")).unwrap_or_default()
}

impl ConfigProblem {
    /// The stable code of this error, `config.name`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "config.syntax",
            Self::UnknownKey { .. } => "config.unknown_key",
            Self::BadValue { .. } => "config.bad_value",
        }
    }
}
