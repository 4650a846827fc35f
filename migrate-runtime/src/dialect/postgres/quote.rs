//! Names and values as SQL. Everything that is not a constant goes through here.

use crate::history::Value;

/// A name.
pub(crate) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text. `E''` means the same whatever `standard_conforming_strings` says.
pub(crate) fn text(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''");
    if escaped.contains('\\') { format!("E'{escaped}'") } else { format!("'{escaped}'") }
}

/// A value of a history table.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Text(Some(content)) => text(content),
        Value::Integer(Some(number)) => number.to_string(),
        Value::Text(None) | Value::Integer(None) => "NULL".to_owned(),
        // The time since the server got the message.
        Value::Elapsed => {
            "(extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000)::bigint"
                .to_owned()
        }
        // Not now(): that is when the transaction began.
        Value::Now => "clock_timestamp()".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_quote_early() {
        assert_eq!(name("a\"b"), "\"a\"\"b\"");
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(text("a\\' b"), "E'a\\\\'' b'");
    }
}
