//! `cargo xtask bench`: what commands cost, and what the graph costs where it is large.

pub(crate) mod commands;
pub(crate) mod figures;
pub(crate) mod graph;
pub(crate) mod memory;
mod shape;

use std::time::Duration;

fn show(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
