//! Several heads where one is wanted: which they are, and the ways out as commands ready to paste.

use migrate_model::{Graph, Revision};
use migrate_runtime::{MultipleHeads, Status};

use crate::output::Diagnostic;
use crate::output::paste::quoted;

/// How much of a message stands in a column.
const WIDEST: usize = 40;

/// What one revision is wanted for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// The target of a run; with the command.
    Target(&'a str),
    /// The parent of a new revision.
    Parent(MultipleHeads),
    /// To be shown, or to be the end of a range.
    Itself,
}

/// The error `graph.multiple_heads`.
pub(crate) fn diagnostic(
    graph: &Graph,
    heads: &[String],
    status: Option<&Status>,
    wanted: Wanted<'_>,
) -> Diagnostic {
    let mut heads: Vec<usize> = heads.iter().filter_map(|id| graph.index_of(id)).collect();
    let is_applied =
        |index: usize| status.map(|status| has(status, graph.revision(index).id.as_str()));
    // What is applied first, then the older: what comes last is what should move.
    heads.sort_by_cached_key(|index| {
        let Revision { id, created, .. } = graph.revision(*index);
        (is_applied(*index) != Some(true), created.clone(), id.clone())
    });
    let count = match heads.len() {
        2 => "two".to_owned(),
        count => count.to_string(),
    };
    let consequence = match wanted {
        Wanted::Target(command) => format!("`{command}` has no single target"),
        Wanted::Parent(_) => "`new` has no single parent".to_owned(),
        Wanted::Itself => "this is no single revision".to_owned(),
    };
    let message = format!("{count} heads, so {consequence}");
    let mut diagnostic = Diagnostic::new("graph.multiple_heads", message);
    let width = heads.iter().map(|index| cut(&graph.revision(*index).message).chars().count());
    let width = width.max().unwrap_or_default();
    for index in &heads {
        let Revision { id, message, created, .. } = graph.revision(*index);
        let created = created.as_deref().and_then(|created| created.get(..16)).unwrap_or_default();
        let state = match is_applied(*index) {
            Some(true) => "applied here",
            Some(false) => "pending",
            None => "",
        };
        let line =
            format!("{id} {:width$}   {:16}   {state}", cut(message), created.replace('T', " "));
        diagnostic.notes.push(line.trim_end().to_owned());
        diagnostic.candidates.push(id.to_string());
    }
    if let Wanted::Target(_) = wanted {
        let common = common_parent(graph, &heads).map(|index| {
            let Revision { id, message, .. } = graph.revision(index);
            let each = if heads.len() == 2 { "both" } else { "all" };
            format!("{each} revise {id} {message}; ")
        });
        diagnostic.notes.push(common.unwrap_or_default() + "nothing was run");
    }
    diagnostic.hints = ways_out(graph, &heads, status, wanted);
    diagnostic
}

fn ways_out(
    graph: &Graph,
    heads: &[usize],
    status: Option<&Status>,
    wanted: Wanted<'_>,
) -> Vec<String> {
    let Some(last) = heads.last() else { return Vec::new() };
    let last = &graph.revision(*last).id;
    let mut hints = Vec::new();
    match wanted {
        Wanted::Itself => return vec![format!("name one of them, for example {last}")],
        Wanted::Parent(several) => {
            hints.push(format!("go on with one of them:    cargo migrate new \"…\" --head {last}"));
            if several == MultipleHeads::Allow || are_separate(graph, heads) {
                return hints;
            }
        }
        Wanted::Target(command) if are_separate(graph, heads) => {
            // Only these two take several.
            let command = if command.starts_with("stamp") { command } else { "up" };
            return vec![
                format!("take all of them:          cargo migrate {command} heads"),
                "and always, for lineages that are separate on purpose: multiple-heads = \"allow\" \
                 in [package.metadata.migrate]"
                    .to_owned(),
            ];
        }
        Wanted::Target(_) => {}
    }
    hints.extend(one_after_the_other(graph, heads, status));
    let message = quoted(&merge_message(graph, heads));
    hints.push(format!("or keep both and join:     cargo migrate merge -m {message}"));
    hints
}

/// Whether no two of the heads have anything in common.
fn are_separate(graph: &Graph, heads: &[usize]) -> bool {
    let mut seen = vec![false; graph.len()];
    heads.iter().all(|head| {
        let below = graph.lineage_below(&[*head]);
        let is_new = !below.iter().zip(&seen).any(|(below, seen)| *below && *seen);
        for (seen, below) in seen.iter_mut().zip(below) {
            *seen |= below;
        }
        is_new
    })
}

fn has(status: &Status, id: &str) -> bool {
    status.applied.iter().any(|row| row.id == id)
}

fn cut(message: &str) -> String {
    match message.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}…", &message[..at]),
        None => message.to_owned(),
    }
}

/// The one revision that all heads revise.
fn common_parent(graph: &Graph, heads: &[usize]) -> Option<usize> {
    let mut parents = heads.iter().map(|head| match *graph.parents(*head) {
        [parent] => Some(parent),
        _ => None,
    });
    let first = parents.next()??;
    parents.all(|parent| parent == Some(first)).then_some(first)
}

/// The last head's line on top of the one before it. What is applied stays where it is.
fn one_after_the_other(graph: &Graph, heads: &[usize], status: Option<&Status>) -> Option<String> {
    let [.., onto, moving] = *heads else { return None };
    let lowest = graph.line_to_move(moving, onto)?;
    if status.is_some_and(|status| has(status, graph.revision(lowest).id.as_str())) {
        return None;
    }
    graph.rebased(lowest, onto).ok()?;
    let (moving, onto) = (&graph.revision(lowest).id, &graph.revision(onto).id);
    Some(format!("put one after the other:   cargo migrate rebase {moving} --onto {onto}"))
}

/// What a merge of these is called where nobody says.
pub(crate) fn merge_message(graph: &Graph, parents: &[usize]) -> String {
    let messages: Vec<&str> =
        parents.iter().map(|index| graph.revision(*index).message.as_str()).collect();
    match messages.as_slice() {
        [one] => format!("merge {one}"),
        [one, other] => format!("merge {other} and {one}"),
        several => format!("merge {} heads", several.len()),
    }
}
