//! The lease: who may write, where no lock of the database holds that long. It is a text in the
//! meta table, beside a number that goes up whenever the lease changes hands. Knows texts; each
//! dialect has the SQL.
//!
//! The text is `UNTIL RUN EPOCH PROCESS PLACE HOST USER`: the end first, so that a dialect can
//! renew it and leave the rest, which no other holder has.

use std::time::Duration;

use crate::identity::RunIdentity;
use crate::process;

/// The keys of the lease and of its number in the meta table.
pub(crate) const LEASE: &str = "lease";
pub(crate) const EPOCH: &str = "epoch";

/// How long a lease lasts that is not renewed. It is renewed with every record.
pub(crate) const TERM: Duration = Duration::from_secs(30);

/// How `UNTIL` is written, in UTC. Texts of this form are in the order of their times.
const UNTIL: &str = "0000-00-00T00:00:00.000Z";

/// How many characters that has: behind them is the holder's part.
pub(crate) const UNTIL_LENGTH: usize = UNTIL.len();

/// What stands for what is not known.
const UNKNOWN: &str = "-";

/// The lease as somebody has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    until: String,
    process: Option<u32>,
    place: String,
    host: String,
    user: String,
}

/// The database's clock, in the form of the lease's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clock {
    pub(crate) now: String,
    /// The latest end that a lease can have: two terms from now, so that clocks of several hosts
    /// may differ. A later one was written before a clock was set back, or by hand.
    pub(crate) latest: String,
}

/// What the lease is to somebody who wants to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody has it.
    Free,
    /// Somebody has it, and works.
    Held(Lease),
    /// Somebody had it and didn't give it back: it has run out, or the process is gone.
    Abandoned,
}

impl Standing {
    /// What the text says. One that can't be read is nobody's.
    pub(crate) fn of(text: Option<&str>, clock: &Clock) -> Self {
        match text.unwrap_or_default() {
            "" => Self::Free,
            text => match Lease::parse(text) {
                Some(lease) if lease.is_live(clock) => Self::Held(lease),
                Some(_) | None => Self::Abandoned,
            },
        }
    }
}

/// The holder's part of the text, with the space before it.
pub(crate) fn token(run: &RunIdentity, epoch: i64) -> String {
    let word = |text: Option<&str>| {
        let text = text.unwrap_or_default();
        let is_out = |c: char| c.is_whitespace() || c.is_control();
        let text: Vec<&str> = text.split(is_out).filter(|word| !word.is_empty()).collect();
        if text.is_empty() { UNKNOWN.to_owned() } else { text.join("_") }
    };
    let (place, host, user) =
        (word(process::place()), word(run.host.as_deref()), word(run.by.as_deref()));
    format!(" {} {epoch} {} {place} {host} {user}", run.run_id, std::process::id())
}

impl Lease {
    fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let [until, _run, epoch, process, place, host, user] = words[..] else { return None };
        let is_time = until.len() == UNTIL_LENGTH
            && until.bytes().zip(UNTIL.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            });
        epoch.parse::<i64>().ok().filter(|_| is_time)?;
        Some(Self {
            until: until.to_owned(),
            process: process.parse().ok(),
            place: place.to_owned(),
            host: host.to_owned(),
            user: user.to_owned(),
        })
    }

    fn is_live(&self, clock: &Clock) -> bool {
        let is_gone = self.process.is_some_and(|process| process::is_gone(&self.place, process));
        clock.now < self.until && self.until <= clock.latest && !is_gone
    }

    /// Who has it, and until when.
    pub(crate) fn holder(&self) -> String {
        let who = match self.user.as_str() {
            UNKNOWN => "a run".to_owned(),
            user => format!("a run of {user}"),
        };
        let place = match self.host.as_str() {
            UNKNOWN => String::new(),
            host => format!(" on {host}"),
        };
        let process = self.process.map(|process| format!("process {process}, "));
        let (day, time) = self.until.split_once('T').unwrap_or_default();
        let time = time.split('.').next().unwrap_or_default();
        let process = process.unwrap_or_default();
        format!("{who}{place} ({process}not renewed it ends {day} {time} UTC)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        let (now, latest) = ("2026-11-25T21:00:00.000Z", "2026-11-25T21:01:00.000Z");
        Clock { now: now.to_owned(), latest: latest.to_owned() }
    }

    fn standing(text: &str) -> Standing {
        Standing::of(Some(text), &clock())
    }

    #[test]
    fn what_was_written_is_read() {
        let mut run = RunIdentity::new(std::sync::Arc::new(|| None));
        run.by = Some("ann b".to_owned());
        run.host = None;
        let text = "2026-11-25T21:00:12.345Z".to_owned() + &token(&run, 7);
        let Standing::Held(lease) = standing(&text) else { panic!("{text}") };
        let process = std::process::id();
        assert_eq!(
            lease.holder(),
            format!(
                "a run of ann_b (process {process}, not renewed it ends 2026-11-25 21:00:12 UTC)"
            )
        );
    }

    #[test]
    fn a_lease_ends() {
        let of = |until: &str| standing(&format!("{until} 0f 7 1 elsewhere box ann"));
        assert!(matches!(of("2026-11-25T21:00:00.001Z"), Standing::Held(_)));
        assert_eq!(of("2026-11-25T21:00:00.000Z"), Standing::Abandoned);
        assert_eq!(of("2026-11-25T20:59:59.999Z"), Standing::Abandoned);
        // A clock was set back, or somebody wrote it.
        assert_eq!(of("2027-11-25T21:00:00.000Z"), Standing::Abandoned);
    }

    #[test]
    fn what_cannot_be_read_is_nobodys() {
        assert_eq!(Standing::of(None, &clock()), Standing::Free);
        assert_eq!(standing(""), Standing::Free);
        for text in ["nonsense", "2026-11-25T21:00:12.345Z", "2026-11-25T21:00:1x.345Z r 7 1 p h u"]
        {
            assert_eq!(standing(text), Standing::Abandoned, "{text}");
        }
    }
}
