//! What stands on a command line for a revision: an id, the beginning of one, `head`, `shop@head`,
//! `-1` … Knows text only; what it stands for, each command decides in a file of its own: `named`,
//! `upgrade`, `downgrade`, `stamp`, `range`, `placing`.

use super::error::TargetError;

/// A parsed identifier: `[branch@][symbol][+N|-N]`.
///
/// ```
/// use migrate_model::revision::Identifier;
///
/// assert!(Identifier::parse("1975ea+1")?.is_relative());
/// assert!(!Identifier::parse("shop@head")?.is_relative());
/// assert_eq!(Identifier::parse("a1:b2").unwrap_err().code(), "graph.range_not_allowed");
/// # Ok::<(), migrate_model::TargetError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identifier<'a> {
    /// All of it, for messages.
    pub(crate) input: &'a str,
    /// What stands before the first `@`.
    pub(crate) branch: Option<&'a str>,
    /// The name, empty where a walk begins at the current state.
    pub(crate) symbol: &'a str,
    /// How far to walk; up if positive.
    pub(crate) steps: Option<i64>,
    /// What follows the digits of a walk.
    pub(crate) rest: &'a str,
}

impl<'a> Identifier<'a> {
    /// Parses an identifier. Everything but nothing and a range is one; whether it names anything,
    /// a graph tells.
    pub fn parse(input: &'a str) -> Result<Self, TargetError> {
        let misplaced =
            |reason, code| TargetError::Misplaced { input: input.to_owned(), reason, code };
        if input.contains(':') {
            let reason = "a range is not allowed, one revision is wanted";
            return Err(misplaced(reason, "graph.range_not_allowed"));
        }
        let (branch, name) = match input.split_once('@') {
            Some((branch, name)) => (Some(branch).filter(|branch| !branch.is_empty()), name),
            None => (None, input),
        };
        if name.is_empty() {
            return Err(misplaced("it names nothing", "graph.illegal_identifier"));
        }
        let (symbol, steps, rest) = match walk(name) {
            Some((symbol, steps, rest)) => (symbol, Some(steps), rest),
            None => (name, None, ""),
        };
        Ok(Self { input, branch, symbol, steps, rest })
    }

    /// Whether it is a walk: `+1`, `shop@-2`, `1975ea+1`.
    ///
    /// ```
    /// use migrate_model::revision::Identifier;
    ///
    /// assert!(Identifier::parse("-2")?.is_relative());
    /// assert!(!Identifier::parse("head")?.is_relative());
    /// # Ok::<(), migrate_model::TargetError>(())
    /// ```
    pub fn is_relative(&self) -> bool {
        self.steps.is_some()
    }

    /// Whether `up` and `down` need to know what is applied to tell what it names.
    ///
    /// ```
    /// use migrate_model::revision::Identifier;
    ///
    /// assert!(Identifier::parse("shop@+1")?.counts_from_current());
    /// assert!(!Identifier::parse("1975ea+1")?.counts_from_current());
    /// # Ok::<(), migrate_model::TargetError>(())
    /// ```
    pub fn counts_from_current(&self) -> bool {
        self.is_current() || self.symbol.is_empty()
    }

    /// Whether it is the word `current`, alone or on a branch.
    pub fn is_current(&self) -> bool {
        self.symbol == "current"
    }

    /// How far down from the heads a bare `-N` or `shop@-N` goes, where it counts from there.
    /// `up` and `down` pass over what follows the digits, and here it makes the walk none
    /// (Alembic's rules).
    pub(crate) fn steps_below_heads(&self) -> Option<i64> {
        let is_bare = self.symbol.is_empty() && self.rest.is_empty();
        self.steps.filter(|steps| is_bare && *steps < 0)
    }

    pub(crate) fn unresolved(&self) -> TargetError {
        TargetError::Unresolved { input: self.input.to_owned(), nearest: None }
    }

    /// Itself, unless it is `current` and no database is asked.
    pub fn without_state(self) -> Result<Self, TargetError> {
        match self.is_current() {
            true => Err(self.misplaced(
                "no database is asked, so nothing is known of the current state",
                "graph.unresolved",
            )),
            false => Ok(self),
        }
    }

    pub(crate) fn misplaced(&self, reason: &'static str, code: &'static str) -> TargetError {
        TargetError::Misplaced { input: self.input.to_owned(), reason, code }
    }

    pub(crate) fn out_of_reach(&self, upwards: bool) -> TargetError {
        TargetError::OutOfReach { input: self.input.to_owned(), upwards }
    }
}

/// A name, the walk behind it, and what follows that; `None` if there is no walk.
fn walk(name: &str) -> Option<(&str, i64, &str)> {
    let sign = name.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    let (symbol, walk) = name.split_at(sign);
    let is_up = walk.starts_with('+');
    let digits = walk.strip_prefix(['+', '-'])?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
    // No graph is so long; whoever walks farther is out of reach all the same.
    let count = digits.parse().map_or(i64::from(u32::MAX), |count: u32| i64::from(count));
    Some((symbol, if is_up { count } else { -count }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(input: &str) -> (Option<&str>, &str, Option<i64>) {
        let Identifier { branch, symbol, steps, .. } = Identifier::parse(input).unwrap();
        (branch, symbol, steps)
    }

    #[test]
    fn the_parts() {
        assert_eq!(parts("1975ea"), (None, "1975ea", None));
        assert_eq!(parts("shop@head"), (Some("shop"), "head", None));
        assert_eq!(parts("shop@-2"), (Some("shop"), "", Some(-2)));
        assert_eq!(parts("a1+3"), (None, "a1", Some(3)));
        assert_eq!(parts("@head"), (None, "head", None));
        assert_eq!(parts("a@b@c"), (Some("a"), "b@c", None));
        assert_eq!(parts("+x"), (None, "+x", None));
        assert_eq!(parts("add-x"), (None, "add-x", None));
        assert_eq!(parts("+99999999999999999999"), (None, "", Some(4_294_967_295)));
    }

    #[test]
    fn what_is_none() {
        let code = |input| Identifier::parse(input).unwrap_err().code();
        assert_eq!(code(""), "graph.illegal_identifier");
        assert_eq!(code("shop@"), "graph.illegal_identifier");
        assert_eq!(code("a:b"), "graph.range_not_allowed");
    }
}
