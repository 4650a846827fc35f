//! What holds for every graph: plans are in order, down undoes up, the beginning of a name is as
//! good as the name, and nothing that can be typed panics.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::applied::Applied;
use super::branch::{carriers, labelled_for};
use super::error::TargetError;
use super::graph::Graph;
use super::identifier::Identifier;
use super::path::{Direction, PlannedStep};
use super::placing::Splice;
use super::random::{Pick, closed, graphs, names, some, torn, written};
use super::range::Range;
use super::stamp::StampTarget;
use super::walk::{Walk, walk_down, walk_down_from_each};

type Law = Result<(), TestCaseError>;

fn picks() -> impl Strategy<Value = Vec<Pick>> {
    prop::collection::vec(any::<Pick>(), 0..6)
}

/// The state after the steps. Each step must be possible when it comes: up only onto what is
/// there, down only from what nothing stands on.
fn run(graph: &Graph, before: &Applied, steps: &[PlannedStep]) -> Result<Applied, TestCaseError> {
    let mut state = Applied::of(graph, []);
    before.indices().for_each(|index| state.set(index, true));
    for PlannedStep { index, direction } in steps.iter().copied() {
        let (below, above) = (graph.ancestors(&[index]), graph.descendants(&[index]));
        let mut others = (0..graph.len()).filter(|other| *other != index);
        let is_up = direction == Direction::Up;
        prop_assert_eq!(state.contains(index), !is_up, "a step changes nothing");
        let in_order = match direction {
            Direction::Up => others.all(|other| !below[other] || state.contains(other)),
            Direction::Down => others.all(|other| !above[other] || !state.contains(other)),
        };
        prop_assert!(in_order, "{} comes too early", graph.revision(index).id);
        state.set(index, is_up);
    }
    Ok(state)
}

fn targets(graph: &Graph, state: &Applied, name: &str) -> Result<Vec<usize>, TargetError> {
    Identifier::parse(name)?.upgrade_targets(graph, state)
}

fn down(graph: &Graph, state: &Applied, name: &str) -> Result<Vec<PlannedStep>, TargetError> {
    Identifier::parse(name)?.downgrade_target(graph, state)?.steps(graph, state)
}

fn stamp(graph: &Graph, state: &Applied, names: &[&str]) -> Result<Applied, TargetError> {
    let targets =
        names.iter().map(|name| Identifier::parse(name)).collect::<Result<Vec<_>, _>>()?;
    let target = StampTarget::of(graph, state, &targets)?;
    Ok(state.after(graph, &target.steps(graph, state)))
}

fn is_closed(graph: &Graph, state: &Applied) -> bool {
    *state == Applied::up_to(graph, &state.indices().collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn up_brings_the_targets_and_what_they_need_in_order(
        graph in graphs(), state in picks(), name in names(),
    ) {
        let state = closed(&graph, &state);
        let Ok(targets) = targets(&graph, &state, &written(&graph, &name)) else { return Ok(()) };
        let after = run(&graph, &state, &graph.path_up(&state, &targets))?;
        let mut expected = Applied::up_to(&graph, &targets);
        state.indices().for_each(|index| expected.set(index, true));
        prop_assert_eq!(after, expected);
    }

    #[test]
    fn down_leaves_a_state_as_runs_make_it(graph in graphs(), state in picks(), name in names()) {
        let before = closed(&graph, &state);
        let name = written(&graph, &name);
        let Ok(steps) = down(&graph, &before, &name) else { return Ok(()) };
        let after = run(&graph, &before, &steps)?;
        prop_assert!(is_closed(&graph, &after));
        // Going up again to where it was is the same way back.
        let mut back = graph.path_up(&after, &before.tips(&graph));
        prop_assert_eq!(&run(&graph, &after, &back)?, &before);
        back.reverse();
        let indices = |steps: &[PlannedStep]| steps.iter().map(|it| it.index).collect::<Vec<_>>();
        prop_assert_eq!(indices(&steps), indices(&back));
    }

    #[test]
    fn down_to_a_revision_leaves_nothing_on_it(
        graph in graphs(), state in picks(), target in any::<Pick>(),
    ) {
        let target = usize::from(target) % graph.len();
        let mut before = closed(&graph, &state);
        graph.path_up(&before, &[target]).iter().for_each(|step| before.set(step.index, true));
        let Ok(steps) = down(&graph, &before, graph.revision(target).id.as_str()) else {
            // Alembic's rule: what others only depend on is not below them.
            let is_revised = graph.children(target).iter().any(|child| before.contains(*child));
            prop_assert!(!is_revised && !before.tips(&graph).contains(&target));
            return Ok(());
        };
        let after = run(&graph, &before, &steps)?;
        prop_assert!(after.contains(target));
        prop_assert!(!graph.children(target).iter().any(|child| after.contains(*child)));
    }

    #[test]
    fn down_to_the_base_leaves_nothing(graph in graphs(), state in picks()) {
        let state = closed(&graph, &state);
        let steps = down(&graph, &state, "base").unwrap();
        prop_assert!(run(&graph, &state, &steps)?.is_empty());
    }

    #[test]
    fn all_the_way_up_is_everything(graph in graphs(), state in picks()) {
        let state = closed(&graph, &state);
        let heads = targets(&graph, &state, "heads").unwrap();
        let after = run(&graph, &state, &graph.path_up(&state, &heads))?;
        prop_assert_eq!(after.indices().count(), graph.len());
        prop_assert_eq!(after.tips(&graph), graph.effective_heads());
        prop_assert_eq!(after.heads(&graph), graph.heads());
    }

    #[test]
    fn the_tips_are_the_state(graph in graphs(), state in picks()) {
        let state = closed(&graph, &state);
        let tips = state.tips(&graph);
        prop_assert_eq!(&Applied::up_to(&graph, &tips), &state);
        let ids: Vec<&str> = tips.iter().map(|tip| graph.revision(*tip).id.as_str()).collect();
        prop_assert_eq!(stamp(&graph, &Applied::default(), &ids).unwrap(), state);
    }

    #[test]
    fn stamping_takes_away_what_is_above_and_leaves_what_is_beside(
        graph in graphs(), state in picks(), target in any::<Pick>(),
    ) {
        let before = closed(&graph, &state);
        let target = usize::from(target) % graph.len();
        let after = stamp(&graph, &before, &[graph.revision(target).id.as_str()]).unwrap();
        let (below, above) = (graph.ancestors(&[target]), graph.descendants(&[target]));
        prop_assert!(is_closed(&graph, &after) && after.contains(target));
        prop_assert!(!after.indices().any(|index| index != target && above[index]));
        let is_beside = |tip: &usize| !below[*tip] && !above[*tip];
        prop_assert!(before.tips(&graph).iter().filter(|tip| is_beside(tip)).all(|it| after.contains(*it)));
        prop_assert!(stamp(&graph, &before, &["base"]).unwrap().is_empty());
    }

    #[test]
    fn the_beginning_of_a_name_is_as_good_as_the_name(
        graph in graphs(), state in picks(), name in any::<Pick>(), branch in any::<Pick>(),
    ) {
        let state = closed(&graph, &state);
        let mut all: Vec<&str> = graph.names().map(|(name, _)| name).collect();
        all.sort_unstable();
        let (name, branch) =
            (all[usize::from(name) % all.len()], all[usize::from(branch) % all.len()]);
        let found = |text: &str| Identifier::parse(text).unwrap().revisions(&graph, &state);
        let begins = |start: &str| all.iter().filter(|it| it.len() > 3 && it.starts_with(start)).count();
        for length in 1..name.len() {
            let start = &name[..length];
            let is_unique = name.len() > 3 && begins(start) == 1 && !all.contains(&start);
            if !is_unique {
                prop_assert!(found(start).is_err() || all.contains(&start));
                continue;
            }
            prop_assert_eq!(found(start), found(name));
            let on_branch = found(&format!("{branch}@{name}"));
            prop_assert_eq!(found(&format!("{branch}@{start}")).ok(), on_branch.ok());
            for symbol in ["head", "heads", "base", branch] {
                let by_name = found(&format!("{name}@{symbol}"));
                prop_assert_eq!(found(&format!("{start}@{symbol}")).ok(), by_name.ok());
            }
        }
    }

    #[test]
    fn walks_from_several_end_as_each_alone_would(
        graph in graphs(), starts in picks(), steps in -9_i64..1,
    ) {
        let (starts, input) = (some(&graph, &starts), Identifier::parse("-1").unwrap());
        let each = starts.iter().map(|start| walk_down(&input, &graph, Some(*start), steps));
        let each: Result<Vec<Walk>, TargetError> = each.collect();
        prop_assert_eq!(walk_down_from_each(&input, &graph, &starts, steps), each);
    }

    #[test]
    fn labels_are_carried_as_seen_from_both_sides(graph in graphs(), index in any::<Pick>()) {
        let index = usize::from(index) % graph.len();
        let is_labelled = |it: &usize| !graph.revision(*it).labels.is_empty();
        let declaring = (0..graph.len()).filter(|it| is_labelled(it) && carriers(&graph, *it)[index]);
        prop_assert_eq!(labelled_for(&graph, index), declaring.collect::<Vec<_>>());
    }

    #[test]
    fn a_range_is_listed_in_order(
        graph in graphs(), state in picks(), lower in names(), upper in names(),
    ) {
        let state = closed(&graph, &state);
        let range = format!("{}:{}", written(&graph, &lower), written(&graph, &upper));
        let Ok(range) = Range::parse(&range) else { return Ok(()) };
        let Ok(found) = range.resolve(&graph, &state) else { return Ok(()) };
        let mut sorted = found.clone();
        graph.sort_oldest_first(&mut sorted);
        sorted.dedup();
        prop_assert_eq!(found, sorted);
    }

    #[test]
    fn nothing_that_can_be_typed_panics(
        graph in graphs(), state in picks(), names in prop::collection::vec(names(), 1..4),
    ) {
        let texts: Vec<String> = names.iter().map(|name| written(&graph, name)).collect();
        let parsed: Vec<_> = texts.iter().filter_map(|text| Identifier::parse(text).ok()).collect();
        for state in [closed(&graph, &state), torn(&graph, &state), Applied::default()] {
            for name in &parsed {
                answer(&graph, &state, name)?;
            }
            let _ = StampTarget::of(&graph, &state, &parsed).map(|it| it.steps(&graph, &state));
            for range in [texts.join(":"), texts.concat()] {
                let _ = Range::parse(&range).and_then(|range| range.resolve(&graph, &state));
            }
        }
        let _ = graph.parents_for(&parsed, Splice::Allow);
    }

    #[test]
    fn a_line_to_move_becomes_a_graph(graph in graphs(), ends in prop::array::uniform2(any::<Pick>())) {
        let [head, onto] = some(&graph, &ends)[..] else { return Ok(()) };
        let Some(lowest) = graph.line_to_move(head, onto) else { return Ok(()) };
        prop_assert!(graph.lineage_below(&[head])[lowest]);
        if let Ok(moved) = graph.rebased(lowest, onto) {
            prop_assert!(moved.lineage_below(&[head])[onto]);
        }
    }
}

/// All that can be asked about one name, in any state.
fn answer(graph: &Graph, state: &Applied, name: &Identifier<'_>) -> Law {
    let _ = name.revisions(graph, state);
    let _ = name.revision(graph, state);
    let _ = graph.parents_for(&[*name], Splice::Refuse);
    let _ = graph.dependency_for(name);
    let _ = StampTarget::of(graph, state, &[*name]).map(|it| it.steps(graph, state));
    if let Ok(targets) = name.upgrade_targets(graph, state) {
        let steps = graph.path_up(state, &targets);
        prop_assert!(steps.iter().all(|step| !state.contains(step.index)));
    }
    let target = name.downgrade_target(graph, state);
    if let Ok(steps) = target.and_then(|target| target.steps(graph, state)) {
        prop_assert!(steps.iter().all(|step| state.contains(step.index)));
    }
    Ok(())
}
