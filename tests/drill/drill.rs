//! A drill on one dialect: a workspace with revisions, and runs that something happens to.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use migrate_tests::{Run, Workspace, cargo_migrate};

use crate::dialects::Dialect;
use crate::place::Place;
use crate::revisions::Revision;
use crate::world::{Found, Way};

pub(crate) struct Drill<'d> {
    dialect: &'d Dialect,
    pub(crate) workspace: Workspace,
    pub(crate) revisions: Vec<Revision>,
    /// Whether the next run follows at once, beside what a killed one has left on the server.
    pub(crate) is_hasty: bool,
    pub(crate) tally: Tally,
}

/// What was done, to be told at the end.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rounds: usize,
    /// Runs that were killed, or cut off, before their end.
    pub(crate) hits: usize,
    /// Runs of these that left a journal beside the database's file.
    pub(crate) journals: usize,
    /// Statements of which the tool asked whether they took effect.
    pub(crate) asked: usize,
    /// Times that the tool said `resume`, and was told nothing more than that.
    pub(crate) resumed: usize,
    pub(crate) runs: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, hits, journals, asked, resumed, runs } = self;
        let journals = match journals {
            0 => String::new(),
            some => format!(" ({some} left a journal)"),
        };
        write!(
            f,
            "{rounds} rounds, {runs} runs, {hits} of them hit{journals}; \
             resumed {resumed} times as told, and {asked} times with an answer"
        )
    }
}

impl<'d> Drill<'d> {
    pub(crate) fn new(dialect: &'d Dialect, revisions: Vec<Revision>) -> Self {
        let workspace = Workspace::without_migrations();
        workspace.migrate(["init", "--dialect", dialect.name]).succeeds();
        let mut revises = "base";
        for revision in &revisions {
            revision.write(&workspace, revises);
            revises = &revision.id;
        }
        Self { dialect, workspace, revisions, is_hasty: false, tally: Tally::default() }
    }

    /// A database for the next round; `None` if there is no server.
    pub(crate) fn place(&mut self) -> Option<Place<'d>> {
        self.tally.rounds += 1;
        Place::new(self.dialect, self.tally.rounds)
    }

    /// The tool that users run, where the environment names it.
    pub(crate) fn command(&self, url: &str, words: &[&str]) -> Command {
        let binary = std::env::var_os("MIGRATE_KILL_BIN").map(PathBuf::from);
        let binary = binary.as_deref().unwrap_or_else(|| cargo_migrate());
        let words = words.iter().copied().chain(["--format", "json", "-d", url]);
        self.workspace.command(binary, words)
    }

    /// Goes all the way, whatever happens to the runs on it: `run` starts one with these words. The
    /// database is looked at after each that did not come to its end.
    #[track_caller]
    pub(crate) fn go(
        &mut self,
        place: &Place<'_>,
        way: Way,
        mut run: impl FnMut(&Self, &[&str]) -> Run,
    ) {
        let all: &[&str] = if way == Way::Up { &["up"] } else { &["down", "base"] };
        let mut next: Vec<String> = Vec::new();
        loop {
            let is_all = next.is_empty();
            let resume: Vec<&str> = next.iter().map(String::as_str).collect();
            let run = run(self, if is_all { all } else { &resume });
            self.tally.runs += 1;
            next.clear();
            match run.code {
                0 if is_all => break,
                0 => {}
                Run::KILLED => self.hit(place, way),
                // Nothing was asked of the database yet, or it has answered all that was.
                6 => {
                    let code = run.json_error()["code"].clone();
                    assert!(
                        ["database.lost", "database.unreachable"].contains(&code.as_str().unwrap()),
                        "{code}"
                    );
                    self.hit(place, way);
                }
                9 => next = self.way_out(place, way, &run),
                _ => drop(run.exits(0)),
            }
        }
        self.check(place, way);
        let rows = Found::by(&place.look()).rows();
        assert_eq!(rows, if way == Way::Up { self.revisions.len() } else { 0 });
    }

    #[track_caller]
    pub(crate) fn hit(&mut self, place: &Place<'_>, way: Way) {
        self.tally.hits += 1;
        self.tally.journals += usize::from(place.has_journal());
        if !self.is_hasty {
            self.check(place, way);
        }
    }

    /// What the history says is what is there.
    #[track_caller]
    pub(crate) fn check(&self, place: &Place<'_>, way: Way) {
        Found::by(&place.look()).in_flight_is_done(&self.revisions, way);
    }

    /// What to run next when the tool can't tell by itself; nothing where it shall just run again.
    #[track_caller]
    fn way_out(&mut self, place: &Place<'_>, way: Way, run: &Run) -> Vec<String> {
        let found = Found::by(&place.look());
        let is_done = found.in_flight_is_done(&self.revisions, way);
        let error = run.json_error();
        let hint = error["hint"].as_str().unwrap_or_default();
        match error["code"].as_str().unwrap() {
            "revision.undecided" if hint.contains("cargo migrate resume") => {
                self.tally.asked += 1;
                let id = found.partial().unwrap().id;
                let answer = if is_done { "--done" } else { "--again" };
                let words = format!("resume {id} {answer}");
                assert!(hint.contains(&words), "{words} is not in {hint}");
                words.split(' ').map(str::to_owned).collect()
            }
            "integrity.partial" => {
                self.tally.resumed += 1;
                assert!(hint.contains("cargo migrate resume"), "{hint}");
                vec!["resume".to_owned()]
            }
            // This run can't know; the next one finds out.
            "revision.undecided" => {
                self.tally.hits += 1;
                assert!(hint.contains("go on: cargo migrate"), "{hint}");
                Vec::new()
            }
            other => panic!("{other}: {hint}"),
        }
    }
}
