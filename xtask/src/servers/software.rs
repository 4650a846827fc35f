//! What a server's program must be able to do. Knows no program by name.

use super::place::Place;
use crate::command::Outcome;

/// A program that is there and can be started.
pub(super) trait Software {
    /// The server's name, like `postgres-15`: that of its folder and its state file.
    fn name(&self) -> String;

    /// The program's version, as it tells it.
    fn version(&self) -> &str;

    /// The environment variable that tells the tests its URL.
    fn variable(&self) -> &'static str;

    /// The users of the system that may run it when we are root, the best first.
    fn accounts(&self) -> &'static [&'static str];

    /// The URL of a connection that may do everything.
    fn url(&self, port: u16) -> String;

    /// Makes its data folder.
    fn prepare(&self, place: &Place) -> Outcome;

    /// Starts it on a port and waits until it answers; gives the process's number.
    fn start(&self, place: &Place, port: u16, durability: Durability) -> Outcome<u32>;
}

/// What a server does to keep what it has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Nothing that takes time: its data isn't worth anything after a crash.
    ThrowAway,
    /// All that it can, for tests that kill the server.
    Durable,
}
