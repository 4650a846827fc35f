//! Sections and their markers. A marker is a line that begins in column 1 with `-- migrate:`,
//! wherever it stands; what follows up to the next marker is its section.

use std::ops::Range;

use super::error::{ScriptError, ScriptProblem};
use crate::dialect::Dialect;
use crate::revision::Direction;

/// How a marker begins.
///
/// ```
/// use migrate_model::script::MARKER;
///
/// let text = "-- add x\n-- migrate:up\nSELECT 1;\n";
/// assert_eq!(text.lines().find_map(|line| line.strip_prefix(MARKER)), Some("up"));
/// ```
pub const MARKER: &str = "-- migrate:";

/// Whether a section runs in a transaction.
///
/// ```
/// use migrate_model::script::{Script, Transaction};
///
/// let script = Script::parse("-- migrate:up transaction:false\nVACUUM;\n")?;
/// assert_eq!(script.sections()[0].transaction, Transaction::Outside);
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transaction {
    /// In one (the default).
    Inside,
    /// In none: `transaction:false`.
    Outside,
}

/// The part of a script for one direction.
///
/// ```
/// use migrate_model::Dialect;
/// use migrate_model::script::Script;
///
/// let text = "-- migrate:up dialect:sqlite,mysql\nSELECT 1;\n";
/// let script = Script::parse(text)?;
/// let section = &script.sections()[0];
/// assert_eq!(section.dialects, [Dialect::Sqlite, Dialect::Mysql]);
/// assert_eq!(&text[section.body.clone()], "SELECT 1;\n");
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Up or down.
    pub direction: Direction,
    /// The dialects it is for; empty for all that have none of their own.
    pub dialects: Vec<Dialect>,
    /// Whether it runs in a transaction.
    pub transaction: Transaction,
    /// Where its marker begins, in bytes from the beginning of the file.
    pub marker: usize,
    /// Where its statements stand: from the line after the marker to the next marker.
    pub body: Range<usize>,
}

/// The sections of a SQL revision.
///
/// ```
/// use migrate_model::revision::Direction;
/// use migrate_model::script::Script;
///
/// let script = Script::parse("-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n")?;
/// let directions: Vec<Direction> = script.sections().iter().map(|it| it.direction).collect();
/// assert_eq!(directions, [Direction::Up, Direction::Down]);
/// # Ok::<(), migrate_model::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    sections: Vec<Section>,
}

impl Script {
    /// Finds the sections of a revision's normalised text. Errors stand at a byte of that text.
    ///
    /// ```
    /// use migrate_model::Dialect;
    /// use migrate_model::revision::Direction;
    /// use migrate_model::script::Script;
    ///
    /// let text = "-- migrate:up\nCREATE TABLE a (b);\n-- migrate:down\nDROP TABLE a;\n";
    /// let script = Script::parse(text)?;
    /// let down = script.section(Direction::Down, Dialect::Sqlite)?.expect("there is one");
    /// assert_eq!(&text[down.body.clone()], "DROP TABLE a;\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut sections: Vec<Section> = Vec::new();
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            if let Some(words) = line.strip_prefix(MARKER) {
                let body = offset + line.len()..text.len();
                let section = read_marker(words, offset, body)?;
                if let Some(last) = sections.last_mut() {
                    last.body.end = offset;
                }
                refuse_duplicate(&sections, &section)?;
                sections.push(section);
            }
            offset += line.len();
        }
        let before = sections.first().map_or(text.len(), |section| section.marker);
        refuse_stray(&text[..before])?;
        if !sections.iter().any(|section| section.direction == Direction::Up) {
            return Err(ScriptError { offset: before, problem: ScriptProblem::NoUp });
        }
        Ok(Self { sections })
    }

    /// The sections in the order of the file.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The section for a direction and a dialect: its own, else (for MariaDB) MySQL's, else the
    /// plain one. `None`: there is no `down` at all, the revision is irreversible.
    ///
    /// ```
    /// use migrate_model::Dialect;
    /// use migrate_model::revision::Direction;
    /// use migrate_model::script::Script;
    ///
    /// let text = "-- migrate:up\nSELECT 1;\n-- migrate:up dialect:sqlite\nSELECT 2;\n";
    /// let script = Script::parse(text)?;
    /// let own = script.section(Direction::Up, Dialect::Sqlite)?;
    /// assert_eq!(own, Some(&script.sections()[1]));
    /// assert_eq!(script.section(Direction::Down, Dialect::Sqlite)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn section(
        &self,
        direction: Direction,
        dialect: Dialect,
    ) -> Result<Option<&Section>, ScriptProblem> {
        let of_direction =
            || self.sections.iter().filter(move |section| section.direction == direction);
        let own = |dialect| of_direction().find(move |section| section.dialects.contains(&dialect));
        let of_family = match dialect {
            Dialect::Mariadb => own(Dialect::Mariadb).or_else(|| own(Dialect::Mysql)),
            Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql => own(dialect),
        };
        let found =
            of_family.or_else(|| of_direction().find(|section| section.dialects.is_empty()));
        match found {
            None if of_direction().next().is_some() => {
                Err(ScriptProblem::NoSectionForDialect { direction: direction.name(), dialect })
            }
            found => Ok(found),
        }
    }
}

fn read_marker(words: &str, marker: usize, body: Range<usize>) -> Result<Section, ScriptError> {
    let error = |problem| ScriptError { offset: marker, problem };
    let mut words = words.split_whitespace();
    let direction = match words.next() {
        Some("up") => Direction::Up,
        Some("down") => Direction::Down,
        word => {
            let word = word.unwrap_or_default().to_owned();
            return Err(error(ScriptProblem::UnknownMarker { word }));
        }
    };
    let mut section =
        Section { direction, dialects: Vec::new(), transaction: Transaction::Inside, marker, body };
    for word in words {
        let unknown = || error(ScriptProblem::UnknownDirective { word: word.to_owned() });
        match word.split_once(':').ok_or_else(unknown)? {
            ("transaction", "false") => section.transaction = Transaction::Outside,
            ("transaction", "true") => section.transaction = Transaction::Inside,
            ("dialect", names) => {
                for name in names.split(',') {
                    section.dialects.push(Dialect::from_name(name).ok_or_else(unknown)?);
                }
            }
            _ => return Err(unknown()),
        }
    }
    Ok(section)
}

fn refuse_duplicate(sections: &[Section], new: &Section) -> Result<(), ScriptError> {
    let taken = |dialect: &Dialect| {
        sections.iter().any(|old| old.direction == new.direction && old.dialects.contains(dialect))
    };
    let plain_twice = new.dialects.is_empty()
        && sections.iter().any(|old| old.direction == new.direction && old.dialects.is_empty());
    let dialect = new.dialects.iter().find(|dialect| taken(dialect)).copied();
    if plain_twice || dialect.is_some() {
        let marker = format!("{MARKER}{}", new.direction.name());
        let problem = ScriptProblem::DuplicateSection { marker, dialect };
        return Err(ScriptError { offset: new.marker, problem });
    }
    Ok(())
}

/// Above the first marker only comments may stand.
fn refuse_stray(text: &str) -> Result<(), ScriptError> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !trimmed.is_empty() && !trimmed.starts_with("--") {
            let offset = offset + (line.len() - trimmed.len());
            return Err(ScriptError { offset, problem: ScriptProblem::Stray });
        }
        offset += line.len();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str, direction: Direction, dialect: Dialect) -> Option<&str> {
        let script = Script::parse(text).unwrap();
        script.section(direction, dialect).unwrap().map(|section| &text[section.body.clone()])
    }

    #[test]
    fn the_dialects_own_section_comes_first() {
        let text = "-- migrate:up dialect:postgres,sqlite\na\n-- migrate:up\nb\n\
                    -- migrate:up dialect:mysql\nc\n";
        assert_eq!(body(text, Direction::Up, Dialect::Sqlite), Some("a\n"));
        assert_eq!(body(text, Direction::Up, Dialect::Mysql), Some("c\n"));
        assert_eq!(body(text, Direction::Up, Dialect::Mariadb), Some("c\n"));
        assert_eq!(body(text, Direction::Down, Dialect::Sqlite), None);
    }

    #[test]
    fn a_marker_counts_in_column_one_only() {
        let text = "-- migrate:up\na\n  -- migrate:down\n--migrate:down\nb";
        assert_eq!(
            body(text, Direction::Up, Dialect::Sqlite),
            Some("a\n  -- migrate:down\n--migrate:down\nb")
        );
    }

    #[test]
    fn transaction_false_is_read() {
        let script = Script::parse("-- migrate:up transaction:false\n").unwrap();
        assert_eq!(script.sections()[0].transaction, Transaction::Outside);
    }

    #[track_caller]
    fn fails(text: &str, offset: usize, code: &str) {
        let error = Script::parse(text).unwrap_err();
        assert_eq!((error.offset, error.problem.code()), (offset, code), "{error}");
    }

    #[test]
    fn faults_are_refused_at_their_place() {
        fails("-- x\n", 5, "script.no_section");
        fails("-- migrate:down\n", 0, "script.no_section");
        fails("-- migrate:upp\n", 0, "script.unknown_marker");
        fails("-- migrate: up\n-- migrate:\n", 15, "script.unknown_marker");
        fails("-- migrate:up transaction:no\n", 0, "script.unknown_marker");
        fails("-- migrate:up dialect:oracle\n", 0, "script.unknown_marker");
        fails("-- migrate:up\n-- migrate:up\n", 14, "script.duplicate_section");
        fails(
            "-- migrate:up\n-- migrate:up dialect:sqlite,sqlite\n-- migrate:up dialect:sqlite\n",
            50,
            "script.duplicate_section",
        );
        fails("-- x\n SELECT 1;\n-- migrate:up\n", 6, "script.stray");
    }

    #[test]
    fn a_direction_without_this_dialect_is_an_error_not_an_empty_step() {
        let script = Script::parse("-- migrate:up dialect:postgres\n").unwrap();
        let problem = script.section(Direction::Up, Dialect::Sqlite).unwrap_err();
        assert_eq!(problem.code(), "script.no_section");
    }
}
