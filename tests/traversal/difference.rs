//! Whether an answer is Alembic's, or another on purpose, or wrong. Every difference on purpose has
//! a name here and is counted.

use std::collections::{BTreeSet, HashMap};

use migrate_model::Graph;
use migrate_model::revision::Applied;

use crate::answer::Answer;
use crate::corpus::Case;

pub(crate) enum Verdict {
    Same,
    Difference(&'static str),
    Wrong(String),
}

/// What the tool refuses to work on with exit code 10, which the test of the command line sees; the
/// library's functions that are asked here are never given such rows.
pub(crate) const UNKNOWN_ROW: &str = "an unknown start row is integrity.unknown";

/// Whether the database has a row of a revision that the graph has not, and keeps it.
pub(crate) fn has_unknown_row(graph: &Graph, case: &Case) -> bool {
    !case.purge && case.start.iter().any(|id| graph.index_of(id).is_none())
}

pub(crate) fn judge(graph: &Graph, case: &Case, answer: &Answer) -> Verdict {
    let start: Vec<usize> = case.start.iter().filter_map(|id| graph.index_of(id)).collect();
    let overlap = Applied::up_to(graph, &start).tips(graph).len() < set(&case.start).len();
    match compare(graph, case, answer) {
        Verdict::Wrong(_) if overlap && !case.purge => {
            Verdict::Difference("start rows that are ancestors of each other are one state")
        }
        verdict => verdict,
    }
}

fn compare(graph: &Graph, case: &Case, answer: &Answer) -> Verdict {
    if has_unknown_row(graph, case) {
        return Verdict::Difference(UNKNOWN_ROW);
    }
    let code = answer.error.as_deref();
    if case.expect.crash {
        return match code {
            Some(_) => Verdict::Difference("no defined result: a clean error"),
            None => Verdict::Difference("no defined result: a sensible one"),
        };
    }
    let several_rows = case.expect.warning.is_some() || case.row_order_matters;
    if several_rows && code == Some("graph.ambiguous_walk") {
        return Verdict::Difference("-N with several current heads is ambiguous_walk");
    }
    match (&case.expect.error, code) {
        (Some(category), _)
            if category == "other"
                && case.expect.detail.as_deref() == Some("overlapping_revisions") =>
        {
            Verdict::Difference("overlapping revisions are one state")
        }
        (Some(category), Some(code)) => {
            let expected = match category.as_str() {
                "other" => case.expect.detail.as_deref().unwrap_or_default(),
                category => category,
            };
            match code == format!("graph.{expected}") {
                true => Verdict::Same,
                false => Verdict::Wrong(format!("{expected} expected, not {code} ({})", arg(case))),
            }
        }
        (Some(category), None) => Verdict::Wrong(format!(
            "{category} {:?} expected, not {:?} {:?} ({})",
            case.expect.detail,
            answer.steps,
            answer.revisions,
            arg(case)
        )),
        (None, Some(code)) => {
            match code == "graph.unresolved" && is_foreign_branch(graph, &arg(case)) {
                true => Verdict::Difference("a branch part that has nothing to do with the target"),
                false => Verdict::Wrong(format!("an outcome expected, not {code} ({})", arg(case))),
            }
        }
        (None, None) => match difference(graph, case, answer) {
            None => Verdict::Same,
            Some(why) => Verdict::Wrong(format!("{why} ({} {})", case.op, arg(case))),
        },
    }
}

/// Whether the branch of `branch@revision` names nothing, or has neither above nor below what
/// names it that revision, which there is.
fn is_foreign_branch(graph: &Graph, word: &str) -> bool {
    let Some((branch, target)) = word.split_once('@') else { return false };
    let Some(target) = named(graph, target) else { return false };
    let Some(branch) = named(graph, branch) else { return true };
    !graph.lineage_above(&[branch])[target] && !graph.lineage_below(&[branch])[target]
}

/// What a name stands for: an id or a label, or else the beginning of one id alone.
fn named(graph: &Graph, name: &str) -> Option<usize> {
    let begins = |index: &usize| graph.revision(*index).id.as_str().starts_with(name);
    let mut begun = (0..graph.len()).filter(begins);
    graph.index_of_name(name).or_else(|| begun.next().filter(|_| begun.next().is_none()))
}

fn arg(case: &Case) -> String {
    case.arg.as_ref().map(|arg| arg.words().join(" ")).unwrap_or_default()
}

fn set<'a>(ids: impl IntoIterator<Item = &'a String>) -> BTreeSet<&'a str> {
    ids.into_iter().map(String::as_str).collect()
}

/// Rows that are ancestors of each other are one state: the maximal ones.
fn maximal<'a>(graph: &'a Graph, rows: &[String]) -> BTreeSet<&'a str> {
    let rows: Vec<usize> = rows.iter().filter_map(|id| graph.index_of(id)).collect();
    let maximal = Applied::up_to(graph, &rows).tips(graph);
    maximal.into_iter().map(|index| graph.revision(index).id.as_str()).collect()
}

/// Why an outcome is not the expected one.
fn difference(graph: &Graph, case: &Case, answer: &Answer) -> Option<String> {
    let expect = &case.expect;
    if let Some(steps) = &expect.steps {
        let expected: Vec<(&str, &str)> =
            steps.iter().map(|(id, direction)| (id.as_str(), direction.as_str())).collect();
        let found: Vec<(&str, &str)> =
            answer.steps.iter().map(|(id, direction)| (id.as_str(), *direction)).collect();
        if found != expected {
            let same_set = found.iter().collect::<BTreeSet<_>>() == expected.iter().collect();
            if case.order.as_deref() == Some("exact") || !same_set {
                return Some(format!("steps {expected:?} expected, not {found:?}"));
            }
            if !is_topological(graph, &found) {
                return Some(format!("{found:?} is no topological order"));
            }
        } else if let Some(rows) = &expect.rows_after_each_step {
            let expected: Vec<_> = rows.iter().map(|rows| maximal(graph, rows)).collect();
            let found: Vec<BTreeSet<&str>> = answer.tips_after_each.iter().map(set).collect();
            if found != expected {
                return Some(format!("rows {expected:?} expected, not {found:?}"));
            }
        }
    }
    if let Some(heads) = expect.heads_minimal.as_ref().or(expect.heads.as_ref()) {
        let maximal = maximal(graph, heads);
        if set(&answer.tips) != maximal {
            return Some(format!("heads {maximal:?} expected, not {:?}", answer.tips));
        }
    }
    if let Some(at_heads) = expect.at_heads
        && at_heads != answer.at_heads
    {
        return Some(format!("at heads: {at_heads} expected"));
    }
    if case.op == "resolve_one" {
        let found = answer.revisions.first().map(String::as_str);
        if found != expect.revision.as_str() {
            return Some(format!("{:?} expected, not {found:?}", expect.revision));
        }
    }
    if let Some(revisions) = expect.revisions.as_ref().or(expect.down.as_ref()) {
        if set(revisions) != set(&answer.revisions) {
            return Some(format!("{revisions:?} expected, not {:?}", answer.revisions));
        }
        let down: Vec<(&str, &str)> =
            answer.revisions.iter().map(|id| (id.as_str(), "down")).collect();
        if case.op == "history" && !is_topological(graph, &down) {
            return Some(format!("{:?} is no topological order", answer.revisions));
        }
    }
    let needs = expect.depends_on.as_ref().filter(|needs| **needs != answer.depends_on);
    needs.map(|needs| format!("depends on {needs:?}, not {:?}", answer.depends_on))
}

/// Whether each revision comes after all of the list that it needs (before them on the way down).
fn is_topological(graph: &Graph, steps: &[(&str, &str)]) -> bool {
    let place: HashMap<usize, usize> = steps
        .iter()
        .enumerate()
        .filter_map(|(at, (id, _))| Some((graph.index_of(id)?, at)))
        .collect();
    place.iter().all(|(index, at)| {
        let below = graph.ancestors(&[*index]);
        let mut others = place.iter().filter(|(other, _)| *other != index && below[**other]);
        let is_up = steps.get(*at).is_some_and(|(_, direction)| *direction == "up");
        others.all(|(_, other)| if is_up { other < at } else { other > at })
    })
}
