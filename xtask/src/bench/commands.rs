//! `cargo xtask bench`: what commands cost, in CPU time. Machines differ and are noisy, so each
//! figure stands beside a floor that is measured in the same run: `sqlite3` counting the rows of
//! the same history. Each round measures everything once, so noise meets all of it alike.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{median, show};
use crate::command::{Outcome, build_tool};
use crate::cpu;

const ROUNDS: usize = 15;
/// What the commands at head may cost: this many times the floor, and this much more.
const ALLOWED_FACTOR: f64 = 1.5;
const ALLOWED_MORE: Duration = Duration::from_millis(10);
/// Ten times the revisions may cost this many times the time.
const ALLOWED_GROWTH: f64 = 12.0;
const COMMANDS: [&str; 8] =
    ["up", "status", "current", "heads", "history", "history -i", "verify", "check"];
/// These read every file on purpose, so the limit is none of theirs.
const READING_ALL: [&str; 2] = ["verify", "check"];
/// How old a file must be before the index of files is trusted with it.
const SETTLING: Duration = Duration::from_millis(2100);

pub(crate) fn run() -> Outcome {
    let tool = build_tool("release")?;
    let small = Project::new(1_000, &tool)?;
    let large = Project::new(10_000, &tool)?;
    small.warm_up()?;
    large.warm_up()?;
    let (mut floors, mut starts) = (Vec::new(), Vec::new());
    let mut times = COMMANDS.map(|_| (Vec::new(), Vec::new()));
    for _ in 0..ROUNDS {
        floors.push(small.floor()?);
        for (command, (thousand, ten_thousand)) in COMMANDS.iter().zip(&mut times) {
            thousand.push(small.migrate(command)?);
            ten_thousand.push(large.migrate(command)?);
        }
        starts.push(small.cost(&["--version"])?);
    }
    let floor = median(floors);
    let limit = floor.mul_f64(ALLOWED_FACTOR) + ALLOWED_MORE;
    println!("CPU time, median of {ROUNDS} rounds, release, at head");
    println!("floor: sqlite3 FILE 'select count(*) from _migrate_revisions'   {}", show(floor));
    println!("limit at 1,000 revisions: {ALLOWED_FACTOR} x floor + 10 ms      {}\n", show(limit));
    println!("{:<12} {:>9} {:>8}  {:>9} {:>8}", "command", "1,000", "x floor", "10,000", "x 1,000");
    for (command, (thousand, ten_thousand)) in COMMANDS.iter().zip(times) {
        let (thousand, ten_thousand) = (median(thousand), median(ten_thousand));
        let ratio = thousand.as_secs_f64() / floor.as_secs_f64();
        let growth = ten_thousand.as_secs_f64() / thousand.as_secs_f64();
        let mut verdict = String::new();
        if READING_ALL.contains(command) {
            verdict += "  reads every file";
        } else if thousand > limit {
            verdict += "  over the limit";
        }
        if growth > ALLOWED_GROWTH {
            verdict += "  grows too fast";
        }
        println!(
            "{command:<12} {:>9} {ratio:>8.1}  {:>9} {growth:>8.1}{verdict}",
            show(thousand),
            show(ten_thousand)
        );
    }
    println!("\nstarting the tool, to do nothing: {}", show(median(starts)));
    Ok(())
}

/// A migrated project of so many revisions.
struct Project {
    folder: tempfile::TempDir,
    tool: PathBuf,
}

impl Project {
    fn new(revisions: usize, tool: &Path) -> Outcome<Self> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        write_workspace(folder.path(), revisions).map_err(|error| error.to_string())?;
        let project = Self { folder, tool: tool.to_owned() };
        project.migrate("up --transaction all")?;
        Ok(project)
    }

    /// Lets the index of files be written as it stays: a file that was just made is not trusted.
    fn warm_up(&self) -> Outcome {
        sleep(SETTLING);
        self.migrate("heads").map(|_| ())
    }

    fn floor(&self) -> Outcome<Duration> {
        let mut sqlite = Command::new("sqlite3");
        sqlite.args(["bench.db", "select count(*) from _migrate_revisions"]);
        self.measure(&mut sqlite)
    }

    fn migrate(&self, words: &str) -> Outcome<Duration> {
        self.cost(&words.split(' ').collect::<Vec<_>>())
    }

    fn cost(&self, arguments: &[&str]) -> Outcome<Duration> {
        self.measure(Command::new(&self.tool).args(arguments))
    }

    fn measure(&self, command: &mut Command) -> Outcome<Duration> {
        let command = command.current_dir(self.folder.path()).env_remove("DATABASE_URL");
        let command = command.env("XDG_CACHE_HOME", self.folder.path().join("cache"));
        let before = cpu::of_children();
        let status = command.stdout(Stdio::null()).status();
        let spent = cpu::of_children().saturating_sub(before);
        match status {
            Ok(status) if status.success() => Ok(spent),
            Ok(status) => Err(format!("{command:?} ended with {status}")),
            Err(error) => Err(format!("{command:?}: {error}")),
        }
    }
}

fn write_workspace(root: &Path, count: usize) -> std::io::Result<()> {
    let revisions = root.join("migrations/revisions");
    fs::create_dir_all(&revisions)?;
    fs::write(root.join(".env"), "DATABASE_URL=sqlite:bench.db\n")?;
    fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"migrations\"]\n")?;
    let manifest = "[package]\nname = \"bench-migrations\"\nversion = \"0.1.0\"\n\
                    [package.metadata.migrate]\ndialects = [\"sqlite\"]\n";
    fs::write(root.join("migrations/Cargo.toml"), manifest)?;
    for at in 0..count {
        let revises = if at == 0 { "base".to_owned() } else { format!("r{:06}", at - 1) };
        let text = format!(
            "-- make table {at}\n--\n-- Revision: r{at:06}\n-- Revises: {revises}\n\
             -- Created: 2026-11-23T10:12:13Z\n\n-- migrate:up\nCREATE TABLE t{at} (id INTEGER \
             PRIMARY KEY, name TEXT NOT NULL);\n\n-- migrate:down\nDROP TABLE t{at};\n"
        );
        fs::write(revisions.join(format!("r{at:06}.sql")), text)?;
    }
    Ok(())
}
