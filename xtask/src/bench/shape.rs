//! Graphs of many revisions, made from a seed: the same seed makes the same graph anywhere.

use migrate_model::{Revision, RevisionFile};

use crate::command::Outcome;

/// What a graph looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Each revision revises the one before.
    Line,
    /// Lines fork and merge again; few are open at a time. Some revisions depend on others, some
    /// declare a label.
    Woven,
    /// Every fork stays open, so a third of the revisions are heads.
    Bushy,
}

impl Shape {
    pub(super) const ALL: [Self; 3] = [Self::Line, Self::Woven, Self::Bushy];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Woven => "woven",
            Self::Bushy => "bushy",
        }
    }

    pub(super) fn from_name(name: &str) -> Outcome<Self> {
        let found = Self::ALL.into_iter().find(|shape| shape.name() == name);
        found.ok_or_else(|| format!("`{name}` is no shape of a graph"))
    }

    /// The texts of so many revision files.
    pub(super) fn texts(self, count: usize, seed: u64) -> impl Iterator<Item = String> {
        let mut random = Random(seed);
        let names = random.next();
        let mut open: Vec<usize> = Vec::new();
        (0..count).map(move |at| {
            let parents = self.parents(at, &mut open, &mut random);
            let needs = match self {
                Self::Woven if at > 0 && random.below(20) == 0 => vec![random.below(at)],
                Self::Line | Self::Woven | Self::Bushy => Vec::new(),
            };
            let has_label = self != Self::Line && random.below(20) == 0;
            let ids = |indices: &[usize]| {
                let ids = indices.iter().map(|index| id(names, *index));
                ids.collect::<Vec<_>>().join(", ")
            };
            let revises = if parents.is_empty() { "base".to_owned() } else { ids(&parents) };
            let depends_on = match needs.is_empty() {
                true => String::new(),
                false => format!("-- Depends-On: {}\n", ids(&needs)),
            };
            let labels = match has_label {
                true => format!("-- Labels: lane_{at}\n"),
                false => String::new(),
            };
            format!(
                "-- make table {at}\n--\n-- Revision: {}\n-- Revises: {revises}\n{depends_on}{labels}\
                 -- Created: 2026-11-23T10:12:13Z\n\n-- migrate:up\nCREATE TABLE t{at} (id INTEGER \
                 PRIMARY KEY, name TEXT NOT NULL);\n\n-- migrate:down\nDROP TABLE t{at};\n",
                id(names, at)
            )
        })
    }

    /// The same as revisions.
    pub(super) fn revisions(self, count: usize, seed: u64) -> Outcome<Vec<Revision>> {
        self.texts(count, seed).map(|text| parse(&text)).collect()
    }

    fn parents(self, at: usize, open: &mut Vec<usize>, random: &mut Random) -> Vec<usize> {
        if at == 0 {
            open.push(at);
            return Vec::new();
        }
        match self {
            Self::Line => vec![at - 1],
            Self::Bushy => vec![at - 1 - random.below(at.min(50))],
            Self::Woven => {
                let line = random.below(open.len());
                match random.below(10) {
                    0 => {
                        open.push(at);
                        vec![at - 1 - random.below(at.min(1000))]
                    }
                    1 if open.len() > 1 => {
                        let (one, other) = (open.swap_remove(line), random.below(open.len()));
                        vec![one, std::mem::replace(&mut open[other], at)]
                    }
                    _ => vec![std::mem::replace(&mut open[line], at)],
                }
            }
        }
    }
}

/// One text as a revision.
pub(super) fn parse(text: &str) -> Outcome<Revision> {
    let file = RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    file.map(|file| file.revision).map_err(|error| error.to_string())
}

/// Twelve hexadecimal digits, as `new` makes them. The map is one to one, so no two are alike.
fn id(names: u64, index: usize) -> String {
    const DIGITS: u64 = (1 << 48) - 1;
    format!("{:012x}", (index as u64 ^ names).wrapping_mul(0x9E37_79B9_7F4B) & DIGITS)
}

/// `SplitMix64` (<https://prng.di.unimi.it/splitmix64.c>).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or_default()
    }
}
