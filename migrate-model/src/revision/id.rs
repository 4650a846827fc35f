//! The names of revisions and branches. Parsed once at the edge; insides never check again.

use std::fmt;
use std::str::FromStr;

/// The most characters that an id or a label may have.
///
/// ```
/// use migrate_model::revision::{MAX_LENGTH, RevisionId};
///
/// let longest = "a".repeat(MAX_LENGTH);
/// assert!(longest.parse::<RevisionId>().is_ok());
/// assert!((longest + "a").parse::<RevisionId>().is_err());
/// ```
pub const MAX_LENGTH: usize = 64;

/// Words that mean something else on the command line (`cli.md`, "Naming a revision").
const RESERVED: [&str; 4] = ["base", "current", "head", "heads"];

/// Why a text can be no revision id and no branch label.
///
/// ```
/// use migrate_model::revision::{IdError, RevisionId};
///
/// let fault = IdError::IllegalCharacter { character: '-' };
/// assert_eq!("add-x".parse::<RevisionId>(), Err(fault));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// More than [`MAX_LENGTH`] characters.
    #[error("it has {length} characters, and {MAX_LENGTH} are the most")]
    TooLong {
        /// How many it has.
        length: usize,
    },
    /// A character outside `[A-Za-z0-9_]`.
    #[error("`{character}` is not allowed: letters, digits and _ are")]
    IllegalCharacter {
        /// The first such character.
        character: char,
    },
    /// A word that names something else.
    #[error("`{word}` is a word of the command line")]
    Reserved {
        /// The word.
        word: String,
    },
}

fn validate(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if let Some(character) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '_')) {
        return Err(IdError::IllegalCharacter { character });
    }
    if text.len() > MAX_LENGTH {
        return Err(IdError::TooLong { length: text.len() });
    }
    if RESERVED.contains(&text) {
        return Err(IdError::Reserved { word: text.to_owned() });
    }
    Ok(())
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text of it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                validate(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type! {
    /// The id of a revision: `[A-Za-z0-9_]{1,64}`, no reserved word. `new` makes twelve
    /// hexadecimal digits of randomness.
    ///
    /// ```
    /// use migrate_model::RevisionId;
    ///
    /// let id: RevisionId = "1975ea83b712".parse()?;
    /// assert_eq!(id.as_str(), "1975ea83b712");
    /// assert!("head".parse::<RevisionId>().is_err());
    /// # Ok::<(), migrate_model::revision::IdError>(())
    /// ```
    RevisionId
}

name_type! {
    /// The label of a branch; the same alphabet as an id's.
    ///
    /// ```
    /// use migrate_model::revision::Label;
    ///
    /// let label: Label = "billing".parse()?;
    /// assert_eq!(label.as_str(), "billing");
    /// # Ok::<(), migrate_model::revision::IdError>(())
    /// ```
    Label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_refused_with_its_reason() {
        let parse = |text: &str| text.parse::<RevisionId>().map(|_| ());
        assert_eq!(parse("a_1"), Ok(()));
        assert_eq!(parse(&"a".repeat(64)), Ok(()));
        assert_eq!(parse(&"a".repeat(65)), Err(IdError::TooLong { length: 65 }));
        assert_eq!(parse(""), Err(IdError::Empty));
        assert_eq!(parse("a-b"), Err(IdError::IllegalCharacter { character: '-' }));
        assert_eq!(parse("base"), Err(IdError::Reserved { word: "base".into() }));
    }
}
