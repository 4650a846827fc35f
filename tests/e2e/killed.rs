//! Killed at any moment: the next run goes on from there, nothing is lost, and nothing is run twice.

mod journals;

use std::thread::sleep;
use std::time::Instant;

use migrate_tests::{Dialect, Ground, Revision, Run, cargo_migrate};

migrate_tests::on_every_dialect!(the_next_run_finishes_and_nothing_is_run_twice);

const KILLS: usize = 25;
const REVISIONS: usize = 12;

fn the_next_run_finishes_and_nothing_is_run_twice(ground: &Ground) {
    let mut random = Random::from_environment();
    let ids: Vec<String> = (0..REVISIONS).map(|number| format!("r{number:03}")).collect();
    for (at, id) in ids.iter().enumerate() {
        let revises = if at == 0 { "base" } else { &ids[at - 1] };
        let up = format!("CREATE TABLE {id} (x int);\nINSERT INTO {id} VALUES ({at});");
        let down = format!("DROP TABLE {id};");
        ground.revision(Revision { id, revises, up: &up, down: Some(&down) });
    }
    let started = Instant::now();
    ground.migrate(["up"]).succeeds();
    let whole = started.elapsed();
    let expected = ground.state();
    ground.migrate(["down", "base"]).succeeds();

    let mut hit = 0;
    for kill in 1..=KILLS {
        let moment = whole.mul_f64(random.fraction());
        let running = Run::start(&mut ground.command(cargo_migrate(), ["up"]));
        sleep(moment);
        hit += usize::from(running.kill().code == Run::KILLED);
        go_on(ground);
        assert_eq!(ground.applied(), ids, "kill {kill} at {moment:?}");
        assert_eq!(ground.state(), expected, "kill {kill} at {moment:?}");
        let twice = format!(
            "SELECT revision FROM _migrate_log WHERE action = 'up' AND outcome = 'ok' \
             GROUP BY revision HAVING count(*) <> {kill} + 1"
        );
        assert_eq!(ground.query(&twice), [""; 0], "kill {kill} at {moment:?}");
        ground.migrate(["down", "base"]).succeeds();
    }
    println!("{hit} of {KILLS} kills hit a run; a whole one takes {whole:?}");
    assert!(hit > 0);
}

/// Runs `up`. Where statements are not in one transaction, it may have to ask about the one that
/// was on its way, and the answer is looked up here: it has left its row or not.
fn go_on(ground: &Ground) {
    let run = ground.migrate_json(["up"]);
    if run.code == 9 && ground.dialect() == Dialect::Mariadb {
        let error = run.json_error();
        assert!(error["hint"].as_str().unwrap().contains("resume"), "{error}");
        let revision = error["revision"].as_str().unwrap();
        let rows = ground.query(&format!("SELECT count(*) FROM {revision}"));
        let answer = if rows == ["0"] { "--again" } else { "--done" };
        ground.migrate(["resume", revision, answer]).succeeds();
        ground.migrate(["up"]).succeeds();
    } else {
        run.succeeds();
    }
}

/// Marsaglia's xorshift: enough for moments, and the same from the same seed everywhere.
pub(crate) struct Random(u64);

impl Random {
    /// Takes the seed of `MIGRATE_KILL_SEED`, or the time's, and tells it.
    pub(crate) fn from_environment() -> Self {
        let given = std::env::var("MIGRATE_KILL_SEED").ok().map(|seed| seed.parse().unwrap());
        let time = || std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
        let seed = given.unwrap_or_else(|| u64::try_from(time()).unwrap());
        println!("MIGRATE_KILL_SEED={seed}");
        Self(seed.max(1))
    }

    /// A number from 0 to 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}
