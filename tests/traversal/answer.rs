//! What we answer, through the functions that the commands use.

use std::collections::BTreeSet;

use migrate_model::revision::{Applied, Identifier, PlannedStep, Range, Splice, StampTarget};
use migrate_model::{Graph, TargetError};

use crate::corpus::{Case, CorpusGraph};

/// An outcome in the corpus' terms.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The code of the error that there is instead.
    pub(crate) error: Option<String>,
    pub(crate) steps: Vec<(String, &'static str)>,
    /// The tips afterwards; after each step.
    pub(crate) tips: BTreeSet<String>,
    pub(crate) tips_after_each: Vec<BTreeSet<String>>,
    pub(crate) revisions: Vec<String>,
    pub(crate) at_heads: bool,
    pub(crate) depends_on: Vec<String>,
}

impl Answer {
    pub(crate) fn of(graph: &Graph, case: &Case) -> Self {
        let start: Vec<usize> = case.start.iter().filter_map(|id| graph.index_of(id)).collect();
        let applied = match case.purge {
            true => Applied::default(),
            false => Applied::up_to(graph, &start),
        };
        match answer(graph, case, &applied) {
            Ok(answer) => answer,
            Err(error) => Self { error: Some(error.code().to_owned()), ..Self::default() },
        }
    }

    /// The state after some steps, one by one.
    pub(crate) fn of_steps(
        graph: &Graph,
        start: &Applied,
        steps: Vec<(String, &'static str)>,
    ) -> Self {
        let mut state: BTreeSet<&str> = (0..graph.len())
            .filter(|index| start.contains(*index))
            .map(|index| graph.revision(index).id.as_str())
            .collect();
        let tips = |state: &BTreeSet<&str>| -> BTreeSet<String> {
            let applied = Applied::of(graph, state.iter().copied());
            ids(graph, applied.tips(graph)).into_iter().collect()
        };
        let mut tips_after_each = Vec::new();
        let before = tips(&state);
        for (id, direction) in &steps {
            match *direction {
                "up" => state.insert(id),
                _ => state.remove(id.as_str()),
            };
            tips_after_each.push(tips(&state));
        }
        let tips = tips_after_each.last().cloned().unwrap_or(before);
        Self { steps, tips, tips_after_each, ..Self::default() }
    }
}

fn answer(graph: &Graph, case: &Case, applied: &Applied) -> Result<Answer, TargetError> {
    let words = case.arg.as_ref().map(crate::corpus::Argument::words).unwrap_or_default();
    let word = words.first().copied().unwrap_or_default();
    match case.op.as_str() {
        "upgrade" => up(graph, applied, word),
        "downgrade" => down(graph, applied, word),
        "upgrade_offline" | "downgrade_offline" => {
            let (from, to) = match word.split_once(':') {
                Some((from, to)) => (from, to),
                None if case.op == "upgrade_offline" => ("", word),
                None => {
                    return Err(TargetError::Misplaced {
                        input: word.to_owned(),
                        reason: "",
                        code: "graph.range_required",
                    });
                }
            };
            let start = match from {
                "" => Applied::default(),
                from => {
                    let from = Identifier::parse(from)?.revision(graph, &Applied::default())?;
                    Applied::up_to(graph, &from.into_iter().collect::<Vec<_>>())
                }
            };
            if case.op == "upgrade_offline" {
                up(graph, &start, to)
            } else {
                down(graph, &start, to)
            }
        }
        "stamp" => {
            let targets = parsed(&words)?;
            let target = StampTarget::of(graph, applied, &targets)?;
            let after = applied.after(graph, &target.steps(graph, applied));
            Ok(Answer {
                tips: ids(graph, after.tips(graph)).into_iter().collect(),
                ..Answer::default()
            })
        }
        "history" => {
            let found = Range::parse(word)?.resolve(graph, applied)?;
            Ok(listed(graph, found.into_iter().rev().collect()))
        }
        "current" => {
            let tips = applied.tips(graph);
            let mut heads = graph.heads();
            heads.sort_unstable();
            let at_heads = tips == heads;
            Ok(Answer { at_heads, ..listed(graph, applied.heads(graph)) })
        }
        "show" => Ok(listed(graph, Identifier::parse(word)?.revisions(graph, applied)?)),
        "resolve_one" => {
            let found = Identifier::parse(word)?.revision(graph, applied)?;
            Ok(listed(graph, found.into_iter().collect()))
        }
        "revision" | "merge" => {
            let splice = if case.splice { Splice::Allow } else { Splice::Refuse };
            let parents = graph.parents_for(&parsed(&words)?, splice)?;
            let needs = case.depends_on.iter();
            let depends_on = needs
                .map(|name| graph.dependency_for(&Identifier::parse(name)?))
                .collect::<Result<_, _>>()?;
            Ok(Answer { depends_on, ..listed(graph, parents) })
        }
        other => panic!("{other} is no operation of this format"),
    }
}

fn parsed<'a>(words: &[&'a str]) -> Result<Vec<Identifier<'a>>, TargetError> {
    words.iter().map(|word| Identifier::parse(word)).collect()
}

fn up(graph: &Graph, applied: &Applied, target: &str) -> Result<Answer, TargetError> {
    let targets = Identifier::parse(target)?.upgrade_targets(graph, applied)?;
    Ok(ran(graph, applied, &graph.path_up(applied, &targets)))
}

fn down(graph: &Graph, applied: &Applied, target: &str) -> Result<Answer, TargetError> {
    let target = Identifier::parse(target)?.downgrade_target(graph, applied)?;
    Ok(ran(graph, applied, &target.steps(graph, applied)?))
}

fn ran(graph: &Graph, applied: &Applied, plan: &[PlannedStep]) -> Answer {
    let step =
        |step: &PlannedStep| (graph.revision(step.index).id.to_string(), step.direction.name());
    Answer::of_steps(graph, applied, plan.iter().map(step).collect())
}

fn listed(graph: &Graph, indices: Vec<usize>) -> Answer {
    Answer { revisions: ids(graph, indices), ..Answer::default() }
}

fn ids(graph: &Graph, indices: Vec<usize>) -> Vec<String> {
    indices.into_iter().map(|index| graph.revision(index).id.to_string()).collect()
}

/// What is wrong with the facts of a graph, if anything.
pub(crate) fn facts_problem(expected: &CorpusGraph) -> Option<String> {
    let loaded = expected.load();
    if let Some(load) = &expected.load {
        let category = load.error.as_deref().unwrap_or_default();
        let code = match category {
            "other" => load.detail.as_deref().unwrap_or_default(),
            category => category,
        };
        return match loaded {
            Err(found) if found == format!("graph.{code}") => None,
            Err(found) => Some(format!("refused with {found}, expected {code}")),
            Ok(_) => Some(format!("loads, expected {code}")),
        };
    }
    let facts = expected.facts.as_ref()?;
    if facts.warnings.iter().any(|warning| warning == "duplicate_id") {
        return loaded.is_ok().then(|| "a duplicate id is not refused".to_owned());
    }
    let graph = match loaded {
        Ok(graph) => graph,
        Err(code) => return Some(format!("refused with {code}")),
    };
    let set = |indices: Vec<usize>| ids(&graph, indices).into_iter().collect::<BTreeSet<_>>();
    let same = |found: BTreeSet<String>, expected: &[String]| {
        found == expected.iter().cloned().collect::<BTreeSet<_>>()
    };
    let children = |index: &usize| graph.children(*index).len() > 1;
    let branch_points = (0..graph.len()).filter(children).collect();
    let merges = (0..graph.len()).filter(|index| graph.parents(*index).len() > 1).collect();
    let points: Vec<String> = facts.branch_points.keys().cloned().collect();
    for (what, found, expected) in [
        ("heads", graph.heads(), &facts.heads),
        ("effective heads", graph.effective_heads(), &facts.effective_heads),
        ("bases", graph.bases(), &facts.bases),
        ("branch points", branch_points, &points),
        ("merge points", merges, &facts.merge_points),
        ("history", (0..graph.len()).collect(), &facts.history),
    ] {
        if !same(set(found), expected) {
            return Some(format!("{what} differ"));
        }
    }
    facts.branch_points.iter().find_map(|(point, expected)| {
        let found = graph.children(graph.index_of(point)?).to_vec();
        (!same(set(found), expected)).then(|| format!("the children of {point} differ"))
    })
}
