//! The connection to a server is cut, while the tool goes on: it says what it knows, and the next
//! run finds out what it did not.

use migrate_tests::Run;

use crate::dialects::Dialect;
use crate::drill::Drill;
use crate::every_message;
use crate::killed::whole;
use crate::proxy::{Action, Moment, Proxy, Turn};
use crate::revisions::Revision;
use crate::world::{Found, Way};

on_each_dialect!(at_every_message on servers);
on_each_dialect!(before_the_commit_arrives on servers);
on_each_dialect!(before_the_commit_is_confirmed on servers);

fn at_every_message(dialect: &Dialect) {
    every_message::drill(dialect, Action::Cut);
}

fn before_the_commit_arrives(dialect: &Dialect) {
    in_the_commit(dialect, Moment::Before, 0);
}

fn before_the_commit_is_confirmed(dialect: &Dialect) {
    in_the_commit(dialect, Moment::After, 1);
}

/// The tool can't know which of the two it was. `applied` is how many revisions there are then.
fn in_the_commit(dialect: &Dialect, moment: Moment, applied: usize) {
    let mut drill = Drill::new(dialect, vec![Revision::of_rows("item00".to_owned())]);
    let Some(place) = drill.place() else { return };
    let proxy = Proxy::new(&place.url(), Turn::With(dialect.commit), moment, Action::Cut);
    let run: Run = proxy.run(&mut drill.command(proxy.url(), &["up"])).exits(9);
    assert!(proxy.is_over());
    let error = run.json_error();
    assert_eq!(error["revision"], "item00", "{error}");
    assert_eq!(run.json()["rolled_back"], serde_json::json!(null));
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("cargo migrate"), "{hint}");
    drill.check(&place, Way::Up);
    assert_eq!(Found::by(&place.look()).rows(), applied);
    whole(&mut drill, &place, Way::Up);
}
