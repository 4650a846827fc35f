//! Random graphs, states and names for the laws. What shrinks stays small: numbers that are taken
//! modulo what there is.

use std::fmt;
use std::ops::Deref;

use proptest::prelude::*;

use super::applied::Applied;
use super::graph::Graph;
use super::graph::tests::graph;

/// A number that picks one of what there is.
pub(super) type Pick = u8;

/// A graph that shows itself as its lines.
pub(super) struct Random {
    graph: Graph,
    lines: Vec<String>,
}

impl Deref for Random {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.graph
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.fmt(f)
    }
}

/// A directed acyclic graph of up to forty revisions with several bases, forks, merges,
/// dependencies (also on labels) and labels.
pub(super) fn graphs() -> impl Strategy<Value = Random> {
    let node = (prop::collection::vec(any::<Pick>(), 0..4), any::<Pick>(), 0_u8..16);
    prop::collection::vec(node, 1..40).prop_map(|nodes| {
        let lines: Vec<String> = nodes
            .iter()
            .enumerate()
            .map(|(at, (parents, need, kind))| line(at, parents, *need, *kind))
            .collect();
        let graph = graph(&lines.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        Random { graph, lines }
    })
}

fn line(at: usize, parents: &[Pick], need: Pick, kind: u8) -> String {
    // A merge is rarer than a line, and most parents are near.
    let count = if kind < 10 { parents.len().min(1) } else { parents.len() };
    let earlier = |pick: Pick| at - 1 - usize::from(pick) % at.min(8);
    let mut revises = Vec::new();
    for parent in parents.iter().take(count).filter(|_| at > 0).map(|pick| id(earlier(*pick))) {
        if !revises.contains(&parent) {
            revises.push(parent);
        }
    }
    let needs = match at > 0 && kind.is_multiple_of(4) {
        true => format!(", needs {}", id_or_label(usize::from(need) % at)),
        false => String::new(),
    };
    let labels = match at.is_multiple_of(3) {
        true => format!(", labels {}", label(at)),
        false => String::new(),
    };
    format!("{}: {}{needs}{labels}", id(at), revises.join(" "))
}

fn id_or_label(at: usize) -> String {
    if at.is_multiple_of(3) { label(at) } else { id(at) }
}

/// Ids that begin alike. Those with less than four letters are found by no prefix.
fn id(at: usize) -> String {
    match at % 7 {
        6 => format!("x{at}"),
        _ => format!("{:06b}", at * 37 % 64),
    }
}

fn label(at: usize) -> String {
    format!("lane{at}")
}

/// Some of the revisions.
pub(super) fn some(graph: &Graph, picks: &[Pick]) -> Vec<usize> {
    picks.iter().map(|pick| usize::from(*pick) % graph.len()).collect()
}

/// A state as runs make it: with each revision all that it needs.
pub(super) fn closed(graph: &Graph, picks: &[Pick]) -> Applied {
    Applied::up_to(graph, &some(graph, picks))
}

/// A state as only accidents make it.
pub(super) fn torn(graph: &Graph, picks: &[Pick]) -> Applied {
    Applied::of(graph, some(graph, picks).iter().map(|index| graph.revision(*index).id.as_str()))
}

/// A part of what stands on a command line.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Name(Pick),
    Beginning(Pick, Pick),
    Text(String),
}

impl Part {
    fn text(&self, graph: &Graph) -> String {
        let name = |pick: Pick| {
            let mut names: Vec<&str> = graph.names().map(|(name, _)| name).collect();
            names.sort_unstable();
            names[usize::from(pick) % names.len()].to_owned()
        };
        match self {
            Self::Name(pick) => name(*pick),
            Self::Beginning(pick, length) => {
                let name = name(*pick);
                name[..usize::from(*length) % name.len()].to_owned()
            }
            Self::Text(text) => text.clone(),
        }
    }
}

/// What might stand for a revision on a command line, most of it well formed.
pub(super) fn names() -> impl Strategy<Value = Vec<Part>> {
    let fixed = |text: &'static str| Just(Part::Text(text.to_owned()));
    let name = || {
        prop_oneof![
            any::<Pick>().prop_map(Part::Name),
            (any::<Pick>(), any::<Pick>()).prop_map(|(pick, at)| Part::Beginning(pick, at)),
        ]
    };
    let symbol = prop_oneof![
        4 => name(),
        4 => prop::sample::select(vec!["base", "head", "heads", "current", ""]).prop_flat_map(fixed),
    ];
    let branch = prop_oneof![
        2 => Just(Vec::new()),
        1 => name().prop_map(|name| vec![name, Part::Text("@".to_owned())]),
    ];
    let walk = prop_oneof![
        2 => Just(Part::Text(String::new())),
        2 => (-4_i8..5).prop_map(|steps| Part::Text(format!("{steps:+}"))),
    ];
    let well_formed = (branch, symbol, walk).prop_map(|(mut parts, symbol, walk)| {
        parts.extend([symbol, walk]);
        parts
    });
    let anything = prop_oneof![
        4 => name(),
        4 => "[@+:0-9a-z-]{1,3}".prop_map(Part::Text),
        1 => any::<String>().prop_map(Part::Text),
    ];
    prop_oneof![4 => well_formed, 1 => prop::collection::vec(anything, 0..6)]
}

/// The text of such parts.
pub(super) fn written(graph: &Graph, parts: &[Part]) -> String {
    parts.iter().map(|part| part.text(graph)).collect()
}
