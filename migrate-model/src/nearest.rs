//! "Did you mean …?": the known word nearest to an unknown one. Knows words only.

/// The candidate nearest to `word`, where one is near enough to be a likely slip of the finger:
/// at most a third of the letters differ.
///
/// ```
/// use migrate_model::nearest::nearest;
///
/// assert_eq!(nearest("Revise", ["Revision", "Revises"]), Some("Revises"));
/// assert_eq!(nearest("Colour", ["Revision", "Revises"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).max(1);
    let word = word.to_lowercase();
    let length = word.chars().count();
    candidates
        .into_iter()
        .map(|candidate| (candidate.to_lowercase(), candidate))
        // Each letter more or less is an edit, and counting is cheaper than comparing.
        .filter(|(lowercase, _)| lowercase.chars().count().abs_diff(length) <= most)
        .map(|(lowercase, candidate)| (distance(&word, &lowercase), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's edit distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
