//! The drills: what must never happen, made likely. Runs are killed, cut off, stopped and started
//! all at once; after each a look from outside tells that nothing is lost and nothing ran twice, and
//! the tool itself must find the way on. A few rounds with fixed seeds are part of the suite;
//! `cargo xtask drill` does them in full.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test's failure is a panic

/// A test for each dialect, of a function that takes it. A dialect that is named here is drilled.
macro_rules! on_each_dialect {
    ($drill:ident) => {
        on_each_dialect!($drill: sqlite, postgres, mariadb);
    };
    ($drill:ident on servers) => {
        on_each_dialect!($drill: postgres, mariadb);
    };
    ($drill:ident: $($dialect:ident),+) => {
        mod $drill {
            $(#[test]
            fn $dialect() {
                super::$drill(&crate::dialects::$dialect());
            })+
        }
    };
}

mod at_once;
mod cut;
mod dialects;
mod drill;
mod dropped;
mod every_message;
mod hanging;
mod killed;
mod place;
mod private_server;
mod proxy;
mod revisions;
mod rounds;
mod server_killed;
mod world;
