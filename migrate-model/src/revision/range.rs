//! What `history a:b` lists.

use super::applied::Applied;
use super::branch::{carriers, labelled_for};
use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;
use super::walk::{Walk, walk_down, walk_up_to_top};

/// A range of revisions, `a:b`, `a:`, `:b` or `:`; both ends belong to it.
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
    /// # Ok::<(), migrate_model::TargetError>(())
    /// ```
    pub fn parse(input: &'a str) -> Result<Self, TargetError> {
        let end = |text: &'a str| Some(text.trim()).filter(|text| !text.is_empty());
        match input.split_once(':') {
            Some((lower, upper)) if !upper.contains(':') => {
                Ok(Self { lower: end(lower), upper: end(upper) })
            }
            _ => Err(TargetError::Misplaced {
                input: input.to_owned(),
                reason: "a range is written from:to, from: or :to",
                code: "graph.bad_range",
            }),
        }
    }

    /// Whether an end is the current state.
    ///
    /// ```
    /// use migrate_model::revision::Range;
    ///
    /// assert!(Range::parse("current:head")?.needs_state());
    /// assert!(!Range::parse("base:+2")?.needs_state());
    /// # Ok::<(), migrate_model::TargetError>(())
    /// ```
    pub fn needs_state(&self) -> bool {
        let needs = |end: &str| Identifier::parse(end).is_ok_and(|end| end.is_current());
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
    pub fn resolve(&self, graph: &Graph, applied: &Applied) -> Result<Vec<usize>, TargetError> {
        let is_current = |end: &Identifier<'_>| end.is_current() && end.branch.is_none();
        // Where nothing is applied, `current` is as if that end were left out.
        let given = |end: Option<&'a str>| match end.map(Identifier::parse).transpose()? {
            Some(end) if is_current(&end) && applied.is_empty() => Ok(None),
            end => Ok(end),
        };
        let (lower, upper) = (given(self.lower)?, given(self.upper)?);
        let mut tops = match &upper {
            None => graph.effective_heads(),
            Some(upper) => upper_end(graph, applied, upper, lower.as_ref())?,
        };
        if let Some((lower, label)) = lower.and_then(|lower| Some((lower, lower.branch?))) {
            // Of the newer end only what carries the label counts.
            let carriers = label_of(graph, &lower, label)?;
            tops.retain(|index| carriers[*index]);
        }
        let bottoms = match &lower {
            None => Vec::new(),
            Some(lower) => self.lower_end(graph, applied, lower, &tops)?,
        };
        let below = graph.ancestors(&tops);
        let within = |index: usize| -> bool { below[index] };
        let mut found: Vec<usize> = match bottoms.as_slice() {
            [] => (0..graph.len()).filter(|index| within(*index)).collect(),
            bottoms => {
                let (too_low, above) = (graph.ancestors(bottoms), graph.lineage_above(bottoms));
                let mut listed: Vec<bool> =
                    above.into_iter().zip(too_low).map(|(above, low)| above && !low).collect();
                for bottom in bottoms {
                    listed[*bottom] = true;
                }
                (0..graph.len()).filter(|index| within(*index) && listed[*index]).collect()
            }
        };
        graph.sort_oldest_first(&mut found);
        Ok(found)
    }

    /// The older end, whose revisions must be below the newer one. `-N` counts from the effective
    /// heads; where it goes below the base, anew from the newer end.
    fn lower_end(
        &self,
        graph: &Graph,
        applied: &Applied,
        lower: &Identifier<'_>,
        tops: &[usize],
    ) -> Result<Vec<usize>, TargetError> {
        let ends: Vec<Walk> = match lower.steps_below_heads() {
            Some(steps) => lower.below_heads(graph, steps)?,
            None => lower.revisions(graph, applied)?.into_iter().map(Walk::At).collect(),
        };
        let below = graph.ancestors(tops);
        let mut found = Vec::new();
        for end in &ends {
            match *end {
                Walk::At(index) if below[index] => found.push(index),
                Walk::At(index) => {
                    return Err(self.not_ancestor(graph.revision(index).id.as_str()));
                }
                Walk::Base => {
                    return Err(lower
                        .misplaced("it counts to below the oldest", "graph.range_not_ancestor"));
                }
                Walk::Past => {}
            }
        }
        if let (Some(Walk::Past), Some(steps)) = (ends.first(), lower.steps) {
            let top = self.only_named_top(graph, lower, tops)?;
            found = match walk_down(lower, graph, Some(top), steps)? {
                Walk::At(index) => vec![index],
                Walk::Base | Walk::Past => Vec::new(),
            };
        }
        Ok(found)
    }

    /// The newer end, where a walk may begin at it: it must be named itself, not by `heads`.
    fn only_named_top(
        &self,
        graph: &Graph,
        lower: &Identifier<'_>,
        tops: &[usize],
    ) -> Result<usize, TargetError> {
        let is_named = self.upper.is_some_and(|upper| {
            !matches!(upper, "head" | "heads" | "base") && !upper.contains(['@', '+', '-'])
        });
        let too_far = || lower.misplaced("it counts to below the oldest", "graph.unresolved");
        if !is_named && lower.branch.is_some() {
            return Err(too_far());
        }
        if self.upper == Some("current") && tops.len() > 1 {
            return Err(lower.several_current(graph, tops));
        }
        let top = lower.only(graph, tops)?;
        top.filter(|_| is_named).ok_or_else(too_far)
    }

    fn not_ancestor(&self, lower: &str) -> TargetError {
        TargetError::NotAncestor {
            lower: lower.to_owned(),
            upper: self.upper.unwrap_or("heads").to_owned(),
        }
    }
}

/// The newer end. `+N` counts from the older one; a walk past the top stays there.
fn upper_end(
    graph: &Graph,
    applied: &Applied,
    upper: &Identifier<'_>,
    lower: Option<&Identifier<'_>>,
) -> Result<Vec<usize>, TargetError> {
    let Some(steps) = upper.steps else { return upper.absolute(graph, applied) };
    let end = match (upper.symbol, steps) {
        ("", ..=0) => return Err(upper.out_of_reach(false)),
        ("", _) => {
            let starts = match lower {
                None => Vec::new(),
                Some(lower) if lower.is_current() => applied.tips(graph),
                Some(lower) if upper.branch.is_some() => lower.revisions(graph, applied)?,
                Some(lower) => lower.revision(graph, applied)?.into_iter().collect(),
            };
            let below = Applied::up_to(graph, &starts);
            let start = upper.start_above(graph, &starts, &below)?;
            walk_up_to_top(upper, graph, start, steps)?
        }
        (_, 1..) => {
            let start = upper.of_symbol().revision(graph, applied)?;
            walk_up_to_top(upper, graph, start, steps)?
        }
        (_, ..=0) => {
            let start = upper.without_steps().revision(graph, applied)?;
            match walk_down(upper, graph, start, steps)? {
                Walk::At(index) => Some(index),
                Walk::Base | Walk::Past => None,
            }
        }
    };
    Ok(end.into_iter().collect())
}

/// Marks what carries the label of a branch part. A revision's id in full stands for the only label
/// that the revision carries; the beginning of one is no label, so nothing carries it.
fn label_of(
    graph: &Graph,
    identifier: &Identifier<'_>,
    name: &str,
) -> Result<Vec<bool>, TargetError> {
    let branch = identifier.branch(graph)?;
    match (graph.index_of(name), graph.index_of_name(name)) {
        (Some(index), _) => {
            match *labelled_for(graph, index) {
                [declaring] => Ok(carriers(graph, declaring)),
                // Without a label, or with several, the lineage is what is meant.
                _ => Ok(branch.map(|branch| branch.lineage).unwrap_or_default()),
            }
        }
        (None, Some(declaring)) => Ok(carriers(graph, declaring)),
        (None, None) => Ok(vec![false; graph.len()]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    #[test]
    fn ranges_of_a_line() {
        let graph = graph(&["aaaa:", "aabb: aaaa", "cccc: aabb", "dd: cccc"]).unwrap();
        let applied = Applied::of(&graph, ["aaaa"]);
        let range = |text| Range::parse(text).and_then(|range| range.resolve(&graph, &applied));
        assert_eq!(range("aabb:dd"), Ok(vec![1, 2, 3]));
        assert_eq!(range(":aabb"), Ok(vec![0, 1]));
        assert_eq!(range("current:"), Ok(vec![0, 1, 2, 3]));
        assert_eq!(range("-1:"), Ok(vec![2, 3]));
        assert_eq!(range("aaaa:+1"), Ok(vec![0, 1]));
        assert_eq!(range("dd:aaaa").unwrap_err().code(), "graph.range_not_ancestor");
        assert_eq!(range("dd").unwrap_err().code(), "graph.bad_range");
        assert_eq!(range("a:b:c").unwrap_err().code(), "graph.bad_range");
    }
}
