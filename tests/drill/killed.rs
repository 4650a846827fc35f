//! `kill -9`: at every moment that a run tells of, at every message to a server, and at any moment.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Instant;

use migrate_tests::{Random, Run};

use crate::dialects::Dialect;
use crate::drill::Drill;
use crate::every_message;
use crate::place::Place;
use crate::proxy::Action;
use crate::revisions::Revision;
use crate::rounds::{one_of, rounds};
use crate::world::Way;

on_each_dialect!(at_every_event);
on_each_dialect!(at_any_moment);
on_each_dialect!(at_every_message on servers);

/// A program that uses the library ends itself at the n-th event, for every n that a run has. The
/// tool goes on.
fn at_every_event(dialect: &Dialect) {
    let mut drill = Drill::new(dialect, Revision::several(dialect, 3));
    for way in [Way::Up, Way::Down] {
        let mut event = 0;
        loop {
            let Some(place) = drill.place() else { return };
            if way == Way::Down {
                whole(&mut drill, &place, Way::Up);
            }
            let run = Run::of(&mut worker(&drill, &place, way, "kill", event));
            if run.code == 0 {
                assert!(event > 10, "there are more events than {event}");
                break;
            }
            assert_eq!(run.code, Run::KILLED, "{}", run.stderr);
            drill.hit(&place, way);
            whole(&mut drill, &place, way);
            event += one_of(if dialect.server.is_some() { 3 } else { 1 });
        }
    }
    println!("{}: killed at every event: {}", dialect.name, drill.tally);
}

/// The program that does something to itself at an event.
pub(crate) fn worker(
    drill: &Drill<'_>,
    place: &Place<'_>,
    way: Way,
    action: &str,
    event: usize,
) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_drill-worker")));
    let way = if way == Way::Up { "up" } else { "down" };
    command.arg(drill.workspace.path("migrations/revisions")).arg(place.url());
    command.args([way, action, &event.to_string()]);
    command
}

/// Runs that nothing happens to.
#[track_caller]
pub(crate) fn whole(drill: &mut Drill<'_>, place: &Place<'_>, way: Way) {
    drill.go(place, way, |drill, words| Run::of(&mut drill.command(&place.url(), words)));
}

/// The tool is killed at a random moment, up to three times on each way. In one of two rounds the
/// next run does not wait until the server has noticed.
fn at_any_moment(dialect: &Dialect) {
    const MOST: usize = 3;
    let mut random = Random::from_environment();
    let mut drill = Drill::new(dialect, Revision::several(dialect, 12));
    let Some(place) = drill.place() else { return };
    let begin = Instant::now();
    whole(&mut drill, &place, Way::Up);
    let time = begin.elapsed();
    for round in 1..=rounds(if dialect.server.is_some() { 6 } else { 25 }, 500) {
        let Some(place) = drill.place() else { return };
        drill.is_hasty = !drill.is_hasty;
        for way in [Way::Up, Way::Down] {
            let mut kills = 0;
            drill.go(&place, way, |drill, words| {
                let running = Run::start(&mut drill.command(&place.url(), words));
                kills += 1;
                if kills > MOST {
                    return running.finish();
                }
                sleep(time.mul_f64(random.fraction()));
                running.kill()
            });
        }
        if round.is_multiple_of(100) {
            println!("{}, so far: {}", dialect.name, drill.tally);
        }
    }
    println!("{}: killed at any moment: {}", dialect.name, drill.tally);
    assert!(drill.tally.hits > 0);
}

/// The tool is killed when it sends its n-th message, before that arrives, and when the answer
/// comes, before that arrives; for every n that a run has.
fn at_every_message(dialect: &Dialect) {
    every_message::drill(dialect, Action::Kill);
}
