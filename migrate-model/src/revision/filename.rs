//! The names of revision files: `2026-11-23_1975ea83b712_add_projects_table.sql`. The name is for
//! people and for sorting; the header counts.

use super::id::RevisionId;

/// A message as a part of a file name: lower case letters and digits of any script, everything
/// else one `_`, at most `length` characters, cut at a word where possible.
///
/// ```
/// use migrate_model::revision::slug;
///
/// assert_eq!(slug("Add projects' table!", 40), "add_projects_table");
/// ```
pub fn slug(message: &str, length: usize) -> String {
    let mut words = message
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.replace('\'', "").to_lowercase())
        .filter(|word| !word.is_empty());
    let first: String = words.next().unwrap_or_default().chars().take(length).collect();
    words
        .scan(first.chars().count(), |so_far, word| {
            *so_far += 1 + word.chars().count();
            (*so_far <= length).then_some(word)
        })
        .fold(first, |slug, word| slug + "_" + &word)
}

/// The id that a file's name carries, if it is another than `id`. Names may be chosen freely; an
/// id is seen in what `new` would have written: twelve hexadecimal digits behind a date, or
/// anywhere when there's a letter among them.
pub(crate) fn other_id(name: &str, id: &RevisionId) -> Option<String> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem.match_indices(id.as_str()).any(|(at, id)| is_whole(stem, at, id.len())) {
        return None;
    }
    let mut parts = stem.split('_').peekable();
    let after_date = match parts.peek().is_some_and(|part| is_date(part)) {
        true => parts.nth(1).filter(|part| is_generated(part)),
        false => None,
    };
    after_date
        .or_else(|| {
            parts.find(|part| is_generated(part) && part.contains(|c: char| c.is_alphabetic()))
        })
        .map(str::to_owned)
}

fn is_whole(stem: &str, at: usize, length: usize) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric();
    !stem[..at].ends_with(word) && !stem[at + length..].starts_with(word)
}

fn is_generated(part: &str) -> bool {
    part.len() == 12 && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_date(part: &str) -> bool {
    part.len() == 10 && part.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_cut_at_words() {
        let slug = |message| super::slug(message, 40);
        assert_eq!(slug("Add  the -- users' table"), "add_the_users_table");
        assert_eq!(slug("Größe ändern"), "größe_ändern");
        assert_eq!(slug("!!!"), "");
        let long = "a very long message that would not fit into any sensible file name";
        assert_eq!(slug(long), "a_very_long_message_that_would_not_fit");
        assert_eq!(slug(&"x".repeat(90)), "x".repeat(40));
    }

    #[test]
    fn another_id_in_the_name_is_seen() {
        let id: RevisionId = "1975ea83b712".parse().unwrap();
        let other = |name: &str| other_id(name, &id);
        assert_eq!(other("2026-11-23_1975ea83b712_add_x.sql"), None);
        assert_eq!(other("2026-11-23_add_x.sql"), None);
        assert_eq!(other("add_202601011200.sql"), None);
        assert_eq!(other("2026-11-23_202601011200_x.sql"), Some("202601011200".into()));
        assert_eq!(other("x_ffffffffffff.rs"), Some("ffffffffffff".into()));
        assert_eq!(other("folder/2026-11-23_ffffffffffff_x.sql"), Some("ffffffffffff".into()));
        assert_eq!(other_id("0001_init.sql", &"0001".parse().unwrap()), None);
    }
}
