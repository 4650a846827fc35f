//! `cargo xtask bench graph`: what graphs of 1,000 to 100,000 revisions cost, in CPU time and
//! memory, in release. Each size is measured in a process of its own.

use std::process::Command;
use std::time::Duration;

use super::figures::{LIMITED, number};
use super::shape::Shape;
use super::show;
use crate::command::{Outcome, cargo, output_of, run as run_command, target};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// What loading, `heads` and the plans up and down may cost together, at the largest size.
const LIMIT: Duration = Duration::from_secs(1);
/// Ten times the revisions may cost this many times the time. Only the smaller graphs fit into the
/// caches of a processor, beyond them each revision costs more; what is quadratic grows by 100.
const ALLOWED_GROWTH: f64 = 25.0;
/// What costs fewer milliseconds is not asked how it grows: noise would answer.
const TOO_SMALL_TO_JUDGE: f64 = 1.0;

/// A line of the table.
struct Line {
    name: String,
    /// Milliseconds or MiB, from the smallest to the largest size.
    figures: Vec<f64>,
    verdict: &'static str,
}

pub(crate) fn run(seed: &str) -> Outcome {
    number(seed)?;
    run_command(&mut cargo(["build", "--quiet", "--package", "xtask", "--release"]))?;
    let program = target().join("release").join(format!("xtask{}", std::env::consts::EXE_SUFFIX));
    println!("CPU time, median, release, cold caches; seed {seed}");
    println!("limit of {} at 100,000: {}", LIMITED.join(" + "), show(LIMIT));
    for shape in Shape::ALL {
        let mut times: Vec<Line> = Vec::new();
        let mut memory = Vec::new();
        for size in SIZES {
            let ask = |what| {
                let size = size.to_string();
                output_of(Command::new(&program).args(["bench", what, shape.name(), &size, seed]))
            };
            add(&mut times, &ask("graph-figures")?)?;
            memory.extend(ask("graph-memory")?.trim().parse::<f64>().map(|kib| kib / 1024.0));
        }
        print_table(shape, &times, memory);
    }
    Ok(())
}

/// Adds the figures of one more size to the lines of each.
fn add(lines: &mut Vec<Line>, printed: &str) -> Outcome {
    for (at, line) in printed.lines().enumerate() {
        let mut fields = line.split('\t');
        let fields = (fields.next(), fields.next().map(str::parse::<f64>), fields.next());
        let (Some(name), Some(Ok(micros)), Some(answered)) = fields else {
            return Err(format!("no figure: {line}"));
        };
        if lines.len() == at {
            lines.push(Line { name: name.to_owned(), figures: Vec::new(), verdict: "" });
        }
        lines[at].figures.push(micros / 1000.0);
        if answered == "refused" {
            lines[at].verdict = "  refused";
        }
    }
    Ok(())
}

fn print_table(shape: Shape, times: &[Line], memory: Vec<f64>) {
    let shape = shape.name();
    println!("\n{shape:<15}{:>11}{:>11}{:>8}{:>12}{:>8}", "1,000", "10,000", "x", "100,000", "x");
    let limited = times.iter().filter(|line| LIMITED.contains(&line.name.as_str()));
    let mut sum = Line { name: "of the limit".to_owned(), figures: vec![0.0; 3], verdict: "" };
    for line in limited {
        sum.figures.iter_mut().zip(&line.figures).for_each(|(sum, figure)| *sum += figure);
        sum.verdict = if sum.verdict.is_empty() { line.verdict } else { sum.verdict };
    }
    if sum.figures.last().is_some_and(|all| *all > LIMIT.as_secs_f64() * 1000.0) {
        sum.verdict = "  over the limit";
    }
    times.iter().chain([&sum]).for_each(|line| print_line(line, "ms"));
    print_line(&Line { name: "memory".to_owned(), figures: memory, verdict: "" }, "MiB");
}

fn print_line(Line { name, figures, verdict }: &Line, unit: &str) {
    let [small, medium, large] = figures[..] else {
        println!("{name:<15}{:>11}", "unknown");
        return;
    };
    let growths = [medium / small, large / medium];
    let is_judged =
        |(now, growth): (&f64, &f64)| *now > TOO_SMALL_TO_JUDGE && *growth > ALLOWED_GROWTH;
    let grows = match figures[1..].iter().zip(&growths).any(is_judged) {
        true => "  grows too fast",
        false => "",
    };
    let shown = |figure: f64| format!("{figure:.2} {unit}");
    println!(
        "{name:<15}{:>11}{:>11}{:>8.1}{:>12}{:>8.1}{verdict}{grows}",
        shown(small),
        shown(medium),
        growths[0],
        shown(large),
        growths[1]
    );
}
