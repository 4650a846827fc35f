//! Random moments.

/// Marsaglia's xorshift: enough for moments, and the same from the same seed everywhere.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Takes the seed of `MIGRATE_KILL_SEED`, or one that is always the same, and tells it.
    pub fn from_environment() -> Self {
        let given = std::env::var("MIGRATE_KILL_SEED").ok();
        let seed = given.map_or(4711, |seed| seed.parse().unwrap());
        println!("MIGRATE_KILL_SEED={seed}");
        Self(u64::max(seed, 1))
    }

    /// A number from 0 to 1.
    pub fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}
