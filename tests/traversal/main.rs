//! What Alembic answers on a revision graph, recorded by running it, against what we answer. The
//! format and the differences that are ours on purpose: tests/cases/traversal/README.md.
//!
//! `MIGRATE_TRAVERSAL_CORPUS` names another file of the same format.

#![allow(clippy::unwrap_used)] // a test's failure is a panic

mod answer;
mod corpus;
mod difference;
mod through_the_command_line;

use std::collections::{BTreeMap, HashMap};

use answer::Answer;
use corpus::Corpus;
use difference::Verdict;

/// How many cases of this repository's corpus are answered in which way. A change that moves a
/// single one must say so here.
const COUNTS: [(&str, usize); 8] = [
    ("-N with several current heads is ambiguous_walk", 36),
    ("a branch part that has nothing to do with the target", 16),
    (difference::UNKNOWN_ROW, 28),
    ("as Alembic", 3388),
    ("no defined result: a clean error", 47),
    ("no defined result: a sensible one", 21),
    ("overlapping revisions are one state", 43),
    ("start rows that are ancestors of each other are one state", 19),
];

#[test]
fn every_graph_loads_or_is_refused_as_alembic_does() {
    let corpus = Corpus::read();
    let mut wrong = Vec::new();
    for graph in &corpus.graphs {
        if let Some(problem) = answer::facts_problem(graph) {
            wrong.push(format!("{}: {problem}", graph.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), corpus.graphs.len(), wrong.join("\n"));
}

#[test]
fn every_case_is_answered_as_alembic_does() {
    let corpus = Corpus::read();
    let graphs: HashMap<&str, _> =
        corpus.graphs.iter().map(|graph| (graph.name.as_str(), graph.load())).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &corpus.cases {
        let Ok(graph) = &graphs[case.graph.as_str()] else {
            *counts.entry("graph refused at load").or_default() += 1;
            continue;
        };
        let answer = Answer::of(graph, case);
        match difference::judge(graph, case, &answer) {
            Verdict::Same => *counts.entry("as Alembic").or_default() += 1,
            Verdict::Difference(name) => *counts.entry(name).or_default() += 1,
            Verdict::Wrong(why) => wrong.push(format!("{} {}: {why}", case.id, case.graph)),
        }
    }
    for (name, count) in &counts {
        println!("{count:>6}  {name}");
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), corpus.cases.len(), wrong.join("\n"));
    if Corpus::is_ours() {
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), COUNTS);
    }
}
