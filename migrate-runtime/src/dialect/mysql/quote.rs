//! Names and values as SQL. Everything that is not a constant goes through here.

use std::fmt::Write;

use crate::history::Value;

/// A name.
pub(super) fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text. What a quote or a backslash means depends on the session's `sql_mode`, and what a byte
/// beyond ASCII means on its character set, both of which a script may change; digits mean the
/// same always.
pub(super) fn text(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii() && c != '\\' && c != '\0') {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut literal = String::with_capacity(text.len() * 2 + 14);
    literal.push_str("_utf8mb4 X'");
    for byte in text.bytes() {
        // Writing to a String can't fail.
        let _ = write!(literal, "{byte:02X}");
    }
    literal.push('\'');
    literal
}

/// A value of a history table.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(Some(content)) => text(content),
        Value::Integer(Some(number)) => number.to_string(),
        Value::Text(None) | Value::Integer(None) => "NULL".to_owned(),
        // The server doesn't tell; durations are measured here.
        Value::Elapsed => "0".to_owned(),
        Value::Now => "UTC_TIMESTAMP(6)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_quote_early() {
        assert_eq!(name("a`b"), "`a``b`");
        assert_eq!(text("it's; --"), "'it''s; --'");
        assert_eq!(text("\\'"), "_utf8mb4 X'5C27'");
        assert_eq!(text("ü"), "_utf8mb4 X'C3BC'");
    }
}
