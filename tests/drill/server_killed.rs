//! The server is killed while a run is on it, and started again: what it had confirmed is there, and
//! the next run finishes the rest.

use std::cell::RefCell;
use std::thread::sleep;
use std::time::Instant;

use migrate_tests::{Random, Run};

use crate::dialects::Dialect;
use crate::drill::Drill;
use crate::killed::whole;
use crate::place::Place;
use crate::private_server::PrivateServer;
use crate::revisions::Revision;
use crate::rounds::rounds;
use crate::world::Way;

on_each_dialect!(in_the_middle_of_a_run on servers);

fn in_the_middle_of_a_run(dialect: &Dialect) {
    let (Some(shared), Some(recipe)) = (dialect.server.and_then(|it| it()), dialect.private) else {
        return;
    };
    let Some(server) = PrivateServer::like(&shared, recipe) else { return };
    let mut random = Random::from_environment();
    let revisions = Revision::several(dialect, 4).into_iter().map(|it| it.slowed(dialect));
    let mut drill = Drill::new(dialect, revisions.collect());
    let place = Place::on(dialect, &server.server());
    let begin = Instant::now();
    whole(&mut drill, &place, Way::Up);
    let time = begin.elapsed();
    drop(place);

    let server = RefCell::new(server);
    for _ in 0..rounds(2, 50) {
        drill.tally.rounds += 1;
        let place = Place::on(dialect, &server.borrow().server());
        let mut is_first = true;
        drill.go(&place, Way::Up, |drill, words| {
            let running = Run::start(&mut drill.command(&place.url(), words));
            if std::mem::take(&mut is_first) {
                sleep(time.mul_f64(random.fraction()));
                server.borrow_mut().kill();
                let run = running.finish();
                server.borrow_mut().start();
                run
            } else {
                running.finish()
            }
        });
    }
    println!("{}: the server killed: {}", dialect.name, drill.tally);
    assert!(drill.tally.hits + drill.tally.asked > 0);
}
