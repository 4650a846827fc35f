//! Several heads where one is wanted: which they are, and the ways out as commands ready to paste.

use migrate_model::{Graph, Revision};
use migrate_runtime::Status;

use crate::output::Diagnostic;

/// How much of a message stands in a column.
const WIDEST: usize = 40;

/// The error `graph.multiple_heads`. `wanted` says what there is none of: "`up` has no single
/// target".
pub(crate) fn diagnostic(
    graph: &Graph,
    heads: &[String],
    status: Option<&Status>,
    wanted: &str,
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
    let mut diagnostic =
        Diagnostic::new("graph.multiple_heads", format!("{count} heads, so {wanted}"));
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
    let common = common_parent(graph, &heads).map(|index| {
        let Revision { id, message, .. } = graph.revision(index);
        let each = if heads.len() == 2 { "both" } else { "all" };
        format!("{each} revise {id} {message}; ")
    });
    diagnostic.notes.push(common.unwrap_or_default() + "nothing was run");
    diagnostic.hints.extend(one_after_the_other(graph, &heads));
    diagnostic.hints.push(format!(
        "or keep both and join:     cargo migrate merge -m {}",
        quoted(&merge_message(graph, &heads))
    ));
    diagnostic
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

/// The last head's line on top of the one before it.
fn one_after_the_other(graph: &Graph, heads: &[usize]) -> Option<String> {
    let [.., onto, moving] = *heads else { return None };
    let lowest = graph.line_to_move(moving, onto)?;
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

/// A word for a shell.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| matches!(c, '"' | '\\' | '$' | '`').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("\"{escaped}\"")
}
