//! `docs/quickstart.md` does what it says. The page is the test: its files are written and its
//! commands are run, in their order, in a temporary folder.
//!
//! - A block after `<!-- file: PATH -->` is written to that file; a `*` in the name stands for
//!   what `cargo migrate new` has put there.
//! - In a `console` block, `$ ` begins a command and the lines below it are what it prints, stdout
//!   and stderr as they come. `# exit 4` at its end says that it fails with that code.
//! - A line `...` is any number of lines. What varies from run to run is blurred on both sides.
//! - A `text` block is only looked at; any other block is a mistake.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use migrate_tests::{Run, cargo_migrate, repository};

#[test]
#[cfg_attr(windows, ignore = "the page is written for a POSIX shell")]
fn the_page_does_what_it_says() {
    let page = fs::read_to_string(repository().join("docs/quickstart.md")).unwrap();
    let steps = read(&page);
    let mut reader = Reader::new();
    for step in &steps {
        reader.follow(step);
    }
}

/// Something to do, and the line of the page that says so.
#[derive(Debug)]
struct Step<'a> {
    line: usize,
    task: Task<'a>,
}

#[derive(Debug)]
enum Task<'a> {
    Write { path: &'a str, text: String },
    Run { command: &'a str, code: i32, output: Vec<String> },
}

/// The steps of a page.
fn read(page: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut file = None;
    let mut lines = page.lines().zip(1..);
    while let Some((text, line)) = lines.next() {
        if let Some(comment) = text.strip_prefix("<!-- file: ") {
            file = comment.strip_suffix(" -->");
        } else if let Some(language) = text.strip_prefix("```") {
            let block: Vec<&str> =
                lines.by_ref().map(|(text, _)| text).take_while(|text| *text != "```").collect();
            match (file.take(), language) {
                (Some(path), _) => {
                    let text = block.join("\n") + "\n";
                    steps.push(Step { line, task: Task::Write { path, text } });
                }
                (None, "console") => steps.extend(commands(&block, line + 1)),
                (None, "text") => {}
                (None, _) => {
                    panic!("docs/quickstart.md:{line}: is this block a file, a console or a text?")
                }
            }
        }
    }
    steps
}

/// The commands of a console block that begins at `first`.
fn commands<'a>(block: &[&'a str], first: usize) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    for (text, line) in block.iter().zip(first..) {
        if let Some(command) = text.strip_prefix("$ ") {
            let code = command.rsplit_once("# exit ").map_or(0, |(_, code)| code.parse().unwrap());
            steps.push(Step { line, task: Task::Run { command, code, output: Vec::new() } });
        } else if let Some(Step { task: Task::Run { output, .. }, .. }) = steps.last_mut() {
            output.push(blurred(text));
        } else {
            panic!("docs/quickstart.md:{line}: output without a command");
        }
    }
    steps
}

/// Somebody who follows the page.
struct Reader {
    home: tempfile::TempDir,
    folder: PathBuf,
}

impl Reader {
    fn new() -> Self {
        let home = tempfile::Builder::new().prefix("migrate-quickstart-").tempdir().unwrap();
        let folder = home.path().canonicalize().unwrap();
        Self { home, folder }
    }

    fn follow(&mut self, step: &Step<'_>) {
        let line = step.line;
        match &step.task {
            Task::Write { path, text } => fs::write(self.resolved(path), text).unwrap(),
            Task::Run { command, code, output } => match command.strip_prefix("cd ") {
                Some(folder) => self.folder.push(folder),
                None => {
                    let run = self.run(command);
                    let printed = run.stdout.replace(self.home.path().to_str().unwrap(), "/tmp");
                    let printed: Vec<String> = printed.lines().map(blurred).collect();
                    assert!(
                        run.code == *code && is_like(output, &printed),
                        "docs/quickstart.md:{line}: $ {command}\n\
                         --- expected, exit {code}\n{}\n--- actual, exit {}\n{}\n",
                        output.join("\n"),
                        run.code,
                        printed.join("\n"),
                    );
                }
            },
        }
    }

    /// A path of the page. With a `*`, the one file that is there.
    fn resolved(&self, path: &str) -> PathBuf {
        let path = self.folder.join(path);
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((before, after)) = name.split_once('*') else { return path };
        let is_meant = |file: &PathBuf| {
            let name = file.file_name().unwrap().to_str().unwrap();
            name.starts_with(before) && name.ends_with(after)
        };
        let files = fs::read_dir(path.parent().unwrap()).unwrap();
        let mut found = files.map(|file| file.unwrap().path()).filter(is_meant);
        let file = found.next().unwrap_or_else(|| panic!("no file is like {}", path.display()));
        assert!(found.next().is_none(), "several files are like {}", path.display());
        file
    }

    /// Runs a command in a shell that finds the binary under test as `cargo migrate`.
    fn run(&self, command: &str) -> Run {
        if command.contains("cargo run") {
            self.prepare_build();
        }
        let tool = cargo_migrate().canonicalize().unwrap();
        let programs = [tool.parent().unwrap(), Path::new(env!("CARGO")).parent().unwrap()];
        let others = std::env::var_os("PATH").unwrap();
        let path = programs.into_iter().map(PathBuf::from).chain(std::env::split_paths(&others));
        Run::of(
            Command::new("sh")
                .args(["-c", &format!("exec 2>&1\n{command}")])
                .current_dir(&self.folder)
                .env("PATH", std::env::join_paths(path).unwrap())
                .env("TMPDIR", self.home.path())
                .env("CARGO_TARGET_DIR", repository().join("target").join("e2e"))
                .env("CARGO_PROFILE_DEV_DEBUG", "0"),
        )
    }

    /// What building in the shared target folder takes: versions that no other workspace has (see
    /// `Workspace::with_application`), and the versions of everything else of this repository.
    fn prepare_build(&self) {
        let unique = self.home.path().to_str().unwrap().rsplit('-').next().unwrap();
        let version = format!("version = \"0.1.0-{}.{unique}\"", std::process::id());
        for manifest in ["app/Cargo.toml", "migrations/Cargo.toml"] {
            let manifest = self.folder.join(manifest);
            let text = fs::read_to_string(&manifest).unwrap();
            fs::write(manifest, text.replace("version = \"0.1.0\"", &version)).unwrap();
        }
        let lock = self.folder.join("Cargo.lock");
        if !lock.exists() {
            fs::copy(repository().join("Cargo.lock"), lock).unwrap();
        }
    }
}

/// Whether lines are as expected, where `...` is any number of them.
fn is_like(expected: &[String], actual: &[String]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((line, rest)) if line == "..." => {
            (0..=actual.len()).any(|skipped| is_like(rest, &actual[skipped..]))
        }
        Some((line, rest)) => actual.first() == Some(line) && is_like(rest, &actual[1..]),
    }
}

/// What varies, longest first; `0` is a digit.
const VARIABLE: [(&str, &str); 9] = [
    ("0000-00-00T00:00:00.000000Z", "TIME"),
    ("0000-00-00T00:00:00Z", "TIME"),
    ("0000-00-00 00:00", "TIME"),
    ("0000-00-00 ", "DATE "),
    ("0000-00-00_", "DATE_"),
    ("(0 ms)", "(TIME)"),
    ("(00 ms)", "(TIME)"),
    ("(000 ms)", "(TIME)"),
    ("(0000 ms)", "(TIME)"),
];

/// A line without what varies: times, dates, and the folder of this repository.
fn blurred(line: &str) -> String {
    let line = line.replace(repository().to_str().unwrap(), "/src/cargo-migrate");
    let mut blurred = String::with_capacity(line.len());
    let mut rest = line.trim_end();
    while let Some(next) = rest.chars().next() {
        let found =
            VARIABLE.iter().find_map(|(shape, name)| Some((after_shape(rest, shape)?, *name)));
        match found {
            Some((after, name)) => {
                blurred.push_str(name);
                rest = after;
            }
            None => {
                blurred.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    blurred
}

/// What follows a text of this shape, if the line begins with one.
fn after_shape<'a>(line: &'a str, shape: &str) -> Option<&'a str> {
    let mut rest = line.chars();
    for wanted in shape.chars() {
        let is_right = match (wanted, rest.next()?) {
            ('0', actual) => actual.is_ascii_digit(),
            (_, actual) => actual == wanted,
        };
        if !is_right {
            return None;
        }
    }
    Some(rest.as_str())
}
