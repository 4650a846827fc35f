//! A drawing of revisions and their edges, as `git log --graph` makes one of commits. Edges of
//! `Depends-On:` are dashed.

use std::collections::HashSet;

use migrate_model::Graph;
use renderdag::{Ancestor, GraphRowRenderer, Renderer};

/// What stands beside a revision in the drawing.
pub(crate) struct Node {
    pub(crate) index: usize,
    pub(crate) glyph: &'static str,
    pub(crate) text: String,
}

/// Draws the nodes, which come in the order of [`order`]. Edges to what isn't among them end open.
pub(crate) fn draw(graph: &Graph, nodes: Vec<Node>) -> String {
    let listed: HashSet<usize> = nodes.iter().map(|node| node.index).collect();
    let mut renderer = GraphRowRenderer::new().output().with_min_row_height(1).build_box_drawing();
    let mut drawing = String::new();
    for Node { index, glyph, text } in nodes {
        let parents = graph.parents(index).iter().map(|parent| match listed.contains(parent) {
            true => Ancestor::Parent(*parent),
            false => Ancestor::Anonymous,
        });
        let needs = graph.needs(index).iter().filter(|need| listed.contains(*need));
        let needs = needs.filter(|need| !graph.parents(index).contains(need));
        let edges = parents.chain(needs.map(|need| Ancestor::Ancestor(*need))).collect();
        drawing += &renderer.next_row(index, edges, glyph.to_owned(), text);
    }
    drawing.trim_end().to_owned()
}

/// The order in which the drawing is narrow: newest first, and each line to its end before the
/// next begins.
pub(crate) fn order(graph: &Graph, listed: &[usize]) -> Vec<usize> {
    let mut is_listed = vec![false; graph.len()];
    for index in listed {
        is_listed[*index] = true;
    }
    let above = |index: usize| graph.children(index).iter().chain(graph.needed_by(index));
    let below = |index: usize| graph.parents(index).iter().chain(graph.needs(index));
    let mut waits_for: Vec<usize> =
        (0..graph.len()).map(|index| above(index).filter(|it| is_listed[**it]).count()).collect();
    let mut ready: Vec<usize> =
        listed.iter().copied().filter(|index| waits_for[*index] == 0).collect();
    let mut order = Vec::with_capacity(listed.len());
    while let Some(index) = ready.pop() {
        order.push(index);
        // The first parent's line goes on right below.
        for next in below(index).copied().collect::<Vec<_>>().into_iter().rev() {
            waits_for[next] -= usize::from(is_listed[next]);
            if is_listed[next] && waits_for[next] == 0 {
                ready.push(next);
            }
        }
    }
    order
}
