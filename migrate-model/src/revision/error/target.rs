//! What can be wrong with a name on the graph: `head`, `shop@+1`, `1975ea`.

use super::{did_you_mean, join};
use crate::revision::RevisionId;

/// Why a name does not stand for what is wanted.
///
/// ```
/// use migrate_model::{Graph, TargetError};
/// use migrate_model::revision::{Applied, Identifier};
///
/// let graph = Graph::default();
/// let error = Identifier::parse("zzzz")?.revisions(&graph, &Applied::default()).unwrap_err();
/// assert!(matches!(error, TargetError::Unresolved { .. }));
/// assert_eq!((error.code(), error.to_string().as_str()), ("graph.unresolved", "`zzzz` names no revision"));
/// # Ok::<(), TargetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// One revision is wanted and several heads fit.
    #[error("{} heads, so `{input}` is no single target: {}", .heads.len(), join(.heads))]
    MultipleHeads {
        /// What was asked for.
        input: String,
        /// They, sorted.
        heads: Vec<RevisionId>,
    },
    /// A name that names nothing.
    #[error("`{input}` names no revision{}", did_you_mean(.nearest.as_deref()))]
    Unresolved {
        /// What was asked for.
        input: String,
        /// The id or label nearest to it.
        nearest: Option<String>,
    },
    /// A branch part that names nothing, or several.
    #[error("`{branch}` in `{input}` names no branch{}", instead(.candidates))]
    NoSuchBranch {
        /// What was asked for.
        input: String,
        /// Its branch part.
        branch: String,
        /// The ids and labels that could be meant.
        candidates: Vec<String>,
    },
    /// A revision that has nothing to do with the branch part beside it.
    #[error("revision {revision} is not on the branch `{branch}`")]
    NotMember {
        /// What was asked for.
        input: String,
        /// The revision that it names.
        revision: RevisionId,
        /// Its branch part.
        branch: String,
    },
    /// A prefix of several ids or labels.
    #[error("`{input}` is the beginning of several: {}", .candidates.join(", "))]
    PartialAmbiguous {
        /// What was asked for.
        input: String,
        /// What it could mean, sorted.
        candidates: Vec<String>,
    },
    /// A walk that could go on several ways.
    #[error("`{input}` could go several ways: {}", join(.candidates))]
    AmbiguousWalk {
        /// What was asked for.
        input: String,
        /// Whether it walked up.
        upwards: bool,
        /// Where it could go, sorted.
        candidates: Vec<RevisionId>,
    },
    /// A walk from the current state, which is several revisions.
    #[error("`{input}` could start at several current revisions: {}", join(.current))]
    SeveralCurrent {
        /// What was asked for.
        input: String,
        /// They, sorted.
        current: Vec<RevisionId>,
    },
    /// A walk past the end.
    #[error("`{input}` goes past the {} of the history", if *.upwards { "head" } else { "base" })]
    OutOfReach {
        /// What was asked for.
        input: String,
        /// Whether it walked up.
        upwards: bool,
    },
    /// The ends of a range, or current state and target, are not ancestor and descendant.
    #[error("{lower} is no ancestor of {upper}")]
    NotAncestor {
        /// The end that should be the older.
        lower: String,
        /// The end that should be the newer.
        upper: String,
    },
    /// No child of the target is on the branch that shall be taken down.
    #[error("`{input}` leaves nothing to take down: nothing above it is on the branch `{branch}`")]
    NotADowngradeTarget {
        /// What was asked for.
        input: String,
        /// Its branch part.
        branch: String,
    },
    /// A new revision on top of one that has children already.
    #[error("revision {revision} is no head")]
    NeedsSplice {
        /// It.
        revision: RevisionId,
    },
    /// A merge of a revision with itself.
    #[error("revision {revision} is named twice as a parent")]
    SameParentTwice {
        /// It.
        revision: RevisionId,
    },
    /// A name that can't be used at this place.
    #[error("`{input}` can't be used here: {reason}")]
    Misplaced {
        /// What was asked for.
        input: String,
        /// Why.
        reason: &'static str,
        /// The stable code.
        code: &'static str,
    },
}

fn instead(candidates: &[String]) -> String {
    match candidates {
        [] => String::new(),
        candidates => format!(" (did you mean {}?)", candidates.join(" or ")),
    }
}

impl TargetError {
    /// The stable code of this error, `graph.name`.
    ///
    /// ```
    /// use migrate_model::revision::Range;
    ///
    /// assert_eq!(Range::parse("a1").unwrap_err().code(), "graph.bad_range");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Self::MultipleHeads { .. } => "graph.multiple_heads",
            Self::Unresolved { .. } | Self::NoSuchBranch { .. } | Self::NotMember { .. } => {
                "graph.unresolved"
            }
            Self::PartialAmbiguous { .. } => "graph.partial_ambiguous",
            Self::AmbiguousWalk { .. } | Self::SeveralCurrent { .. } => "graph.ambiguous_walk",
            Self::OutOfReach { .. } => "graph.relative_out_of_reach",
            Self::NotAncestor { .. } => "graph.range_not_ancestor",
            Self::NotADowngradeTarget { .. } => "graph.not_a_downgrade_target",
            Self::NeedsSplice { .. } => "graph.needs_splice",
            Self::SameParentTwice { .. } => "graph.duplicate",
            Self::Misplaced { code, .. } => code,
        }
    }

    /// What could have been meant, where that is known.
    ///
    /// ```
    /// use migrate_model::TargetError;
    ///
    /// let heads = vec!["a1".parse()?, "b2".parse()?];
    /// let error = TargetError::MultipleHeads { input: "head".to_owned(), heads };
    /// assert_eq!(error.candidates(), ["a1", "b2"]);
    /// # Ok::<(), migrate_model::revision::IdError>(())
    /// ```
    pub fn candidates(&self) -> Vec<String> {
        match self {
            Self::MultipleHeads { heads: ids, .. }
            | Self::AmbiguousWalk { candidates: ids, .. }
            | Self::SeveralCurrent { current: ids, .. } => {
                ids.iter().map(ToString::to_string).collect()
            }
            Self::PartialAmbiguous { candidates, .. } | Self::NoSuchBranch { candidates, .. } => {
                candidates.clone()
            }
            Self::Unresolved { nearest, .. } => nearest.iter().cloned().collect(),
            Self::NotMember { .. }
            | Self::OutOfReach { .. }
            | Self::NotAncestor { .. }
            | Self::NotADowngradeTarget { .. }
            | Self::NeedsSplice { .. }
            | Self::SameParentTwice { .. }
            | Self::Misplaced { .. } => Vec::new(),
        }
    }

    /// What to do about it, where the message alone doesn't say.
    ///
    /// ```
    /// use migrate_model::TargetError;
    ///
    /// let candidates = vec!["1975ea".to_owned(), "1975eb".to_owned()];
    /// let error = TargetError::PartialAmbiguous { input: "1975".to_owned(), candidates };
    /// assert_eq!(error.hint().as_deref(), Some("write more characters of the id"));
    /// ```
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::MultipleHeads { .. } => {
                "name one of them, put one after the other (cargo migrate rebase), or join them \
                 (cargo migrate merge)"
            }
            Self::Unresolved { .. } | Self::NotAncestor { .. } => {
                "list what there is: cargo migrate history"
            }
            Self::NoSuchBranch { .. } | Self::NotMember { .. } => {
                "see the branches: cargo migrate history --graph"
            }
            Self::PartialAmbiguous { .. } => "write more characters of the id",
            Self::AmbiguousWalk { input, upwards, candidates } => {
                let [first, ..] = candidates.as_slice() else { return None };
                let steps = input.rsplit('@').next().unwrap_or(input);
                return Some(match upwards {
                    true => format!("name the branch, for example: {first}@{steps}"),
                    false => format!(
                        "name the revision to stay at, for example: {first}; the other side stays, \
                         too"
                    ),
                });
            }
            Self::SeveralCurrent { input, current } => {
                let [first, ..] = current.as_slice() else { return None };
                let steps = input.rsplit('@').next().unwrap_or(input);
                let command = if steps.starts_with('+') { "up" } else { "down" };
                return Some(format!(
                    "name a branch, for example: cargo migrate {command} {first}@{steps}"
                ));
            }
            Self::OutOfReach { .. } => "see where you are: cargo migrate current",
            Self::NotADowngradeTarget { .. } => "see what is applied: cargo migrate history -i",
            Self::NeedsSplice { .. } => "a new branch on purpose: --splice",
            Self::SameParentTwice { .. } => "name each parent once",
            Self::Misplaced { .. } => return None,
        };
        Some(hint.to_owned())
    }
}
