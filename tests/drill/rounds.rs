//! How often, and at which moments.

use std::time::Duration;

/// How many rounds there are in a full run, unless `--rounds` says something else; shares of drills
/// are counted by it.
const FULL: usize = 500;

/// How many rounds a drill has: in the suite that few, in a full run its share.
pub(crate) fn rounds(in_suite: usize, in_full: usize) -> usize {
    let asked = std::env::var("MIGRATE_DRILL_ROUNDS").ok();
    asked.map_or(in_suite, |asked| {
        let asked: usize = asked.parse().unwrap();
        (asked * in_full).div_ceil(FULL).max(1)
    })
}

/// Of so many things in a row the suite tries one; a full run tries all.
pub(crate) fn one_of(many: usize) -> usize {
    if std::env::var_os("MIGRATE_DRILL_ROUNDS").is_some() { 1 } else { many }
}

/// Marsaglia's xorshift: enough for moments, and the same from the same seed everywhere.
pub(crate) struct Random(u64);

impl Random {
    /// Takes the seed of `MIGRATE_KILL_SEED`, or one that is always the same, and tells it.
    pub(crate) fn from_environment() -> Self {
        let given = std::env::var("MIGRATE_KILL_SEED").ok();
        let seed = given.map_or(4711, |seed| seed.parse().unwrap());
        println!("MIGRATE_KILL_SEED={seed}");
        Self(u64::max(seed, 1))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A part of a duration.
    pub(crate) fn part_of(&mut self, whole: Duration) -> Duration {
        let part = u32::try_from(self.next() >> 32).unwrap();
        whole.mul_f64(f64::from(part) / f64::from(u32::MAX))
    }
}
