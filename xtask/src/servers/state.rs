//! The state file of a server, `target/servers/<name>.state`: how to reach it, and how to end it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::place;
use super::process;
use super::software::Durability;
use crate::command::{Outcome, target};

/// A server that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) variable: String,
    pub(super) url: String,
    pub(super) port: u16,
    pub(super) pid: u32,
    /// All that is the server's, to be removed after its end.
    pub(super) folder: PathBuf,
    pub(super) data: PathBuf,
    pub(super) durability: Durability,
    pub(super) keep: Keep,
    /// What is unusual about it.
    pub(super) note: Option<String>,
}

/// How long a server shall run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Until `servers stop`.
    UntilStopped,
    /// Until a run of the tests ends, which has this process number. A run that didn't get there
    /// leaves it to the next one.
    ForRun(u32),
}

impl Keep {
    /// Whether nobody is left who would end it.
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::ForRun(pid) if !process::is_running(pid, "xtask"))
    }
}

/// The folder of state files and servers.
pub(super) fn folder() -> Outcome<PathBuf> {
    let folder = target().join("servers");
    fs::create_dir_all(&folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|error| format!("{}: {error}", folder.display()))
}

/// Keeps two of us from starting and stopping at the same time.
pub(super) struct Lock(#[expect(dead_code, reason = "it is held, not read")] File);

impl Lock {
    pub(super) fn take() -> Outcome<Self> {
        let path = folder()?.join("lock");
        let file = File::create(&path).and_then(|file| file.lock().map(|()| file));
        file.map(Self).map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl State {
    /// All servers that were started and not stopped, ordered by name.
    pub(super) fn all() -> Outcome<Vec<Self>> {
        let entries = fs::read_dir(folder()?).map_err(|error| error.to_string())?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "state"));
        files.sort();
        files.iter().map(|file| Self::read_file(file)).collect()
    }

    /// The state of a server, if it was started and not stopped.
    pub(super) fn read(name: &str) -> Outcome<Option<Self>> {
        let file = Self::file(name)?;
        if file.exists() { Self::read_file(&file).map(Some) } else { Ok(None) }
    }

    fn read_file(file: &Path) -> Outcome<Self> {
        let text = fs::read_to_string(file);
        let text = text.map_err(|error| format!("{}: {error}", file.display()))?;
        let way_out = "end the server that it names, and delete it";
        Self::parse(&text).ok_or_else(|| format!("{} is damaged: {way_out}", file.display()))
    }

    pub(super) fn write(&self) -> Outcome {
        let file = Self::file(&self.name)?;
        fs::write(&file, self.text()).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn file(name: &str) -> Outcome<PathBuf> {
        Ok(folder()?.join(format!("{name}.state")))
    }

    /// The variable that tells the tests its URL.
    pub(super) fn environment(&self) -> (&str, &str) {
        (&self.variable, &self.url)
    }

    /// Whether its process is there.
    pub(super) fn is_running(&self) -> bool {
        process::is_running(self.pid, &self.data.to_string_lossy())
    }

    /// Ends the server if it runs, and removes what it leaves.
    pub(super) fn end(&self) -> Outcome {
        process::end(self.pid, &self.data.to_string_lossy())?;
        place::remove(&self.folder)?;
        let file = Self::file(&self.name)?;
        fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |key: &str, value: &dyn std::fmt::Display| {
            writeln!(text, "{key} = {value}").expect("a String takes everything");
        };
        line("name", &self.name);
        line("version", &self.version);
        line("variable", &self.variable);
        line("url", &self.url);
        line("port", &self.port);
        line("pid", &self.pid);
        line("folder", &self.folder.display());
        line("data", &self.data.display());
        line("durable", &(self.durability == Durability::Durable));
        if let Keep::ForRun(pid) = self.keep {
            line("run", &pid);
        }
        if let Some(note) = &self.note {
            line("note", note);
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().filter_map(|line| line.split_once(" = "));
        let values: BTreeMap<&str, &str> = lines.collect();
        let value = |key: &str| values.get(key).map(|value| (*value).to_owned());
        Some(Self {
            name: value("name")?,
            version: value("version")?,
            variable: value("variable")?,
            url: value("url")?,
            port: value("port")?.parse().ok()?,
            pid: value("pid")?.parse().ok()?,
            folder: value("folder")?.into(),
            data: value("data")?.into(),
            durability: match value("durable")?.parse().ok()? {
                true => Durability::Durable,
                false => Durability::ThrowAway,
            },
            keep: match value("run") {
                Some(pid) => Keep::ForRun(pid.parse().ok()?),
                None => Keep::UntilStopped,
            },
            note: value("note"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let state = State {
            name: "postgres-15".to_owned(),
            version: "15.18".to_owned(),
            variable: "MIGRATE_TEST_POSTGRES".to_owned(),
            url: "postgres://postgres@127.0.0.1:4711/postgres".to_owned(),
            port: 4711,
            pid: 42,
            folder: "target/a folder = mine".into(),
            data: "target/a folder = mine/data".into(),
            durability: Durability::Durable,
            keep: Keep::ForRun(41),
            note: Some("a note".to_owned()),
        };
        assert_eq!(State::parse(&state.text()), Some(state.clone()));
        let kept = State { keep: Keep::UntilStopped, note: None, ..state };
        assert_eq!(State::parse(&kept.text()), Some(kept.clone()));
        assert_eq!(State::parse("name = postgres-15"), None);
    }
}
