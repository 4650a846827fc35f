//! The journal of statements that run outside of a transaction: which of them are done, which one
//! is in flight, and what is known of it afterwards. It stands in the columns `done`, `total` and
//! `done_hash` of a row. Knows texts; knows no database.

use std::ops::Range;

use migrate_model::Checksum;
use migrate_model::script::{Effect, Statement};

/// Stands in `done_hash` between the checksum of what is done and what is told of the statement in
/// flight: the checksum that includes it, a fingerprint of the schema before it, and the invalid
/// indexes before it.
const IN_FLIGHT: &str = "in-flight";

/// How far a revision has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Journal {
    /// How many statements are done.
    pub(crate) done: usize,
    /// How many there were when the journal was last written.
    pub(crate) total: usize,
    /// The checksum of those that are done.
    pub(crate) sum: Option<String>,
    /// The statement that was about to run, if it's not known what became of it.
    pub(crate) in_flight: Option<InFlight>,
}

/// What was written before a statement was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InFlight {
    /// The checksum of what is done with this statement.
    pub(crate) through: String,
    /// What the schema was.
    pub(crate) fingerprint: String,
    /// The indexes that were invalid, by their numbers.
    pub(crate) invalid: Vec<String>,
}

impl Journal {
    /// Reads the columns.
    pub(crate) fn parse(done: &str, total: &str, done_hash: &str) -> Option<Self> {
        let mut words = done_hash.split(' ').filter(|word| !word.is_empty());
        let sum = words.next().map(str::to_owned);
        let in_flight = match words.next() {
            Some(IN_FLIGHT) => Some(InFlight {
                through: words.next()?.to_owned(),
                fingerprint: words.next()?.to_owned(),
                invalid: words.next()?.split(',').map(str::to_owned).collect(),
            }),
            _ => None,
        };
        Some(Self { done: done.parse().ok()?, total: total.parse().ok()?, sum, in_flight })
    }

    /// Whether the statements that are done are those that the section begins with.
    pub(crate) fn fits(&self, section: &str, statements: &[Statement]) -> bool {
        let done = statements.get(..self.done);
        let sum = done.map(|done| sum(section, done));
        self.done == 0 || sum.is_some_and(|sum| self.sum == Some(sum))
    }
}

/// The checksum of statements that are done, in their order.
pub(crate) fn sum(section: &str, done: &[Statement]) -> String {
    let text = |statement: &Statement| section[Range::clone(&statement.sql)].to_owned() + "\n;\n";
    Checksum::of(done.iter().map(text).collect::<String>().as_bytes()).to_string()
}

/// What `done_hash` begins with while a statement is in flight; a space, the fingerprint, a space
/// and the invalid indexes follow, which the database writes.
pub(crate) fn in_flight(section: &str, statements: &[Statement], at: usize) -> String {
    let done = sum(section, &statements[..at]);
    format!("{done} {IN_FLIGHT} {} ", sum(section, &statements[..=at]))
}

/// What is known of a statement that was in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It had no effect yet, or none that a second time would harm.
    RunAgain,
    /// It took effect.
    TookEffect,
    /// Nobody knows.
    Undecided,
}

/// Decides from the schema then and now. `leftovers`: there are invalid indexes that the statement
/// has left.
pub(crate) fn verdict(effect: Effect, is_unchanged: bool, leftovers: bool) -> Verdict {
    match (effect, is_unchanged) {
        // Rows are written together with the record that they are.
        (Effect::Session | Effect::Upkeep | Effect::Reindexes | Effect::Data, _)
        | (
            Effect::Definition | Effect::BuildsIndex | Effect::DropsIndex | Effect::Detaches,
            true,
        ) => Verdict::RunAgain,
        (Effect::BuildsIndex | Effect::DropsIndex, false) if leftovers => Verdict::RunAgain,
        (Effect::Definition | Effect::BuildsIndex | Effect::DropsIndex, false) => {
            Verdict::TookEffect
        }
        (Effect::Detaches, false) | (Effect::Unknown, _) => Verdict::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrate_model::Dialect;
    use migrate_model::script::split;

    #[test]
    fn what_was_written_is_read() {
        let text = "SET a = 1; VACUUM b";
        let statements = split(Dialect::Postgres, text).unwrap().statements;
        let hash = in_flight(text, &statements, 1) + "abc 1,2";
        let journal = Journal::parse("1", "2", &hash).unwrap();
        assert!(journal.fits(text, &statements));
        assert!(!journal.fits("SET a = 2; VACUUM b", &statements));
        let flight = journal.in_flight.unwrap();
        assert_eq!(flight.through, sum(text, &statements));
        assert_eq!((flight.fingerprint.as_str(), flight.invalid.len()), ("abc", 2));
        let begun = Journal::parse("0", "2", "").unwrap();
        assert!(begun.fits(text, &statements) && begun.in_flight.is_none());
    }

    #[test]
    fn a_schema_decides_for_what_shows_in_it() {
        let of = |effect| [true, false].map(|unchanged| verdict(effect, unchanged, false));
        let (again, done) = (Verdict::RunAgain, Verdict::TookEffect);
        assert_eq!(of(Effect::Definition), [again, done]);
        assert_eq!(of(Effect::BuildsIndex), [again, done]);
        assert_eq!(verdict(Effect::BuildsIndex, false, true), again);
        assert_eq!(of(Effect::Upkeep), [again, again]);
        assert_eq!(of(Effect::Detaches), [again, Verdict::Undecided]);
        assert_eq!(of(Effect::Unknown), [Verdict::Undecided; 2]);
    }
}
