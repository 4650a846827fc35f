//! Something happens at the n-th message of a run: before it reaches the server, or when its answer
//! comes, before that reaches the tool; for every n that a run has.

use migrate_tests::Run;

use crate::dialects::Dialect;
use crate::drill::Drill;
use crate::killed::whole;
use crate::proxy::{Action, Moment, Proxy, Turn};
use crate::revisions::Revision;
use crate::rounds::one_of;
use crate::world::Way;

pub(crate) fn drill(dialect: &Dialect, action: Action) {
    let mut drill = Drill::new(dialect, Revision::several(dialect, 2));
    for (way, moment, first) in [
        (Way::Up, Moment::Before, 4),
        (Way::Up, Moment::After, 6),
        (Way::Down, Moment::Before, 8),
        (Way::Down, Moment::After, 10),
    ] {
        let step = one_of(7);
        // The first ones only make the connection; so the suite leaves them out.
        let mut turn = if step == 1 { 1 } else { first };
        while drill_at(&mut drill, way, moment, action, turn) {
            turn += step;
        }
        assert!(turn > 10 || drill.tally.runs == 0, "a run has more messages than {turn}");
    }
    println!("{}: {action:?} at every message: {}", dialect.name, drill.tally);
}

/// Whether a run has that message.
fn drill_at(drill: &mut Drill<'_>, way: Way, moment: Moment, action: Action, turn: usize) -> bool {
    let Some(place) = drill.place() else { return false };
    if way == Way::Down {
        whole(drill, &place, Way::Up);
    }
    let proxy = Proxy::new(&place.url(), Turn::Number(turn), moment, action);
    let mut is_first = true;
    drill.go(&place, way, |drill, words| {
        if std::mem::take(&mut is_first) {
            proxy.run(&mut drill.command(proxy.url(), words))
        } else {
            Run::of(&mut drill.command(&place.url(), words))
        }
    });
    proxy.is_over()
}
