//! Killed at any moment: a revision, its row and its log line are all there or none, and the next
//! run finishes.

use std::time::{Duration, Instant};

use migrate_tests::{Revision, Run, cargo_migrate};

use super::{applied, workspace};

const KILLS: u64 = 25;

#[test]
fn every_revision_is_there_as_a_whole_or_not_at_all() {
    let Some((workspace, database)) = workspace() else { return };
    let ids: Vec<String> = (0..12).map(|n| format!("r{n:03}")).collect();
    for (at, id) in ids.iter().enumerate() {
        let revises = if at == 0 { "base" } else { &ids[at - 1] };
        let up = format!("CREATE TABLE {id} (x int);\nINSERT INTO {id} VALUES ({at});");
        let down = format!("DROP TABLE {id};");
        workspace.revision(Revision { id, revises, up: &up, down: Some(&down) });
    }
    let started = Instant::now();
    workspace.migrate(["up"]).succeeds();
    let whole = started.elapsed();
    workspace.migrate(["down", "base"]).succeeds();
    let mut seed = std::env::var("MIGRATE_SEED").map_or(7, |seed| seed.parse().unwrap());
    println!("MIGRATE_SEED={seed}");
    for kill in 0..KILLS {
        // Numbers from Knuth's MMIX generator are random enough for moments.
        seed = u64::wrapping_mul(seed, 6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let moment =
            whole.mul_f64(f64::from(u32::try_from(seed >> 33).unwrap()) / f64::from(1_u32 << 31));
        let running = Run::start(&mut workspace.command(cargo_migrate(), ["up"]));
        std::thread::sleep(moment);
        running.kill();
        // The server notices that its client has gone when it answers.
        std::thread::sleep(Duration::from_millis(50));
        workspace.migrate(["up"]).succeeds();
        assert_eq!(applied(&database), ids, "kill {kill} at {moment:?}");
        let tables = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'r0%' ORDER BY 1";
        assert_eq!(database.query(tables), ids);
        let twice = "SELECT revision FROM _migrate_log WHERE action = 'up' AND outcome = 'ok' \
                     GROUP BY revision HAVING count(*) <> \
                     (SELECT count(*) FROM _migrate_log WHERE action = 'down') / 12 + 1";
        assert!(database.query(twice).is_empty());
        workspace.migrate(["down", "base"]).succeeds();
    }
}
