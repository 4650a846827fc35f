//! What `down` goes to, and what is taken down on the way.

use super::applied::Applied;
use super::branch::Branch;
use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;
use super::path::{Direction, PlannedStep};
use super::walk::{Walk, walk_down, walk_up};

/// What stays, and on which branch what is above it goes. It is fixed once; its steps can be asked
/// for again when the state has changed.
///
/// ```
/// use migrate_model::Graph;
/// use migrate_model::revision::{Applied, Identifier};
/// # use migrate_model::RevisionFile;
/// # let parse = |text: &str| RevisionFile::parse("x.sql", "x.sql", text.as_bytes());
/// # let a1 = parse("-- x\n--\n-- Revision: a1\n-- Revises: base\n-- migrate:up\n")?.revision;
/// # let b2 = parse("-- x\n--\n-- Revision: b2\n-- Revises: a1\n-- migrate:up\n")?.revision;
///
/// let graph = Graph::new(vec![a1, b2])?;
/// let applied = Applied::of(&graph, ["a1", "b2"]);
/// let target = Identifier::parse("base")?.downgrade_target(&graph, &applied)?;
/// let indices: Vec<usize> = target.steps(&graph, &applied)?.iter().map(|it| it.index).collect();
/// assert_eq!(indices, [1, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DowngradeTarget {
    input: String,
    /// What stays; `None` is the base.
    revision: Option<usize>,
    side: Side,
}

/// Which of the children of the target go.
#[derive(Debug, Clone)]
enum Side {
    All,
    /// Those of a branch, which was written like this.
    Of(Branch, String),
    /// The branch part names nothing. A target that is no good by itself is the plainer fault.
    Unknown(TargetError),
}

impl Identifier<'_> {
    /// The revision to go down to. `-N` counts from the only current revision, `shop@-N` from the
    /// only one on that branch.
    pub fn downgrade_target(
        &self,
        graph: &Graph,
        applied: &Applied,
    ) -> Result<DowngradeTarget, TargetError> {
        let mut side = match (self.branch, self.branch_of_name(graph)) {
            (Some(name), Ok(Some(branch))) => Side::Of(branch, name.to_owned()),
            (_, Ok(_)) => Side::All,
            (_, Err(error)) => Side::Unknown(error),
        };
        let end = match (self.symbol, self.steps) {
            (_, None) => self.of_symbol().revision(graph, applied)?.map_or(Walk::Base, Walk::At),
            ("", Some(0..)) => {
                let reason = "from the current state `down` goes -N, N at least 1";
                return Err(self.misplaced(reason, "graph.relative_out_of_reach"));
            }
            ("", Some(steps)) => {
                let branch = self.branch(graph)?;
                let start = self.start_below(graph, applied, branch.as_ref())?;
                if branch.is_none() {
                    // At a fork only the side goes on which the walk began.
                    let name = graph.revision(start).id.to_string();
                    side = Side::Of(Branch::of(graph, start), name);
                }
                walk_down(self, graph, Some(start), steps)?
            }
            (_, Some(steps @ 0..)) => {
                let start = self.of_symbol().revision(graph, applied)?;
                match walk_up(self, graph, start, steps)? {
                    Walk::Base => Walk::Past,
                    end => end,
                }
            }
            (_, Some(steps)) => {
                let start = self.without_steps().revision(graph, applied)?;
                walk_down(self, graph, start, steps)?
            }
        };
        let revision = match end {
            Walk::At(index) => Some(index),
            Walk::Base => None,
            Walk::Past => return Err(self.out_of_reach(self.steps > Some(0))),
        };
        Ok(DowngradeTarget { input: self.input.to_owned(), revision, side })
    }

    /// The one current revision from which a walk down begins.
    fn start_below(
        &self,
        graph: &Graph,
        applied: &Applied,
        branch: Option<&Branch>,
    ) -> Result<usize, TargetError> {
        let on_branch = |mut found: Vec<usize>| {
            found.retain(|index| branch.is_none_or(|branch| branch.lineage[*index]));
            found
        };
        let mut starts = on_branch(applied.tips(graph));
        if starts.is_empty() {
            // The branch's newest may be hidden, because another branch depends on it.
            starts = on_branch(applied.heads(graph));
        }
        match starts.as_slice() {
            [] => Err(self.out_of_reach(false)),
            [one] => Ok(*one),
            several => Err(self.several_current(graph, several)),
        }
    }
}

impl DowngradeTarget {
    /// The steps that take down every applied revision above the target, newest first, and what
    /// depends on them. The target and what it needs stay.
    pub fn steps(&self, graph: &Graph, applied: &Applied) -> Result<Vec<PlannedStep>, TargetError> {
        let mut roots = match self.revision {
            None => graph.bases(),
            Some(target) => graph.children(target).to_vec(),
        };
        match &self.side {
            Side::Of(branch, name) if roots.len() > 1 => {
                let below = graph.lineage_below(&[branch.revision]);
                roots.retain(|index| below[*index]);
                if roots.is_empty() {
                    let (input, branch) = (self.input.clone(), name.clone());
                    return Err(TargetError::NotADowngradeTarget { input, branch });
                }
            }
            Side::Unknown(error) if roots.len() > 1 => return Err(error.clone()),
            Side::All | Side::Of(..) | Side::Unknown(_) => {}
        }
        let above = graph.descendants(&roots);
        let mut steps: Vec<usize> = applied.indices().filter(|index| above[*index]).collect();
        if let Some(target) = self.revision
            && steps.is_empty()
            && !applied.tips(graph).contains(&target)
        {
            return Err(TargetError::NotAncestor {
                lower: graph.revision(target).id.to_string(),
                upper: "the current state".to_owned(),
            });
        }
        self.refuse_foreign_branch(graph)?;
        graph.sort_oldest_first(&mut steps);
        let down = |index| PlannedStep { index, direction: Direction::Down };
        Ok(steps.into_iter().rev().map(down).collect())
    }

    /// A branch that has nothing to do with the target is a slip, even where there is only one
    /// way to go.
    fn refuse_foreign_branch(&self, graph: &Graph) -> Result<(), TargetError> {
        match (&self.side, self.revision) {
            (Side::Unknown(error), _) => Err(error.clone()),
            (Side::Of(branch, name), Some(target)) if !branch.lineage[target] => {
                Err(TargetError::NotMember {
                    input: self.input.clone(),
                    revision: graph.revision(target).id.clone(),
                    branch: name.clone(),
                })
            }
            (Side::All | Side::Of(..), _) => Ok(()),
        }
    }
}
