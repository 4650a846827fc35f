//! What stands on a command line for a revision: an id, the beginning of one, `head`, `-1` …
//! Parsing knows only text; resolving knows the graph and what is applied.

use super::error::GraphError;
use super::graph::Graph;
use super::path::{Applied, Direction};
use crate::nearest::nearest;

/// A parsed identifier: `[symbol][+N|-N]`.
///
/// ```
/// use migrate_model::revision::Identifier;
///
/// assert!(Identifier::parse("1975ea+1").is_ok());
/// assert!(Identifier::parse("+x").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier<'a> {
    input: &'a str,
    symbol: &'a str,
    offset: Option<i64>,
}

/// The shortest id or label that a prefix may find; shorter ones are written in full
/// (Alembic's rule).
const SHORTEST_FOR_PREFIX: usize = 4;

impl<'a> Identifier<'a> {
    /// Parses an identifier. Branch parts (`label@head`) are refused: this version knows linear
    /// histories.
    ///
    /// ```
    /// use migrate_model::revision::Identifier;
    ///
    /// assert!(Identifier::parse("head").is_ok());
    /// let error = Identifier::parse("shop@head").unwrap_err();
    /// assert_eq!(error.code(), "graph.illegal_identifier");
    /// ```
    pub fn parse(input: &'a str) -> Result<Self, GraphError> {
        let illegal = |reason: &str| GraphError::IllegalIdentifier {
            input: input.to_owned(),
            reason: reason.to_owned(),
            code: "graph.illegal_identifier",
        };
        if input.contains('@') {
            return Err(illegal("branch labels are not supported by this version"));
        }
        if input.contains(':') {
            return Err(GraphError::IllegalIdentifier {
                input: input.to_owned(),
                reason: "a range is not allowed, one revision is wanted".to_owned(),
                code: "graph.range_not_allowed",
            });
        }
        if input.is_empty() {
            return Err(illegal("it is empty"));
        }
        let (symbol, offset) = match input.find(['+', '-']) {
            None => (input, None),
            Some(at) => {
                let digits = &input[at + 1..];
                // `parse` would take a sign of its own: `++1`.
                let count =
                    Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
                let count =
                    count.and_then(|digits| digits.parse::<u32>().ok()).ok_or_else(|| {
                        illegal("after + or - the number of revisions to walk must follow")
                    })?;
                let sign = if input[at..].starts_with('+') { 1 } else { -1 };
                (&input[..at], Some(sign * i64::from(count)))
            }
        };
        Ok(Self { input, symbol, offset })
    }

    /// Whether it is a walk: `+1`, `-2`, `1975ea+1`.
    ///
    /// ```
    /// use migrate_model::revision::Identifier;
    ///
    /// assert!(Identifier::parse("-2")?.is_relative());
    /// assert!(!Identifier::parse("head")?.is_relative());
    /// # Ok::<(), migrate_model::GraphError>(())
    /// ```
    pub fn is_relative(&self) -> bool {
        self.offset.is_some()
    }

    /// Whether what it names depends on what is applied.
    ///
    /// ```
    /// use migrate_model::revision::Identifier;
    ///
    /// assert!(Identifier::parse("+1")?.needs_state());
    /// assert!(!Identifier::parse("1975ea+1")?.needs_state());
    /// # Ok::<(), migrate_model::GraphError>(())
    /// ```
    pub fn needs_state(&self) -> bool {
        self.symbol == "current" || (self.symbol.is_empty() && self.offset.is_some())
    }

    /// The revisions that this names; none means the base.
    ///
    /// `direction` is where the command goes: a bare `+N` or `-N` counts from the current state
    /// and only in that direction.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::{Applied, Direction, Identifier};
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2])?;
    /// let applied = Applied::of(&graph, ["a1"]);
    /// let next = Identifier::parse("+1")?.resolve(&graph, &applied, Direction::Up)?;
    /// assert_eq!(next, [1]);
    /// let base = Identifier::parse("base")?.resolve(&graph, &applied, Direction::Down)?;
    /// assert!(base.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve(
        &self,
        graph: &Graph,
        applied: &Applied,
        direction: Direction,
    ) -> Result<Vec<usize>, GraphError> {
        let Some(offset) = self.offset else { return self.resolve_symbol(graph, applied) };
        let start = match (self.symbol, direction) {
            ("", Direction::Up) if offset > 0 => self.only(&applied.heads(graph), graph)?,
            ("", Direction::Down) if offset < 0 => match self.only(&applied.heads(graph), graph)? {
                None => return Err(self.out_of_reach(false)),
                head => head,
            },
            ("", _) => return Err(self.wrong_way(direction)),
            _ => self.only(&self.resolve_symbol(graph, applied)?, graph)?,
        };
        let end = self.walk(graph, start, offset)?;
        Ok(end.into_iter().collect())
    }

    fn wrong_way(&self, direction: Direction) -> GraphError {
        let sign = match direction {
            Direction::Up => '+',
            Direction::Down => '-',
        };
        GraphError::IllegalIdentifier {
            input: self.input.to_owned(),
            reason: format!("from the current state this command goes {sign}N, N at least 1"),
            code: "graph.relative_out_of_reach",
        }
    }

    fn resolve_symbol(&self, graph: &Graph, applied: &Applied) -> Result<Vec<usize>, GraphError> {
        match self.symbol {
            "head" => Ok(only_head(graph)?.into_iter().collect()),
            "heads" => Ok(graph.effective_heads()),
            "base" => Ok(Vec::new()),
            "current" => Ok(applied.heads(graph)),
            name => self.resolve_name(graph, name).map(|index| vec![index]),
        }
    }

    /// An exact id or label, else the only one that begins like this.
    fn resolve_name(&self, graph: &Graph, name: &str) -> Result<usize, GraphError> {
        if let Some(index) = graph.index_of_name(name) {
            return Ok(index);
        }
        let mut found: Vec<(&str, usize)> = graph
            .names()
            .filter(|(key, _)| key.len() >= SHORTEST_FOR_PREFIX && key.starts_with(name))
            .collect();
        found.sort_unstable();
        match found.as_slice() {
            [(_, index)] => Ok(*index),
            [] => Err(GraphError::Unresolved {
                input: self.input.to_owned(),
                nearest: nearest(name, graph.names().map(|(key, _)| key)).map(str::to_owned),
            }),
            several => Err(GraphError::PartialAmbiguous {
                input: self.input.to_owned(),
                candidates: several.iter().map(|(key, _)| (*key).to_owned()).collect(),
            }),
        }
    }

    /// One revision to start a walk from; `None` is the base.
    fn only(&self, found: &[usize], graph: &Graph) -> Result<Option<usize>, GraphError> {
        match found {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => Err(self.ambiguous(graph, several)),
        }
    }

    /// Walks `offset` revisions along `Revises:`. `None` is the base, below every root.
    fn walk(
        &self,
        graph: &Graph,
        start: Option<usize>,
        offset: i64,
    ) -> Result<Option<usize>, GraphError> {
        let mut here = start;
        for _ in 0..offset.unsigned_abs() {
            let next: &[usize] = match (here, offset > 0) {
                (Some(index), true) => graph.children(index),
                (None, true) => &graph.bases(),
                (Some(index), false) if graph.parents(index).is_empty() => {
                    here = None;
                    continue;
                }
                (Some(index), false) => graph.parents(index),
                (None, false) => return Err(self.out_of_reach(false)),
            };
            here = match next {
                [] => return Err(self.out_of_reach(offset > 0)),
                [one] => Some(*one),
                several => return Err(self.ambiguous(graph, several)),
            };
        }
        Ok(here)
    }

    fn ambiguous(&self, graph: &Graph, several: &[usize]) -> GraphError {
        let candidates = sorted_ids(graph, several);
        GraphError::AmbiguousWalk { input: self.input.to_owned(), candidates }
    }

    fn out_of_reach(&self, upwards: bool) -> GraphError {
        GraphError::OutOfReach { input: self.input.to_owned(), upwards }
    }
}

/// The head of a graph that must not have several; `None` for an empty one.
fn only_head(graph: &Graph) -> Result<Option<usize>, GraphError> {
    let heads = graph.heads();
    match heads.as_slice() {
        [] => Ok(None),
        [head] => Ok(Some(*head)),
        _ => Err(GraphError::MultipleHeads { heads: sorted_ids(graph, &heads) }),
    }
}

/// A range of revisions, `a:b`, `a:` or `:b`; both ends belong to it.
///
/// ```
/// use migrate_model::revision::Range;
///
/// let range = Range { lower: Some("1975ea"), upper: None };
/// assert_eq!(Range::parse("1975ea:"), Ok(range));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range<'a> {
    /// The older end; `None` is the base.
    pub lower: Option<&'a str>,
    /// The newer end; `None` is all heads.
    pub upper: Option<&'a str>,
}

impl<'a> Range<'a> {
    /// Splits at the one `:` that a range must have.
    ///
    /// ```
    /// use migrate_model::revision::Range;
    ///
    /// let range = Range::parse("1975ea:head")?;
    /// assert_eq!((range.lower, range.upper), (Some("1975ea"), Some("head")));
    /// # Ok::<(), migrate_model::GraphError>(())
    /// ```
    pub fn parse(input: &'a str) -> Result<Self, GraphError> {
        let end = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        match input.split_once(':') {
            Some((lower, upper)) if !upper.contains(':') => {
                Ok(Self { lower: end(lower), upper: end(upper) })
            }
            _ => Err(GraphError::IllegalIdentifier {
                input: input.to_owned(),
                reason: "a range is written from:to, from: or :to".to_owned(),
                code: "graph.bad_range",
            }),
        }
    }

    /// Whether an end depends on what is applied.
    ///
    /// ```
    /// use migrate_model::revision::Range;
    ///
    /// assert!(Range::parse("current:head")?.needs_state());
    /// assert!(!Range::parse("base:head")?.needs_state());
    /// # Ok::<(), migrate_model::GraphError>(())
    /// ```
    pub fn needs_state(&self) -> bool {
        let needs = |end: &str| Identifier::parse(end).is_ok_and(|end| end.needs_state());
        self.lower.is_some_and(needs) || self.upper.is_some_and(needs)
    }

    /// The revisions of the range, oldest first.
    ///
    /// ```
    /// use migrate_model::Graph;
    /// use migrate_model::revision::{Applied, Range};
    /// # use migrate_model::RevisionFile;
    /// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
    /// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
    /// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
    /// # let c3 = parse("-- x\n--\n-- Revision: c3\n-- Revises: b2\n-- migrate:up\n")?.revision;
    ///
    /// let graph = Graph::new(vec![a1, b2, c3])?;
    /// let found = Range::parse("b2:")?.resolve(&graph, &Applied::default())?;
    /// assert_eq!(found, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve(&self, graph: &Graph, applied: &Applied) -> Result<Vec<usize>, GraphError> {
        let end = |text: &str| Identifier::parse(text)?.resolve(graph, applied, Direction::Down);
        let lower = self.lower.map(end).transpose()?.unwrap_or_default();
        let upper = match self.upper {
            None => graph.effective_heads(),
            Some(text) => end(text)?,
        };
        let below = graph.ancestors(&upper);
        if let Some(stray) = lower.iter().find(|index| !below[**index]) {
            return Err(GraphError::NotAncestor {
                lower: graph.revision(*stray).id.to_string(),
                upper: self.upper.unwrap_or("heads").to_owned(),
            });
        }
        let above =
            if lower.is_empty() { vec![true; graph.len()] } else { graph.lineage_above(&lower) };
        let mut found: Vec<usize> =
            (0..graph.len()).filter(|index| below[*index] && above[*index]).collect();
        graph.sort_oldest_first(&mut found);
        Ok(found)
    }
}

fn sorted_ids(graph: &Graph, indices: &[usize]) -> Vec<super::RevisionId> {
    let mut ids: Vec<_> = indices.iter().map(|index| graph.revision(*index).id.clone()).collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    fn line() -> Graph {
        graph(&["aaaa:", "aabb: aaaa", "cccc: aabb", "dd: cccc"]).unwrap()
    }

    fn resolve(
        input: &str,
        applied: &[&str],
        direction: Direction,
    ) -> Result<String, &'static str> {
        let graph = line();
        let applied = Applied::of(&graph, applied.iter().copied());
        let found = Identifier::parse(input)
            .and_then(|identifier| identifier.resolve(&graph, &applied, direction))
            .map_err(|error| error.code())?;
        Ok(found
            .iter()
            .map(|index| graph.revision(*index).id.as_str())
            .collect::<Vec<_>>()
            .join(" "))
    }

    fn up(input: &str, applied: &[&str]) -> Result<String, &'static str> {
        resolve(input, applied, Direction::Up)
    }

    fn down(input: &str, applied: &[&str]) -> Result<String, &'static str> {
        resolve(input, applied, Direction::Down)
    }

    #[test]
    fn symbols() {
        assert_eq!(up("head", &[]).as_deref(), Ok("dd"));
        assert_eq!(up("heads", &[]).as_deref(), Ok("dd"));
        assert_eq!(up("base", &[]).as_deref(), Ok(""));
        assert_eq!(up("current", &["aaaa", "aabb"]).as_deref(), Ok("aabb"));
        assert_eq!(up("cccc", &[]).as_deref(), Ok("cccc"));
    }

    #[test]
    fn prefixes_are_unique_and_find_no_short_ids() {
        assert_eq!(up("c", &[]).as_deref(), Ok("cccc"));
        assert_eq!(up("aab", &[]).as_deref(), Ok("aabb"));
        assert_eq!(up("aa", &[]), Err("graph.partial_ambiguous"));
        assert_eq!(up("d", &[]), Err("graph.unresolved"));
        assert_eq!(up("zz", &[]), Err("graph.unresolved"));
    }

    #[test]
    fn walks() {
        assert_eq!(up("+1", &[]).as_deref(), Ok("aaaa"));
        assert_eq!(up("+2", &["aaaa"]).as_deref(), Ok("cccc"));
        assert_eq!(up("+9", &[]), Err("graph.relative_out_of_reach"));
        assert_eq!(up("-1", &["aaaa"]), Err("graph.relative_out_of_reach"));
        assert_eq!(up("aaaa+1", &[]).as_deref(), Ok("aabb"));
        assert_eq!(up("head-1", &[]).as_deref(), Ok("cccc"));
        assert_eq!(down("-1", &["aaaa", "aabb"]).as_deref(), Ok("aaaa"));
        assert_eq!(down("-2", &["aaaa", "aabb"]).as_deref(), Ok(""));
        assert_eq!(down("-3", &["aaaa", "aabb"]), Err("graph.relative_out_of_reach"));
        assert_eq!(down("-1", &[]), Err("graph.relative_out_of_reach"));
        assert_eq!(down("+x", &[]), Err("graph.illegal_identifier"));
        assert_eq!(up("++1", &[]), Err("graph.illegal_identifier"));
    }

    #[test]
    fn ranges() {
        let graph = line();
        let applied = Applied::of(&graph, ["aaaa"]);
        let range = |text| Range::parse(text).and_then(|range| range.resolve(&graph, &applied));
        assert_eq!(range("aabb:dd"), Ok(vec![1, 2, 3]));
        assert_eq!(range(":aabb"), Ok(vec![0, 1]));
        assert_eq!(range("current:"), Ok(vec![0, 1, 2, 3]));
        assert_eq!(range("dd:aaaa").unwrap_err().code(), "graph.range_not_ancestor");
        assert_eq!(range("dd").unwrap_err().code(), "graph.bad_range");
    }
}
