//! Places in a text. Knows bytes, lines and columns.

use std::borrow::Cow;
use std::fmt;

/// A place in a file: line and column, both counted from 1, the column in characters.
///
/// ```
/// use migrate_model::Position;
///
/// let at = Position { line: 3, column: 7 };
/// assert_eq!(format!("revisions/a.sql:{at}"), "revisions/a.sql:3:7");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// The very beginning of a file.
    ///
    /// ```
    /// use migrate_model::Position;
    ///
    /// assert_eq!(Position::at("SELECT 1;", 0), Position::START);
    /// ```
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place of a byte offset in `text`. An offset past the end is the end; one inside a
    /// character is that character.
    ///
    /// ```
    /// use migrate_model::Position;
    ///
    /// let text = "SELECT 'é';\nSELECT 2;\n";
    /// let second = text.rfind("SELECT").unwrap_or_default();
    /// assert_eq!(Position::at(text, second), Position { line: 2, column: 1 });
    /// ```
    pub fn at(text: &str, offset: usize) -> Self {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = text[..floor(text, offset)].matches('\n').count() + 1;
        // Continuation bytes of UTF-8 begin no character.
        let column = before[line_start..].iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        Self { line: clamp(line), column: clamp(column) }
    }
}

/// The nearest character boundary at or below an offset.
fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset.min(text.len()))
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A count as `u32`: texts past four milliards of lines end at the last number.
///
/// ```
/// use migrate_model::text::clamp;
///
/// assert_eq!(clamp(12), 12);
/// assert_eq!(clamp(usize::MAX), u32::MAX);
/// ```
pub fn clamp(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The text that a file stands for: without a byte order mark, with LF for CRLF. The same
/// normalisation as the checksum's, so what is hashed is what runs.
///
/// ```
/// use migrate_model::text::normalise;
///
/// assert_eq!(normalise("\u{FEFF}SELECT 1;\r\n"), "SELECT 1;\n");
/// ```
pub fn normalise(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    // Looking for one character first is many times cheaper, and most files have none.
    match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "ab\nçé🦀x\n";
        let x = text.find('x').unwrap();
        assert_eq!(Position::at(text, x), Position { line: 2, column: 4 });
        assert_eq!(Position::at(text, 0), Position::START);
        assert_eq!(Position::at(text, 999), Position { line: 3, column: 1 });
    }

    #[test]
    fn normalising_is_what_the_checksum_does() {
        let text = "\u{FEFF}a\r\nb\rc\r\n";
        assert_eq!(normalise(text), "a\nb\rc\n");
        assert_eq!(
            crate::Checksum::of(text.as_bytes()),
            crate::Checksum::of(normalise(text).as_bytes())
        );
    }
}
