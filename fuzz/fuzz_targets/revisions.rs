//! Revision files, their graph, and names that are looked up in it. Nothing may panic, whatever is
//! written in a file or on a command line, and what is read must hang together.
//!
//! An input is a list of parts with a line `====` between them. The last part is what is asked: in
//! its first line the ids of what is applied, in each further one an identifier or a range. Every
//! other part is a file: its name, then its text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use migrate_model::revision::{
    Applied, Direction, Identifier, PlannedStep, Range, Splice, StampTarget, with_parent,
};
use migrate_model::{Dialect, Graph, Revision, RevisionFile, RevisionId};

const SEPARATOR: &[u8] = b"\n====\n";
/// So that no input is slow by being many.
const MOST_QUESTIONS: usize = 32;

fuzz_target!(|input: &[u8]| {
    let mut parts = split(input);
    let questions = String::from_utf8_lossy(parts.pop().unwrap_or_default()).into_owned();
    let revisions: Vec<Revision> = parts.into_iter().filter_map(read_file).collect();
    let Ok(graph) = Graph::new(revisions) else { return };
    check_order(&graph);
    let mut lines = questions.lines().take(MOST_QUESTIONS);
    let applied = Applied::of(&graph, lines.next().unwrap_or_default().split(' '));
    let mut identifiers = Vec::new();
    for question in lines {
        if let Ok(range) = Range::parse(question) {
            list(&graph, &applied, range);
        }
        if let Ok(identifier) = Identifier::parse(question) {
            plan(&graph, &applied, identifier);
            identifiers.push(identifier);
        }
    }
    let _ = StampTarget::of(&graph, &applied, &identifiers).map(|it| it.steps(&graph, &applied));
    let _ = graph.parents_for(&identifiers, Splice::Allow);
});

fn split(mut input: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some(at) = input.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        parts.push(&input[..at]);
        input = &input[at + SEPARATOR.len()..];
    }
    parts.push(input);
    parts
}

/// Reads one file, and holds what was read against the ways in which it is written again.
fn read_file(part: &[u8]) -> Option<Revision> {
    let end = part.iter().position(|byte| *byte == b'\n')?;
    let (name, text) = (std::str::from_utf8(&part[..end]).ok()?, &part[end + 1..]);
    let file = RevisionFile::parse(name, name, text).ok()?;
    let _ = file.check_for(&Dialect::ALL);
    let revision = file.revision;

    let line = revision.to_line();
    let read = Revision::from_line(&line).expect("a line that was written is read");
    assert_eq!(read, Revision { lines: read.lines, ..revision.clone() });
    assert_eq!(read.to_line(), line);

    let text = std::str::from_utf8(text).expect("a file that was read is text");
    check_other_parent(name, text, &revision);
    Some(revision)
}

/// Another parent changes its line and nothing else.
fn check_other_parent(name: &str, text: &str, revision: &Revision) {
    let other = if revision.id.as_str() == "other" { "another" } else { "other" };
    let other: RevisionId = other.parse().expect("it is an id");
    let moved = with_parent(text, revision, &other).expect("the line is where it was read");
    let read =
        RevisionFile::parse(name, name, moved.as_bytes()).expect("it is still good").revision;
    let expected = Revision { revises: vec![other], checksum: read.checksum, ..revision.clone() };
    assert_eq!(read, expected);
    let changed = text.split('\n').zip(moved.split('\n')).enumerate();
    let changed = changed.filter(|(_, (before, after))| before != after).map(|(at, _)| at + 1);
    assert!(changed.eq(changed_line(text, &moved, revision)), "other lines changed");
    assert_eq!(text.matches('\n').count(), moved.matches('\n').count());
}

fn changed_line(text: &str, moved: &str, revision: &Revision) -> Option<usize> {
    (text != moved).then_some(revision.lines.revises as usize)
}

fn check_order(graph: &Graph) {
    let mut order: Vec<usize> = (0..graph.len()).collect();
    graph.sort_oldest_first(&mut order);
    check_steps(graph, &Applied::default(), &order.into_iter().map(up).collect::<Vec<_>>());
}

fn up(index: usize) -> PlannedStep {
    PlannedStep { index, direction: Direction::Up }
}

fn plan(graph: &Graph, applied: &Applied, identifier: Identifier<'_>) {
    let _ = identifier.revisions(graph, applied);
    let _ = identifier.revision(graph, applied);
    let _ = graph.dependency_for(&identifier);
    let _ = graph.parents_for(&[identifier], Splice::Refuse);
    if let Ok(target) = StampTarget::of(graph, applied, &[identifier]) {
        assert!(target.steps(graph, applied).iter().all(|step| step.index < graph.len()));
    }
    if let Ok(targets) = identifier.upgrade_targets(graph, applied) {
        let steps = graph.path_up(applied, &targets);
        assert!(steps.iter().all(|step| !applied.contains(step.index)));
        check_steps(graph, applied, &steps);
    }
    let target = identifier.downgrade_target(graph, applied);
    if let Ok(mut steps) = target.and_then(|target| target.steps(graph, applied)) {
        assert!(steps.iter().all(|step| applied.contains(step.index)));
        steps.reverse();
        check_steps(graph, &Applied::default(), &steps);
    }
}

fn list(graph: &Graph, applied: &Applied, range: Range<'_>) {
    let _ = range.needs_state();
    if let Ok(found) = range.resolve(graph, applied) {
        check_steps(graph, applied, &found.into_iter().map(up).collect::<Vec<_>>());
    }
}

/// No step stands before one that it needs.
fn check_steps(graph: &Graph, applied: &Applied, steps: &[PlannedStep]) {
    let mut place = vec![usize::MAX; graph.len()];
    for (at, step) in steps.iter().enumerate() {
        assert_eq!(place[step.index], usize::MAX, "a step stands there twice");
        place[step.index] = at;
    }
    for step in steps {
        let below = graph.parents(step.index).iter().chain(graph.needs(step.index));
        for needed in below.filter(|needed| place[**needed] != usize::MAX) {
            let is_before = place[*needed] < place[step.index];
            assert!(is_before || applied.contains(*needed), "a step stands before what it needs");
        }
    }
}
