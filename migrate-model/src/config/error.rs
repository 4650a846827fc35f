//! What can be wrong in `[package.metadata.migrate]`.

use crate::text::Position;

/// A fault in the configuration and where it stands in the manifest.
///
/// ```
/// use migrate_model::config::Config;
///
/// let manifest = "[package.metadata.migrate]\ntable = 1\n";
/// let error = Config::from_manifest(manifest).unwrap_err();
/// assert_eq!((error.position.line, error.to_string().as_str()), (2, "`table` must be a string"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ConfigError {
    /// Where in the manifest.
    pub position: Position,
    /// What is wrong there.
    pub problem: ConfigProblem,
}

/// What can be wrong in the configuration.
///
/// ```
/// use migrate_model::config::{Config, ConfigProblem};
///
/// let manifest = "[package.metadata.migrate]\nrevision = \"db\"\n";
/// let problem = Config::from_manifest(manifest).unwrap_err().problem;
/// let ConfigProblem::UnknownKey { nearest, .. } = problem else { panic!("{problem}") };
/// assert_eq!(nearest.as_deref(), Some("revisions"));
/// ```
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
        /// All known keys of that table.
        known: String,
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
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { .. } => None,
            Self::UnknownKey { nearest: Some(nearest), .. } => Some(format!("write `{nearest}`")),
            Self::UnknownKey { known, .. } => Some(format!("the known keys are: {known}")),
            Self::BadValue { key, expected } => Some(format!("set `{key}` to {expected}")),
        }
    }

    /// The stable code of this error, `config.name`.
    ///
    /// ```
    /// use migrate_model::config::Config;
    ///
    /// let error = Config::from_manifest("[package").unwrap_err();
    /// assert_eq!(error.problem.code(), "config.syntax");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "config.syntax",
            Self::UnknownKey { .. } => "config.unknown_key",
            Self::BadValue { .. } => "config.bad_value",
        }
    }
}
