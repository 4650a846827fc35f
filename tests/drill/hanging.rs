//! A process that has the lock hangs: others wait no longer than they may, and say for whom. When
//! it goes on, it ends as if nothing had been.

use migrate_tests::Run;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::dialects::Dialect;
use crate::drill::Drill;
use crate::killed::{whole, worker};
use crate::revisions::Revision;
use crate::world::{Found, Way};

on_each_dialect!(in_a_transaction);
on_each_dialect!(outside_of_a_transaction);

/// The run begins, the step begins, its first statement is done.
const FIRST_STATEMENT: usize = 2;

fn in_a_transaction(dialect: &Dialect) {
    stop_at(dialect, FIRST_STATEMENT);
}

/// The second revision's statements run one by one.
fn outside_of_a_transaction(dialect: &Dialect) {
    let first = &Revision::several(dialect, 1)[0];
    stop_at(dialect, FIRST_STATEMENT + first.up.len() + 2);
}

fn stop_at(dialect: &Dialect, event: usize) {
    let mut drill = Drill::new(dialect, Revision::several(dialect, 2));
    let Some(place) = drill.place() else { return };
    let holder = Run::start(&mut worker(&drill, &place, Way::Up, "stop", event));
    let process = Pid::from_raw(i32::try_from(holder.id()).unwrap());
    let state = waitpid(process, Some(WaitPidFlag::WUNTRACED)).unwrap();
    assert_eq!(state, WaitStatus::Stopped(process, Signal::SIGSTOP));

    let words = ["up", "--lock-timeout", "500ms"];
    let start = |_| Run::start(&mut drill.command(&place.url(), &words));
    let others: Vec<_> = (0..3).map(start).collect();
    for other in others {
        let error = other.finish().exits(7).json_error();
        assert_eq!(error["code"], "lock.timeout", "{error}");
        let message = error["message"].as_str().unwrap();
        if let Some(holder) = dialect.holder {
            assert!(message.contains(holder), "{holder} is not in {message}");
        }
    }

    kill(process, Signal::SIGCONT).unwrap();
    holder.finish().succeeds();
    drill.check(&place, Way::Up);
    assert_eq!(Found::by(&place.look()).rows(), 2);
    whole(&mut drill, &place, Way::Up);
}
