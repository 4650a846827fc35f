//! How much memory a graph takes: by how much the peak of a process grows that makes one and plans
//! on it. The revisions themselves were there before.

use std::fs;
use std::hint::black_box;

use migrate_model::Graph;
use migrate_model::revision::{Applied, Identifier};

use super::figures::number;
use super::shape::Shape;
use crate::command::Outcome;

/// Prints the growth in KiB, or nothing where the system doesn't tell.
pub(crate) fn print(shape: &str, size: &str, seed: &str) -> Outcome {
    let (shape, size, seed) = (Shape::from_name(shape)?, number(size)?, number(seed)?);
    let count = usize::try_from(size).map_err(|error| error.to_string())?;
    let revisions = shape.revisions(count, seed)?;
    let before = peak();
    let graph = Graph::new(revisions).map_err(|error| error.to_string())?;
    let up = graph.path_up(&Applied::default(), &graph.effective_heads());
    let all = Applied::up_to(&graph, &graph.heads());
    let base = Identifier::parse("base").and_then(|base| base.downgrade_target(&graph, &all));
    let down = base.and_then(|base| base.steps(&graph, &all)).map_err(|error| error.to_string())?;
    if let (Some(before), Some(after)) = (before, peak()) {
        println!("{}", after.saturating_sub(before));
    }
    black_box((graph, up, down));
    Ok(())
}

/// The most that was resident of this process, in KiB; Linux alone tells it here.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
