//! Starting a server, or taking one that already runs.

use super::account::Account;
use super::place::{self, Place};
use super::process::free_port;
use super::software::{Durability, Software};
use super::state::{Keep, State};
use crate::command::Outcome;

/// Somebody else may take a port between our look and the server's.
const TRIES: usize = 3;

/// Starts a server, unless it runs. Called with the lock held.
pub(super) fn start(software: &dyn Software, durability: Durability, keep: Keep) -> Outcome<State> {
    let name = software.name();
    if let Some(state) = State::read(&name)? {
        let is_enough =
            durability == Durability::ThrowAway || state.durability == Durability::Durable;
        if state.is_running() && is_enough {
            return take(state, keep);
        }
        state.end()?;
    }
    let place = Place::new(&name, Account::of(software.accounts())?)?;
    match begin(software, durability, &place) {
        Ok((pid, port)) => {
            let state = State {
                name,
                version: software.version().to_owned(),
                variable: software.variable().to_owned(),
                url: software.url(port),
                port,
                pid,
                data: place.data(),
                folder: place.folder,
                durability,
                keep,
                note: place.note,
            };
            state.write()?;
            Ok(state)
        }
        Err(error) => {
            place::remove(&place.folder)?;
            Err(format!("{name}: {error}"))
        }
    }
}

fn begin(software: &dyn Software, durability: Durability, place: &Place) -> Outcome<(u32, u16)> {
    software.prepare(place)?;
    let mut tries = 1;
    loop {
        let port = free_port()?;
        match software.start(place, port, durability) {
            Ok(pid) => return Ok((pid, port)),
            Err(error) if tries == TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

/// Takes a running server. One that somebody counts on stays theirs.
fn take(mut state: State, keep: Keep) -> Outcome<State> {
    if keep == Keep::UntilStopped || state.keep.is_over() {
        state.keep = keep;
        state.write()?;
    }
    Ok(state)
}
