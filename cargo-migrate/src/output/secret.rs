//! Passwords are never shown, wherever somebody has put a URL.

use std::borrow::Cow;

/// The text with `***` for what stands between `://` and the last `@` of the same word.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let ends = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`');
        let word = &after[..after.find(ends).unwrap_or(after.len())];
        masked.push_str(before);
        rest = match word.rfind('@') {
            Some(host) => {
                masked.push_str("***");
                &after[host..]
            }
            None => after,
        };
    }
    if masked.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(masked + rest) }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn only_what_stands_before_a_host_is_hidden() {
        assert_eq!(masked("at 'postgres://me:p@ss@h/d' now"), "at 'postgres://***@h/d' now");
        assert_eq!(masked("https://example.org and a@b"), "https://example.org and a@b");
        assert_eq!(masked("x://a@b y://c:d@e"), "x://***@b y://***@e");
        assert_eq!(masked("nothing"), "nothing");
    }
}
