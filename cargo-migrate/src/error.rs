//! Everything that can end a command, made into one [`Diagnostic`].

use camino::Utf8PathBuf;
use migrate_build::BuildError;
use migrate_model::config::ConfigError;
use migrate_model::revision::Direction;
use migrate_model::revision::FileError;
use migrate_model::{Graph, GraphError, Position, TargetError};
use migrate_runtime::{
    EditedRevision, ErrorKind, Failure, PartWay, PartialRevision, STORED_DOWN, SourceError, Status,
    Undecided, UnknownRevision,
};

use crate::exit::Exit;
use crate::moved::moved;
use crate::output::diff;
use crate::output::fork::{self, Wanted};
use crate::output::{Diagnostic, Place};
use crate::project::{Project, shown};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The project, or something around it.
    Project { code: &'static str, message: String, hint: Option<String>, candidates: Vec<String> },
    /// `[package.metadata.migrate]`.
    Config { file: String, error: Box<ConfigError> },
    /// A revision file; the error names it as it is shown.
    File(Box<FileError>),
    /// The graph; the file is as it is shown.
    Graph { error: Box<GraphError>, file: String },
    /// A name on the graph.
    Target(Box<Diagnostic>),
    /// A run, or a look at a database.
    Run(Box<RunError>),
    /// A file that can't be read or written.
    Io { path: String, source: std::io::Error },
    /// The async runtime did not start.
    Runtime(std::io::Error),
}

/// An error of the runtime, with what is needed to show its files.
#[derive(Debug)]
pub(crate) struct RunError {
    error: migrate_runtime::Error,
    /// The command that tries it again, if it was more than a look.
    again: Option<String>,
    /// The folder of the migrations crate.
    root: Utf8PathBuf,
    /// Whether the history keeps the texts of revisions.
    keeps_source: bool,
}

impl CliError {
    pub(crate) fn io(path: &str, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn scan(project: &Project, error: BuildError) -> Self {
        match error {
            BuildError::File { error } => {
                Self::File(Box::new(FileError { file: project.shown(&error.file), ..error }))
            }
            BuildError::Io { path, source } => Self::io(&path.display().to_string(), source),
            error @ BuildError::Pattern { .. } => Self::Project {
                code: "config.bad_value",
                message: error.to_string(),
                hint: Some(
                    "write a folder, a glob like plugins/*/revisions, or db/** for all below"
                        .to_owned(),
                ),
                candidates: Vec::new(),
            },
            other => Self::Project {
                code: "script.rust",
                message: other.to_string(),
                hint: Some("write it in SQL".to_owned()),
                candidates: Vec::new(),
            },
        }
    }

    pub(crate) fn graph(project: &Project, error: GraphError) -> Self {
        let file = project.shown(error.place().0);
        Self::Graph { error: Box::new(error), file }
    }

    /// A name that does not stand for what is wanted.
    pub(crate) fn target(
        graph: &Graph,
        status: Option<&Status>,
        error: &TargetError,
        wanted: Wanted<'_>,
    ) -> Self {
        Self::Target(Box::new(match error {
            TargetError::MultipleHeads { .. } => {
                fork::diagnostic(graph, &error.candidates(), status, wanted)
            }
            _ => of_target(error),
        }))
    }

    pub(crate) fn run(project: &Project, error: migrate_runtime::Error) -> Self {
        Self::Run(Box::new(RunError::new(project, error, None)))
    }

    /// An error of a run, and the command that tries it again.
    pub(crate) fn attempt(project: &Project, error: migrate_runtime::Error, again: String) -> Self {
        Self::Run(Box::new(RunError::new(project, error, Some(again))))
    }

    /// Whether a file was not as it had been registered, before anything was run. Only the index
    /// registers files without reading them.
    pub(crate) fn is_of_the_index(&self) -> bool {
        let Self::Run(run) = self else { return false };
        let is_changed = matches!(run.error.kind(), ErrorKind::Source(SourceError::Changed { .. }));
        is_changed && run.error.report().is_empty()
    }

    pub(crate) fn into_diagnostic(self) -> Diagnostic {
        match self {
            Self::Project { code, message, hint, candidates } => {
                Diagnostic { candidates, ..Diagnostic::new(code, message).hint(hint) }
            }
            // The line itself is not shown: a URL may stand in it.
            Self::Config { file, error } => Diagnostic {
                shows_source: false,
                ..Diagnostic::new(error.problem.code(), error.to_string())
                    .at(Place::new(file, error.position))
                    .hint(error.problem.hint())
            },
            Self::File(error) => of_file(&error),
            Self::Graph { error, file } => of_graph(&error, file),
            Self::Target(diagnostic) => *diagnostic,
            Self::Run(error) => error.into_diagnostic(),
            Self::Io { path, source } => Diagnostic::new("project.io", format!("{path}: {source}")),
            Self::Runtime(source) => Diagnostic::new(
                "project.runtime",
                format!("the async runtime did not start: {source}"),
            ),
        }
    }
}

fn of_file(error: &FileError) -> Diagnostic {
    Diagnostic::new(error.problem.code(), error.problem.to_string())
        .at(Place::new(error.file.clone(), error.position))
        .hint(error.problem.hint())
}

fn of_graph(error: &GraphError, file: String) -> Diagnostic {
    let (_, line) = error.place();
    let place = (line > 0).then(|| Place::new(file.clone(), Position { line, column: 1 }));
    Diagnostic {
        place,
        file: Some(file),
        revision: error.revision().map(ToString::to_string),
        candidates: error.candidates(),
        ..Diagnostic::new(error.code(), error.to_string()).hint(Some(error.hint()))
    }
}

fn of_target(error: &TargetError) -> Diagnostic {
    Diagnostic {
        candidates: error.candidates(),
        ..Diagnostic::new(error.code(), error.to_string()).hint(error.hint())
    }
}

impl RunError {
    fn new(project: &Project, error: migrate_runtime::Error, again: Option<String>) -> Self {
        let (root, keeps_source) = (project.root.clone(), project.keeps_source());
        Self { error, again, root, keeps_source }
    }

    fn shown(&self, file: &str) -> String {
        shown(&self.root.join(file))
    }

    fn into_diagnostic(self) -> Diagnostic {
        let plain =
            || Diagnostic::new(self.error.code(), self.error.to_string()).hint(self.error.hint());
        let mut diagnostic = match self.error.kind() {
            ErrorKind::Target(error) => of_target(error),
            ErrorKind::File(error) => {
                of_file(&FileError { file: self.shown(&error.file), ..error.clone() })
            }
            ErrorKind::Edited(edited) => self.of_edited(edited),
            ErrorKind::Failed(failure) => self.of_failure(failure),
            ErrorKind::Unknown(unknown) => self.of_unknown(unknown),
            ErrorKind::Irreversible { id, file } => Diagnostic {
                revision: Some(id.to_string()),
                ..plain().at(Place::new(self.shown(file), Position::START))
            },
            ErrorKind::Interrupted => Diagnostic {
                hints: self.again.iter().map(|again| format!("go on: {again}")).collect(),
                ..plain()
            },
            ErrorKind::Partial(partial) => self.of_partial(partial),
            ErrorKind::Undecided(undecided) => self.of_undecided(undecided),
            ErrorKind::Stopped { id, .. } => Diagnostic {
                revision: Some(id.to_string()),
                hints: self.again.iter().map(|again| format!("go on: {again}")).collect(),
                ..plain()
            },
            ErrorKind::NothingStored { id } => {
                Diagnostic { revision: Some(id.to_string()), ..plain() }
            }
            ErrorKind::Source(_)
            | ErrorKind::LockTimeout { .. }
            | ErrorKind::HistoryVersion { .. }
            | ErrorKind::Database { .. }
            | ErrorKind::Usage { .. }
            | _ => plain(),
        };
        let report = self.error.report();
        diagnostic.applied = report.ids().into_iter().map(str::to_owned).collect();
        if !matches!(self.error.kind(), ErrorKind::Failed(_)) && !report.is_empty() {
            diagnostic.notes.push(done_before(&diagnostic.applied));
        }
        diagnostic
    }

    /// Every edited revision with its diff; the first gives the place and the ways out.
    fn of_edited(&self, edited: &[EditedRevision]) -> Diagnostic {
        let Some(first) = edited.first() else {
            return Diagnostic::new("integrity.edited", self.error.to_string());
        };
        let title = |edited: &EditedRevision| {
            let when = edited.applied_at.get(..16).unwrap_or(&edited.applied_at).replace('T', " ");
            format!(
                "{} {} was edited after it was applied here ({when})",
                edited.id, edited.message
            )
        };
        let mut diagnostic = Diagnostic::new("integrity.edited", title(first));
        diagnostic.revision = Some(first.id.to_string());
        diagnostic.shows_source = false;
        for (at, revision) in edited.iter().enumerate() {
            let position = revision.first_difference.unwrap_or(Position::START);
            let place = Place::new(self.shown(&revision.file), position);
            if at > 0 {
                diagnostic.notes.push(format!("{}\n  --> {place}", title(revision)));
            } else {
                diagnostic = diagnostic.at(place);
            }
            diagnostic.notes.push(edit_of(revision));
        }
        diagnostic.notes.push("nothing was run".to_owned());
        if edited.len() > 1 {
            diagnostic.notes.push("cargo migrate verify lists them all".to_owned());
        }
        let id = &first.id;
        let texts = first.applied_source().zip(first.source_at_hand());
        let accept = format!("cargo migrate accept {id}");
        if let Some((from, to)) = texts.and_then(|(applied, at_hand)| moved(applied, at_hand)) {
            diagnostic.message = format!(
                "{id} {} revises {to} now, and revised {from} when it was applied here",
                first.message
            );
            return diagnostic
                .hint(Some(format!("it was rebased? record that:   {accept}")))
                .hint(Some(format!("else put the file back:        cargo migrate restore {id}")));
        }
        diagnostic
            .hint(Some(format!(
                "put the file back:       {}\n\
                 and add the change:      cargo migrate new \"…\"",
                match first.applied_source() {
                    Some(_) => format!("cargo migrate restore {id}"),
                    // The history has nothing that could be written back.
                    None => "from your version control".to_owned(),
                }
            )))
            .hint(Some(format!("no SQL changed (a comment)? record it:   {accept}")))
    }

    fn of_partial(&self, partial: &PartialRevision) -> Diagnostic {
        let diagnostic = Diagnostic {
            revision: Some(partial.id.clone()),
            statement: partial.statement().map(str::to_owned),
            ..Diagnostic::new(self.error.code(), self.error.to_string()).hint(self.error.hint())
        };
        match partial.position {
            Some(position) => diagnostic.at(Place::new(self.shown(&partial.file), position)),
            None => diagnostic,
        }
    }

    fn of_undecided(&self, undecided: &Undecided) -> Diagnostic {
        let diagnostic = Diagnostic {
            revision: Some(undecided.id.to_string()),
            statement: undecided.statement.clone(),
            notes: vec!["nothing was run".to_owned()],
            ..Diagnostic::new(self.error.code(), self.error.to_string()).hint(self.error.hint())
        };
        let position = undecided.position.unwrap_or(Position::START);
        diagnostic.at(Place::new(self.shown(&undecided.file), position))
    }

    fn of_failure(&self, failure: &Failure) -> Diagnostic {
        let again = self.again.as_deref().unwrap_or("cargo migrate up");
        let code = self.error.code();
        let is_the_databases = code.starts_with("database.") || code == "lock.timeout";
        let mut diagnostic = Diagnostic {
            revision: Some(failure.id.to_string()),
            statement: failure.statement.clone(),
            rolled_back: failure.rolled_back.last().map(ToString::to_string),
            ..Diagnostic::new(
                self.error.code(),
                format!("revision {} failed: {}", failure.id, failure.reason()),
            )
        };
        let file = self.shown(&failure.file);
        match failure.position {
            Some(position) => diagnostic = diagnostic.at(Place::new(file, position)),
            None => diagnostic.notes.push(format!("in the bookkeeping or the commit of {file}")),
        }
        diagnostic.notes.extend(failure.notes());
        if let Some(PartWay { done, total }) = failure.part_way {
            diagnostic.exit = Exit::Undecided;
            let is_or_are = if done == 1 { "is" } else { "are" };
            diagnostic.notes.push(format!(
                "{done} of {total} statements {is_or_are} done and recorded, outside of a \
                 transaction; this one has no effect"
            ));
        } else if failure.rolled_back.is_empty() {
            diagnostic.notes.push("it could not be confirmed that it was rolled back".to_owned());
        } else {
            let ids: Vec<&str> = failure.rolled_back.iter().map(AsRef::as_ref).collect();
            diagnostic.notes.push(format!("rolled back: {}", ids.join(", ")));
        }
        let report = self.error.report();
        diagnostic.notes.push(done_before(&report.ids()));
        if code == "revision.undecided" {
            // The right that was missing is the one thing that is known of it.
            diagnostic.hints.extend(failure.grant.as_ref().and(self.error.hint()));
        }
        diagnostic.hint(match failure.direction {
            _ if is_the_databases || failure.time_limit.is_some() => self.error.hint(),
            _ if code == "revision.undecided" => {
                Some(format!("find out what became of it, and go on: {again}"))
            }
            Direction::Up => Some(format!("correct the file, then: {again}")),
            Direction::Down if failure.file == STORED_DOWN => {
                Some("take it down with the version of the code that has its file".to_owned())
            }
            Direction::Down if failure.part_way.is_some() => {
                Some(format!("correct the file, then: cargo migrate resume {}", failure.id))
            }
            Direction::Down => Some(format!(
                "correct the file, record that: cargo migrate accept {}\nthen: {again}",
                failure.id
            )),
        })
    }

    /// Every unknown revision on a line of its own.
    fn of_unknown(&self, unknown: &[UnknownRevision]) -> Diagnostic {
        let count = match unknown.len() {
            1 => "a revision is applied here that has no file".to_owned(),
            count => format!("{count} revisions are applied here that have no file"),
        };
        let first = unknown.first().map(|unknown| unknown.id.clone());
        let mut diagnostic =
            Diagnostic { revision: first, ..Diagnostic::new("integrity.unknown", count) };
        diagnostic.notes.extend(unknown.iter().map(|unknown| {
            let when =
                unknown.applied_at.get(..16).unwrap_or(&unknown.applied_at).replace('T', " ");
            format!("{} {}   applied {when}", unknown.id, unknown.message)
        }));
        diagnostic.notes.push("nothing was run".to_owned());
        let lost = diagnostic.revision.clone().unwrap_or_default();
        diagnostic
            .hint(Some(
                "the database is newer? use the version of the code that it belongs to".to_owned(),
            ))
            .hint(Some(match self.keeps_source {
                true => format!("the file was lost? write it back:   cargo migrate restore {lost}"),
                false => "the file was lost? take it from your version control".to_owned(),
            }))
            .hint(Some(
                "a development database? bring it to this checkout: cargo migrate switch"
                    .to_owned(),
            ))
    }
}

/// The lines that differ, and both checksums.
fn edit_of(revision: &EditedRevision) -> String {
    let diff = match (revision.applied_source(), revision.source_at_hand()) {
        (Some(applied), Some(at_hand)) => diff::changed_lines(applied, at_hand),
        _ => "the applied text was not stored".to_owned(),
    };
    let applied = revision.applied.parse::<migrate_model::Checksum>();
    let applied = applied.map_or_else(|_| revision.applied.clone(), |sum| sum.short());
    let digits = |sum: &str| sum.trim_start_matches("sha256:").to_owned();
    format!("{diff}\napplied {}   file {}", digits(&applied), digits(&revision.at_hand.short()))
}

/// What stays done of a run that was not finished.
fn done_before<T: AsRef<str>>(ids: &[T]) -> String {
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    match ids.as_slice() {
        [] => "nothing else was run".to_owned(),
        ids => format!("done before it, and stays: {}", ids.join(", ")),
    }
}
