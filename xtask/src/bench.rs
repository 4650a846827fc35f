//! `cargo xtask bench`: what commands cost. Machines differ and are noisy, so each figure stands
//! beside a floor that is measured in the same run: starting the same binary to do nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{Outcome, build_tool};

const ROUNDS: usize = 21;
const REVISIONS: usize = 1000;

pub(crate) fn run() -> Outcome {
    let tool = build_tool("release")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    write_workspace(folder.path()).map_err(|error| error.to_string())?;
    let measure = |arguments: &[&str]| -> Outcome<Duration> {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let mut command = Command::new(&tool);
            command.args(arguments).current_dir(folder.path()).env_remove("DATABASE_URL");
            let started = Instant::now();
            let status = command.stdout(Stdio::null()).status();
            times.push(started.elapsed());
            if !status.is_ok_and(|status| status.success()) {
                return Err(format!("{arguments:?} failed"));
            }
        }
        times.sort_unstable();
        Ok(times[ROUNDS / 2])
    };
    let floor = measure(&["--version"])?;
    println!("median of {ROUNDS} rounds, release, {REVISIONS} revisions");
    println!("{:<28} {:>10}  {:>8}", "command", "time", "× floor");
    let show = |name: &str, time: Duration| {
        let ratio = time.as_secs_f64() / floor.as_secs_f64();
        println!("{name:<28} {:>7.2} ms  {ratio:>8.1}", time.as_secs_f64() * 1000.0);
    };
    show("--version (the floor)", floor);
    show("history", measure(&["history"])?);
    show("up --sql (offline script)", measure(&["up", "--sql"])?);
    measure(&["up"])?;
    for command in ["up", "status", "current", "verify"] {
        show(&format!("{command} (at head)"), measure(&[command])?);
    }
    Ok(())
}

fn write_workspace(root: &Path) -> std::io::Result<()> {
    let revisions = root.join("migrations/revisions");
    fs::create_dir_all(&revisions)?;
    fs::write(root.join(".env"), "DATABASE_URL=sqlite:bench.db\n")?;
    fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"migrations\"]\n")?;
    let manifest = "[package]\nname = \"bench-migrations\"\nversion = \"0.1.0\"\n\
                    [package.metadata.migrate]\ndialects = [\"sqlite\"]\n";
    fs::write(root.join("migrations/Cargo.toml"), manifest)?;
    for at in 0..REVISIONS {
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
