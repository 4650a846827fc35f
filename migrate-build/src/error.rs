//! What fails a build. The text of an error is all that cargo shows, so it has file, line and
//! the way out.

use std::path::PathBuf;

use migrate_model::config::ConfigError;
use migrate_model::revision::FileError;
use migrate_model::{Graph, GraphError, Revision};

/// Why the revisions can't be embedded.
///
/// ```
/// use migrate_build::{BuildError, Builder};
/// # let folder = tempfile::tempdir()?;
/// # let (root, out) = (folder.path(), folder.path());
/// # std::fs::write(root.join("Cargo.toml"), "[package]\n")?;
///
/// match Builder::new("revisions").write(root, out) {
///     Err(BuildError::Empty { folder }) => assert_eq!(folder, "revisions"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// [`Builder::emit`](crate::Builder::emit) was called outside of a build script.
    #[error("CARGO_MANIFEST_DIR and OUT_DIR are not set: this belongs in a build script")]
    NotABuildScript,
    /// A file or folder that can't be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The configuration is wrong.
    #[error("Cargo.toml:{}: {error}", .error.position)]
    Config {
        /// What is wrong.
        error: ConfigError,
    },
    /// The build script and the configuration name different folders. Both as lists, with commas.
    #[error(
        "build.rs embeds `{folder}`, but `revisions` in [package.metadata.migrate] says: {configured}"
    )]
    OtherFolder {
        /// The build script's folders.
        folder: String,
        /// The configured folders.
        configured: String,
    },
    /// An entry of `revisions` is no pattern.
    #[error("`revisions`: `{pattern}` is no pattern: {message}")]
    Pattern {
        /// The entry.
        pattern: String,
        /// Why not.
        message: String,
    },
    /// There is nothing to embed.
    #[error(
        "no revisions in `{folder}`: make the first with `cargo migrate new \"…\"`, or allow it in build.rs with `.allow_empty()`"
    )]
    Empty {
        /// The folders.
        folder: String,
    },
    /// A fault in a file.
    #[error("{error}{}", help(.error.problem.hint()))]
    File {
        /// What is wrong, with its place.
        error: FileError,
    },
    /// A Rust revision, which this version can't embed.
    #[error("{file}: Rust revisions are not supported by this version")]
    RustRevision {
        /// The file.
        file: String,
    },
    /// A fault in the graph.
    #[error("{}{}{}", place(.0), .0, help(Some(.0.hint())))]
    Graph(GraphError),
    /// Several heads, where one is wanted.
    #[error("{count} heads, so there is no single target:{list}{hints}")]
    MultipleHeads {
        /// How many there are.
        count: usize,
        /// A line for each, the oldest first.
        list: String,
        /// The ways out, a line for each.
        hints: String,
    },
}

impl BuildError {
    pub(crate) fn multiple_heads(graph: &Graph) -> Self {
        let mut heads = graph.heads();
        // What is younger comes last, and is what should move.
        heads.sort_by_cached_key(|index| {
            let Revision { id, created, .. } = graph.revision(*index);
            (created.clone(), id.clone())
        });
        let line = |index: &usize| {
            let Revision { id, message, created, file, .. } = graph.revision(*index);
            let created = created.as_deref().and_then(|created| created.get(..16));
            let created = created.map(|created| format!(", {}", created.replace('T', " ")));
            format!("\n  {id} {message}{} ({file})", created.unwrap_or_default())
        };
        let list = heads.iter().map(line).collect();
        Self::MultipleHeads { count: heads.len(), list, hints: ways_out(graph, &heads) }
    }
}

/// The commands that leave one head less, or one.
fn ways_out(graph: &Graph, heads: &[usize]) -> String {
    let join = "keep both and join: cargo migrate merge".to_owned();
    match one_after_the_other(graph, heads) {
        Some(rebase) => help(Some(rebase)) + &help(Some(format!("or {join}"))),
        None => help(Some(join)),
    }
}

/// The last head's line on top of the one before it, if it can go there.
fn one_after_the_other(graph: &Graph, heads: &[usize]) -> Option<String> {
    let [.., onto, moving] = *heads else { return None };
    let lowest = graph.line_to_move(moving, onto)?;
    graph.rebased(lowest, onto).ok()?;
    let (moving, onto) = (&graph.revision(lowest).id, &graph.revision(onto).id);
    Some(format!("put one after the other: cargo migrate rebase {moving} --onto {onto}"))
}

fn help(hint: Option<String>) -> String {
    hint.map(|hint| format!("\nhelp: {hint}")).unwrap_or_default()
}

fn place(error: &GraphError) -> String {
    let (file, line) = error.place();
    format!("{file}:{line}: ")
}
