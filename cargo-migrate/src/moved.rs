//! An edit that is none of the statements: the revision was put elsewhere in the graph, as `rebase`
//! does.

use migrate_model::RevisionFile;
use migrate_model::script::MARKER;

/// What it revised when it was applied, and what it revises now; `None` where anything else has
/// changed, too.
pub(crate) fn moved(applied: &str, at_hand: &str) -> Option<(String, String)> {
    let body = |text: &str| text.find(MARKER).map(|at| text[at..].to_owned());
    if body(applied)? != body(at_hand)? {
        return None;
    }
    let parse = |text: &str| RevisionFile::parse("applied.sql", "applied.sql", text.as_bytes());
    let (before, now) = (parse(applied).ok()?, parse(at_hand).ok()?);
    let edges = |file: &RevisionFile| {
        let revises: Vec<&str> = file.revision.revises.iter().map(AsRef::as_ref).collect();
        if revises.is_empty() { "base".to_owned() } else { revises.join(", ") }
    };
    let (from, to) = (edges(&before), edges(&now));
    let is_rest_same = before.revision.depends_on == now.revision.depends_on
        && before.revision.labels == now.revision.labels;
    (from != to && is_rest_same).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn only_another_parent_is_a_move() {
        let text = |revises, sql| {
            format!("-- x\n--\n-- Revision: b\n-- Revises: {revises}\n-- migrate:up\n{sql}\n")
        };
        let expected = Some(("a".to_owned(), "c".to_owned()));
        assert_eq!(moved(&text("a", "SELECT 1"), &text("c", "SELECT 1")), expected);
        assert_eq!(moved(&text("a", "SELECT 1"), &text("c", "SELECT 2")), None);
        assert_eq!(moved(&text("a", "SELECT 1"), &text("a", "SELECT 1")), None);
    }
}
