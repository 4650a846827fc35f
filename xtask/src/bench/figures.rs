//! What is measured of a graph, in this process: each figure alone, with all it needs at hand.

use std::hint::black_box;
use std::time::Duration;

use migrate_model::revision::{Applied, Identifier, Range, Splice, StampTarget};
use migrate_model::{Graph, Revision};

use super::median;
use super::shape::{Shape, parse};
use crate::command::Outcome;
use crate::cpu;

const ROUNDS: usize = 7;

/// What a plan from nothing to everything and back takes, with the graph that it needs.
pub(super) const LIMITED: [&str; 4] = ["load", "heads", "up heads", "down base"];

/// All that the figures are measured on.
struct Ready {
    texts: Vec<String>,
    revisions: Vec<Revision>,
    graph: Graph,
    half: Applied,
    all: Applied,
}

/// A figure's name, and what it does; nothing where a graph of that shape refuses it.
type Figure = (&'static str, fn(&Ready) -> Option<usize>);

const FIGURES: [Figure; 15] = [
    ("headers", |it| it.texts.iter().map(|text| parse(text).ok().map(|it| it.revises.len())).sum()),
    ("heads", |it| Some(it.graph.heads().len() + it.graph.effective_heads().len())),
    ("up heads", |it| up(it, "heads", &Applied::default())),
    ("down base", |it| down(it, "base")),
    ("up +half", |it| up(it, &format!("+{}", it.graph.len() / 2), &Applied::default())),
    ("down -half", |it| down(it, &format!("-{}", it.graph.len() / 2))),
    ("current", |it| Some(it.all.tips(&it.graph).len())),
    ("history", |it| history(it, ":")),
    ("history -half:", |it| history(it, &format!("-{}:", it.graph.len() / 2))),
    ("history heads:", |it| history(it, "heads:")),
    ("prefix", |it| {
        let id = it.revisions.get(it.revisions.len() / 2)?.id.as_str();
        up(it, &id[..10], &it.all)
    }),
    ("unknown name", |it| Some(usize::from(up(it, "fffffffffffg", &it.half).is_none()))),
    ("stamp heads", |it| {
        let heads = [Identifier::parse("heads").ok()?];
        let target = StampTarget::of(&it.graph, &it.half, &heads).ok()?;
        Some(target.steps(&it.graph, &it.half).len())
    }),
    ("merge heads", |it| {
        let heads = [Identifier::parse("heads").ok()?];
        it.graph.parents_for(&heads, Splice::Allow).ok().map(|parents| parents.len())
    }),
    ("line to move", |it| it.graph.line_to_move(it.graph.len() - 1, 0)),
];

fn up(it: &Ready, name: &str, applied: &Applied) -> Option<usize> {
    let targets = Identifier::parse(name).ok()?.upgrade_targets(&it.graph, applied).ok()?;
    Some(it.graph.path_up(applied, &targets).len())
}

fn down(it: &Ready, name: &str) -> Option<usize> {
    let target = Identifier::parse(name).ok()?.downgrade_target(&it.graph, &it.all).ok()?;
    Some(target.steps(&it.graph, &it.all).ok()?.len())
}

fn history(it: &Ready, range: &str) -> Option<usize> {
    let found = Range::parse(range).ok()?.resolve(&it.graph, &it.half).ok()?;
    Some(found.len())
}

/// Prints each figure with its microseconds, and whether there was an answer.
pub(crate) fn print(shape: &str, size: &str, seed: &str) -> Outcome {
    let (shape, size, seed) = (Shape::from_name(shape)?, number(size)?, number(seed)?);
    let count = usize::try_from(size).map_err(|error| error.to_string())?;
    let revisions = shape.revisions(count, seed)?;
    let mut caches = Caches(vec![0; MORE_THAN_CACHES]);
    println!("load\t{}\tanswered", load(&revisions, &mut caches)?.as_micros());
    let graph = Graph::new(revisions.clone()).map_err(|error| error.to_string())?;
    let all = Applied::up_to(&graph, &graph.heads());
    let half = Applied::up_to(&graph, &[count / 2]);
    let it = Ready { texts: shape.texts(count, seed).collect(), revisions, graph, half, all };
    for (name, figure) in FIGURES {
        let answered = if figure(&it).is_some() { "answered" } else { "refused" };
        println!("{name}\t{}\t{answered}", measure(|| figure(&it), &mut caches).as_micros());
    }
    Ok(())
}

pub(super) fn number(text: &str) -> Outcome<u64> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

/// Making the graph, without the copy of the revisions that it takes.
fn load(revisions: &[Revision], caches: &mut Caches) -> Outcome<Duration> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let copy = revisions.to_vec();
        caches.forget();
        let before = cpu::of_this_process();
        let graph = Graph::new(copy);
        times.push(cpu::of_this_process().saturating_sub(before));
        graph.map_err(|error| error.to_string())?;
    }
    Ok(median(times))
}

fn measure(figure: impl Fn() -> Option<usize>, caches: &mut Caches) -> Duration {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        caches.forget();
        let before = cpu::of_this_process();
        black_box(figure());
        times.push(cpu::of_this_process().saturating_sub(before));
    }
    median(times)
}

/// A command plans once, with nothing of it in the caches of the processor; and small graphs would
/// stay in them from round to round, so that large ones would seem to be out of proportion.
struct Caches(Vec<u8>);

const MORE_THAN_CACHES: usize = 64 << 20;

impl Caches {
    fn forget(&mut self) {
        self.0.fill(black_box(1));
        black_box(&self.0);
    }
}
