//! The lines that differ between two texts.

use similar::{ChangeTag, TextDiff};

use super::style::{ADDED, REMOVED};

/// How many lines of a diff are shown; the rest is counted.
const MOST: usize = 24;

/// The removed and added lines, ` - ` and ` + ` in front, in colour.
pub(crate) fn changed_lines(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let lines: Vec<String> = diff
        .iter_all_changes()
        .filter_map(|change| {
            let text = change.value().trim_end();
            match change.tag() {
                ChangeTag::Delete => Some(format!(" {REMOVED}- {text}{REMOVED:#}")),
                ChangeTag::Insert => Some(format!(" {ADDED}+ {text}{ADDED:#}")),
                ChangeTag::Equal => None,
            }
        })
        .collect();
    let mut shown: Vec<String> = lines.iter().take(MOST).cloned().collect();
    if lines.len() > MOST {
        shown.push(format!(" … {} more changed lines", lines.len() - MOST));
    }
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_shown() {
        let diff = changed_lines("a\nb\nc\n", "a\nx\nc\n");
        assert_eq!(anstream::adapter::strip_str(&diff).to_string(), " - b\n + x");
    }
}
