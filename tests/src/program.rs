//! Running programs and reading what they say.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The folder of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The `cargo-migrate` binary under test: the one that `CARGO_MIGRATE_BIN` names (`cargo xtask
/// test` builds it first), else built here, once a process.
pub fn cargo_migrate() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("CARGO_MIGRATE_BIN") {
            return path.into();
        }
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "cargo-migrate"]);
        assert!(cargo.current_dir(repository()).status().unwrap().success());
        let target = std::env::current_exe().unwrap();
        let target = target.ancestors().find(|path| path.ends_with("debug")).unwrap();
        target.join(format!("cargo-migrate{}", std::env::consts::EXE_SUFFIX))
    })
}

/// The variable that says where the user's caches are.
pub(crate) const CACHES: &str = "XDG_CACHE_HOME";

/// The password of all tests, which no program may ever print. Each has it in its environment, each
/// workspace in its `.env`, and every output is searched for it.
pub const PASSWORD: &str = "SENTINEL-7f3a";

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// Its stdout.
    pub stdout: String,
    /// Its stderr.
    pub stderr: String,
}

/// A program that was started.
#[derive(Debug)]
pub struct Running {
    program: Child,
    command: String,
}

impl Running {
    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.program.id()
    }

    /// Sends it a signal: `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        let number = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &number]).status().unwrap();
        assert!(sent.success(), "kill -s {name} {number}");
    }

    /// Ends it as `kill -9` does, if it hasn't ended by itself.
    pub fn kill(mut self) -> Run {
        self.program.kill().unwrap();
        self.finish()
    }

    /// Waits for its end, and asserts that it printed no password.
    #[track_caller]
    pub fn finish(self) -> Run {
        let Self { program, command } = self;
        let Output { status, stdout, stderr } = program.wait_with_output().unwrap();
        let run = Run {
            code: status.code().unwrap_or(Run::KILLED),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        };
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(PASSWORD), "{command} prints the password:\n{text}");
        }
        run
    }
}

impl Run {
    /// What stands for the exit code of a program that was ended by a signal.
    pub const KILLED: i32 = -1;

    /// Runs a command without the environment that would lead it elsewhere; what the command sets
    /// itself stays.
    #[track_caller]
    pub fn of(command: &mut Command) -> Self {
        Self::start(command).finish()
    }

    /// Starts a command like [`Run::of`], and leaves it to the caller when to wait for its end.
    pub fn start(command: &mut Command) -> Running {
        for name in ["DATABASE_URL", "NO_COLOR"] {
            if !command.get_envs().any(|(key, value)| key == name && value.is_some()) {
                command.env_remove(name);
            }
        }
        if !command.get_envs().any(|(key, _)| key == CACHES) {
            // No test writes into the cache of whoever runs it.
            command.env(CACHES, std::env::temp_dir().join("migrate-e2e-caches"));
        }
        command.env("PGPASSWORD", PASSWORD);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running { program: command.spawn().unwrap(), command: format!("{command:?}") }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that it went well.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// The JSON lines of stdout.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The last JSON line of stdout: the document, the summary or the error.
    #[track_caller]
    pub fn json(&self) -> Value {
        self.json_lines().pop().unwrap_or_else(|| panic!("no JSON line; stderr:\n{}", self.stderr))
    }

    /// The error of the last JSON line.
    #[track_caller]
    pub fn json_error(&self) -> Value {
        let last = self.json();
        assert_eq!(last["type"], "error", "{last}");
        last["error"].clone()
    }
}
