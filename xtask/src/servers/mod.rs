//! `cargo xtask servers`: private, throw-away PostgreSQL and MariaDB servers for the tests. They
//! listen on free ports of 127.0.0.1, live in folders of their own below the target folder, and
//! have nothing to do with servers that the machine runs otherwise.

mod account;
mod for_tests;
mod install;
mod mariadb;
mod npm;
mod pgbouncer;
mod place;
mod postgres;
mod process;
mod programs;
mod software;
mod start;
mod state;
mod table;

pub(crate) use self::for_tests::Servers;
use self::mariadb::MariaDb;
use self::postgres::Postgres;
use self::software::{Durability, Software};
use self::state::{Keep, Lock, State};
use crate::command::Outcome;

/// `cargo xtask servers …`
pub(crate) fn run(words: &[&str]) -> Outcome {
    match words {
        ["start", options @ ..] => start(options),
        ["stop"] => stop(),
        ["status"] => status(),
        _ => Err("one of: servers start, servers stop, servers status".to_owned()),
    }
}

/// Starts what isn't running: the PostgreSQL and the MariaDB of this machine, and further
/// versions of PostgreSQL.
fn start(mut options: &[&str]) -> Outcome {
    let (mut durability, mut further) = (Durability::ThrowAway, Vec::new());
    loop {
        options = match options {
            [] => break,
            ["--durable", rest @ ..] => {
                durability = Durability::Durable;
                rest
            }
            ["--postgres", versions, rest @ ..] => {
                further = parse_versions(versions)?;
                rest
            }
            [other, ..] => return Err(format!("servers start: what is {other}?")),
        };
    }
    let _lock = Lock::take()?;
    let mut failures = Vec::new();
    for software in software(&further) {
        let started =
            software.and_then(|software| start::start(&*software, durability, Keep::UntilStopped));
        failures.extend(started.err());
    }
    failures.extend(pgbouncer::install().err());
    table::print(&State::all()?);
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\nerror: ")) }
}

/// What `start` starts, or why a part of it can't be had.
fn software(further: &[u32]) -> Vec<Outcome<Box<dyn Software>>> {
    let installed = Postgres::installed();
    let is_installed = |major: u32| installed.as_ref().is_ok_and(|it| it.major() == major);
    let further: Vec<u32> = further.iter().copied().filter(|it| !is_installed(*it)).collect();
    let further = further.into_iter().map(|major| boxed(Postgres::of_npm(major)));
    let further: Vec<_> = further.collect();
    let mut all = vec![boxed(installed)];
    all.extend(further);
    all.push(boxed(MariaDb::installed()));
    all
}

fn boxed<S: Software + 'static>(software: Outcome<S>) -> Outcome<Box<dyn Software>> {
    software.map(|software| -> Box<dyn Software> { Box::new(software) })
}

/// Ends all servers and removes their folders; a program that npm brought stays.
fn stop() -> Outcome {
    let _lock = Lock::take()?;
    let all = State::all()?;
    for state in &all {
        state.end()?;
        println!("{} stopped, its folder removed", state.name);
    }
    if all.is_empty() {
        println!("no server to stop");
    }
    Ok(())
}

fn status() -> Outcome {
    table::print(&State::all()?);
    Ok(())
}

/// `13,18` as numbers.
pub(crate) fn parse_versions(text: &str) -> Outcome<Vec<u32>> {
    let versions = text.split(',').map(|word| word.trim().parse());
    let versions: Result<_, _> = versions.collect();
    versions.map_err(|_| format!("--postgres {text}: major versions like 13,18"))
}
