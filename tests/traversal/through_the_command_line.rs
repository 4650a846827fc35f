//! The same cases through the real binary: files in a workspace, a database brought to the start,
//! one command, and what it prints. A sample by default; `MIGRATE_TRAVERSAL_ALL=1` runs them all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use migrate_model::revision::{Applied, Identifier};
use migrate_model::{Graph, RevisionFile};
use migrate_tests::{Run, Workspace};
use serde_json::Value;

use crate::answer::Answer;
use crate::corpus::{Argument, Case, Corpus, CorpusGraph, CorpusRevision};
use crate::difference::{self, UNKNOWN_ROW, Verdict};

/// Of so many cases one is run, unless all are.
const SAMPLE: usize = 40;

/// An id that no graph of the corpus knows gets a file of this name while it is being stamped.
const STRANGER: &str = "migrations/revisions/stranger.sql";

#[test]
fn the_command_line_answers_as_alembic_does() {
    let corpus = Corpus::read();
    let every = if is_full() { 1 } else { SAMPLE };
    let mut by_graph: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    // What only the tool can answer is always asked.
    let graphs: BTreeMap<&str, _> =
        corpus.graphs.iter().map(|graph| (graph.name.as_str(), graph.load())).collect();
    let is_unknown = |case: &Case| {
        let graph = graphs[case.graph.as_str()].as_ref();
        graph.is_ok_and(|graph| difference::has_unknown_row(graph, case))
    };
    let unknown = corpus.cases.iter().filter(|case| is_unknown(case)).count();
    for (at, case) in corpus.cases.iter().enumerate() {
        if at % every == 0 || is_unknown(case) {
            by_graph.entry(&case.graph).or_default().push(case);
        }
    }
    let workspace = Workspace::new();
    workspace.configure("multiple-heads = \"allow\"\n");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for expected in &corpus.graphs {
        let cases = by_graph.remove(expected.name.as_str()).unwrap_or_default();
        let Ok(graph) = expected.load() else { continue };
        if cases.is_empty() {
            continue;
        }
        let place = Place { workspace: &workspace, graph: &graph };
        write(&workspace, expected);
        for case in cases {
            let verdict = match place.answer(case) {
                _ if is_walk_to_edit(case) => {
                    Verdict::Difference("`edit` knows -N from the heads, as Alembic's does")
                }
                Ok(answer) if difference::has_unknown_row(&graph, case) => refused(&answer),
                Ok(answer) => difference::judge(&graph, case, &answer),
                Err(why) => Verdict::Wrong(why),
            };
            match verdict {
                Verdict::Same => *counts.entry("as Alembic").or_default() += 1,
                Verdict::Difference(name) => *counts.entry(name).or_default() += 1,
                Verdict::Wrong(why) => wrong.push(format!("{} {}: {why}", case.id, case.graph)),
            }
        }
    }
    for (name, count) in &counts {
        println!("{count:>6}  {name}");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(counts.get(UNKNOWN_ROW).copied().unwrap_or_default(), unknown);
}

#[test]
fn the_command_line_lists_a_graph_or_refuses_it_as_alembic_does() {
    let corpus = Corpus::read();
    let workspace = Workspace::new();
    let refused = |graph: &&CorpusGraph| graph.load().is_err();
    let every = if is_full() { 1 } else { SAMPLE };
    let loaded = corpus.graphs.iter().filter(|graph| !refused(graph)).step_by(every);
    let mut wrong = Vec::new();
    for graph in corpus.graphs.iter().filter(refused).chain(loaded) {
        write(&workspace, graph);
        let listed = |command| {
            let run = workspace.migrate_json([command]).succeeds();
            let revisions = run.json()["revisions"].as_array().unwrap().clone();
            let id = |it: &Value| string(if it.is_string() { it } else { &it["revision"] });
            revisions.iter().map(id).collect::<BTreeSet<_>>()
        };
        let Some(facts) = graph.facts.as_ref().filter(|_| graph.load().is_ok()) else {
            let run = workspace.migrate_json(["heads"]);
            let (code, expected) = (&run.json()["error"]["code"], graph.load().unwrap_err());
            if code != expected || run.code != 4 {
                wrong.push(format!("{}: {expected} expected, not {code}", graph.name));
            }
            continue;
        };
        let points = facts.branch_points.keys().cloned().collect();
        for (command, expected) in
            [("heads", &facts.heads), ("branches", &points), ("history", &facts.history)]
        {
            let found = listed(command);
            if found != expected.iter().cloned().collect() {
                wrong.push(format!("{}: {command} lists {found:?}", graph.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn is_full() -> bool {
    std::env::var_os("MIGRATE_TRAVERSAL_ALL").is_some()
}

/// Alembic resolves one revision without walks, but that is not how its `edit` looks one up.
fn is_walk_to_edit(case: &Case) -> bool {
    let words = case.arg.as_ref().map(Argument::words).unwrap_or_default();
    let is_walk = |word: &&str| Identifier::parse(word).is_ok_and(|word| word.is_relative());
    case.op == "resolve_one" && words.iter().any(is_walk)
}

/// That a row is unknown must be the error, and nothing else; its exit code was looked at.
fn refused(answer: &Answer) -> Verdict {
    match answer.error.as_deref() {
        Some("integrity.unknown") => Verdict::Difference(UNKNOWN_ROW),
        other => Verdict::Wrong(format!("integrity.unknown expected, not {other:?}")),
    }
}

/// A workspace with the files of a graph.
struct Place<'a> {
    workspace: &'a Workspace,
    graph: &'a Graph,
}

impl Place<'_> {
    /// Runs the case; `Err` says what no answer should be.
    fn answer(&self, case: &Case) -> Result<Answer, String> {
        self.start(case);
        let words = case.arg.as_ref().map(Argument::words).unwrap_or_default();
        let with = |before: &[&str], after: &[&str]| -> Run {
            self.workspace.migrate_json([before, &words, after].concat())
        };
        let run = match case.op.as_str() {
            "upgrade" => with(&["up"], &[]),
            "downgrade" => with(&["down"], &[]),
            "upgrade_offline" => with(&["up"], &["--sql"]),
            "downgrade_offline" => with(&["down"], &["--sql"]),
            "stamp" if case.purge => with(&["stamp"], &["--purge"]),
            "stamp" => with(&["stamp"], &[]),
            "history" => with(&["history"], &[]),
            "current" => with(&["current", "--check-heads"], &[]),
            "show" => with(&["show"], &[]),
            "resolve_one" => {
                let arguments = ["edit", words[0], "--format", "json"];
                let binary = migrate_tests::cargo_migrate();
                Run::of(self.workspace.command(binary, arguments).env("VISUAL", "true"))
            }
            "revision" => {
                let mut options = Vec::new();
                options.extend(case.splice.then_some("--splice"));
                for name in &case.depends_on {
                    options.extend(["--depends-on", name]);
                }
                with(&["new", "x", "--head"], &options)
            }
            "merge" if case.splice => with(&["merge"], &["--splice"]),
            "merge" => with(&["merge"], &[]),
            other => panic!("{other} is no operation of this format"),
        };
        self.read(case, &run)
    }

    /// Brings the database to the rows of the case; without any there is an empty one.
    fn start(&self, case: &Case) {
        if matches!(case.op.as_str(), "show" | "resolve_one" | "revision" | "merge") {
            return;
        }
        let mut rows: Vec<&str> = case.start.iter().map(String::as_str).collect();
        let is_unknown = |id: &&str| self.graph.index_of(id).is_none();
        let stranger = rows.iter().copied().find(is_unknown);
        if let Some(id) = stranger {
            let text = format!("-- x\n--\n-- Revision: {id}\n-- Revises: base\n\n-- migrate:up\n");
            self.workspace.write(STRANGER, text);
        }
        if rows.is_empty() {
            rows.push("base");
        }
        let arguments = [&["stamp", "--purge"], rows.as_slice()].concat();
        self.workspace.migrate(arguments).succeeds();
        if stranger.is_some() {
            fs::remove_file(self.workspace.path(STRANGER)).unwrap();
        }
    }

    fn read(&self, case: &Case, run: &Run) -> Result<Answer, String> {
        let last = run.json();
        let has_stranger = difference::has_unknown_row(self.graph, case);
        if last["type"] == "error" {
            let code = string(&last["error"]["code"]);
            if has_stranger && code != "integrity.unknown" {
                return Err(format!("{code} where a row is unknown"));
            }
            let expected = match code.as_str() {
                "integrity.unknown" => 10,
                code if code.starts_with("graph.") => 4,
                _ => return Err(format!("{code}: {}", last["error"]["message"])),
            };
            if run.code != expected {
                return Err(format!("{code} exits {}", run.code));
            }
            if case.op == "resolve_one"
                && case.expect.error.is_none()
                && case.expect.revision.is_null()
            {
                // The base has no file that could be edited.
                return Ok(Answer::default());
            }
            return Ok(Answer { error: Some(code), ..Answer::default() });
        }
        if has_stranger {
            return Err("an outcome where a row is unknown".to_owned());
        }
        let findings = i32::from(case.op == "current" && last["at_heads"] == false);
        if run.code != findings {
            return Err(format!("it exits {}", run.code));
        }
        match case.op.as_str() {
            "upgrade" | "downgrade" => {
                let steps = last["steps"].as_array().unwrap();
                let steps = steps.iter().map(|step| step_of(&step["revision"], &step["direction"]));
                let start = case.start.iter().filter_map(|id| self.graph.index_of(id));
                let start = Applied::up_to(self.graph, &start.collect::<Vec<_>>());
                let answer = Answer::of_steps(self.graph, &start, steps.collect());
                match self.after(&last["after"])?.tips == answer.tips {
                    true => Ok(answer),
                    false => Err(format!("after these steps it is not at {}", last["after"])),
                }
            }
            "upgrade_offline" | "downgrade_offline" => Ok(self.scripted(case, &last["sql"])),
            "stamp" => self.after(&last["after"]),
            "current" => {
                let at_heads = last["at_heads"] == true;
                Ok(Answer { revisions: strings(&last["heads"]), at_heads, ..Answer::default() })
            }
            "history" | "show" => {
                let revisions = last["revisions"].as_array().unwrap();
                let ids = revisions.iter().map(|revision| string(&revision["revision"]));
                Ok(Answer { revisions: ids.collect(), ..Answer::default() })
            }
            "resolve_one" => {
                Ok(Answer { revisions: vec![string(&last["revision"])], ..Answer::default() })
            }
            _ => self.written(&last),
        }
    }

    /// The state that a command prints, which must be the heads of what is applied, sorted.
    fn after(&self, printed: &Value) -> Result<Answer, String> {
        let printed = strings(printed);
        let heads: Vec<usize> = printed.iter().filter_map(|id| self.graph.index_of(id)).collect();
        let applied = Applied::up_to(self.graph, &heads);
        let id = |index: usize| self.graph.revision(index).id.to_string();
        let heads: BTreeSet<String> = applied.heads(self.graph).into_iter().map(id).collect();
        if !heads.iter().eq(&printed) {
            return Err(format!("{printed:?} are no sorted heads"));
        }
        let tips = applied.tips(self.graph).into_iter().map(id).collect();
        Ok(Answer { tips, ..Answer::default() })
    }

    /// The steps of a script, from the state that its range begins with.
    fn scripted(&self, case: &Case, sql: &Value) -> Answer {
        let steps: Vec<(String, &str)> = sql
            .as_str()
            .unwrap()
            .lines()
            .filter_map(|line| {
                let row = line.strip_prefix("INSERT INTO main.\"_migrate_revisions\"");
                let inserted =
                    row.and_then(|row| row.split_once("VALUES ('")).map(|it| (it.1, "up"));
                let deleted =
                    line.strip_prefix("DELETE FROM main.\"_migrate_revisions\" WHERE id = '");
                let (rest, direction) = inserted.or(deleted.map(|rest| (rest, "down")))?;
                Some((rest.split_once('\'')?.0.to_owned(), direction))
            })
            .collect();
        let word = case.arg.as_ref().map(Argument::words).unwrap_or_default()[0];
        let from = word.split_once(':').map_or("", |(from, _)| from);
        let from = Identifier::parse(from)
            .and_then(|from| from.revision(self.graph, &Applied::default()))
            .unwrap_or_default();
        let start = Applied::up_to(self.graph, &from.into_iter().collect::<Vec<_>>());
        Answer::of_steps(self.graph, &start, steps)
    }

    /// The header of the file that `new` or `merge` has written; the file goes.
    fn written(&self, document: &Value) -> Result<Answer, String> {
        let file = string(&document["file"]);
        let text = self.workspace.read(&file);
        fs::remove_file(self.workspace.path(&file)).unwrap();
        let name = file.rsplit('/').next().unwrap();
        let header = RevisionFile::parse(&file, name, text.as_bytes()).unwrap().revision;
        let parents: Vec<String> = header.revises.iter().map(ToString::to_string).collect();
        if strings(&document["revises"]) != parents {
            return Err(format!("{} is printed, {parents:?} written", document["revises"]));
        }
        let depends_on = header.depends_on.iter().map(ToString::to_string).collect();
        Ok(Answer { revisions: parents, depends_on, ..Answer::default() })
    }
}

/// Writes a file for each revision; the names give the order in which they are loaded.
fn write(workspace: &Workspace, graph: &CorpusGraph) {
    let folder = workspace.path("migrations/revisions");
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    for (at, revision) in graph.revisions.iter().enumerate() {
        workspace.write(folder.join(format!("{at:04}_{}.sql", revision.id)), text(revision));
    }
}

/// The file of a revision that does nothing.
fn text(revision: &CorpusRevision) -> String {
    let CorpusRevision { id, down, depends_on, labels } = revision;
    let revises = if down.is_empty() { "base".to_owned() } else { down.join(", ") };
    let mut text = format!("-- {id}\n--\n-- Revision: {id}\n-- Revises: {revises}\n");
    for (key, names) in [("Depends-On", depends_on), ("Labels", labels)] {
        if !names.is_empty() {
            text = text + "-- " + key + ": " + &names.join(", ") + "\n";
        }
    }
    text + "\n-- migrate:up\n\n-- migrate:down\n"
}

fn step_of(id: &Value, direction: &Value) -> (String, &'static str) {
    (string(id), if direction == "up" { "up" } else { "down" })
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(string).collect()
}
