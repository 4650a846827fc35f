//! How often.

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
