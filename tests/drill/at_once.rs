//! Many processes start at once on one database: one of them applies each revision, and all end
//! well.

use migrate_tests::{Run, Running};

use crate::dialects::Dialect;
use crate::drill::Drill;
use crate::revisions::Revision;
use crate::rounds::rounds;
use crate::world::{Found, Way};

const PROCESSES: usize = 64;

on_each_dialect!(in_transactions);
on_each_dialect!(outside_of_transactions);

fn in_transactions(dialect: &Dialect) {
    let revisions = Revision::several(dialect, 4).into_iter().filter(|it| !it.is_outside());
    start_at_once(dialect, revisions.collect());
}

fn outside_of_transactions(dialect: &Dialect) {
    start_at_once(dialect, Revision::several(dialect, 3));
}

fn start_at_once(dialect: &Dialect, revisions: Vec<Revision>) {
    let mut drill = Drill::new(dialect, revisions);
    let mut shared = 0;
    for round in 0..rounds(1, 50) {
        let Some(place) = drill.place() else { return };
        for (way, words) in [(Way::Up, &["up"][..]), (Way::Down, &["down", "base"])] {
            let start = |_| Run::start(&mut drill.command(&place.url(), words));
            let running: Vec<Running> = (0..PROCESSES).map(start).collect();
            let runs: Vec<Run> = running.into_iter().map(Running::finish).collect();
            let steps: Vec<usize> = runs.into_iter().map(steps).collect();
            drill.tally.runs += PROCESSES;
            let all: usize = steps.iter().sum();
            assert_eq!(all, drill.revisions.len(), "round {round}, {way:?}: {steps:?}");
            shared += usize::from(steps.iter().filter(|steps| **steps > 0).count() > 1);
            drill.check(&place, way);
            let rows = Found::by(&place.look()).rows();
            assert_eq!(rows, if way == Way::Up { drill.revisions.len() } else { 0 });
        }
    }
    println!(
        "{}: {PROCESSES} processes at once: {}; in {shared} cases several did the work",
        dialect.name, drill.tally
    );
}

/// How many steps a run has done, which has ended well.
#[track_caller]
fn steps(run: Run) -> usize {
    let summary = run.succeeds().json();
    assert_eq!(summary["type"], "summary", "{summary}");
    let steps = summary["steps"].as_array().unwrap().len();
    assert_eq!(summary["applied"], steps, "{summary}");
    steps
}
