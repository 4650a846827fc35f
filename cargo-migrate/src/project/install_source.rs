//! How this tool came onto the machine, so that what `init` writes resolves the same way. Cargo
//! keeps a record of installed packages; its keys look like
//! `cargo-migrate 0.1.0 (registry+https://…)`.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::Value;

use crate::arguments::Source;
use crate::error::CliError;

/// Where the library crates are taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InstallSource {
    /// The registry, in this tool's version.
    Version,
    /// A checkout of this project.
    Path(Utf8PathBuf),
    /// A git repository at a commit.
    Git { url: String, rev: Option<String> },
}

impl InstallSource {
    /// The source that was asked for, or the one that the tool itself came from.
    pub(crate) fn find(asked: Option<Source>) -> Result<Self, CliError> {
        let recorded = recorded().or_else(built_here);
        let (kind, found) = match (asked, recorded) {
            (Some(Source::Version), _) => return Ok(Self::Version),
            (None, recorded) => return Ok(recorded.unwrap_or(Self::Version)),
            (Some(Source::Path), Some(found @ Self::Path(_)))
            | (Some(Source::Git), Some(found @ Self::Git { .. })) => return Ok(found),
            (Some(Source::Path), found) => ("path", found),
            (Some(Source::Git), found) => ("git", found),
        };
        let found = match found {
            Some(Self::Path(_)) => "a path",
            Some(Self::Git { .. }) => "git",
            Some(Self::Version) | None => "a registry",
        };
        Err(CliError::Project {
            code: "project.source",
            message: format!("--source {kind}: cargo-migrate was installed from {found}"),
            hint: Some("leave --source out to depend on the same source".to_owned()),
            candidates: Vec::new(),
        })
    }

    /// The dependency on one of our crates, as it stands between the braces.
    pub(crate) fn dependency(&self, package: &str) -> String {
        let quoted = |text: &str| Value::from(text).to_string().trim().to_owned();
        match self {
            Self::Version => format!("version = {}", quoted(&requirement())),
            Self::Path(folder) => {
                format!("path = {}", quoted(&folder.join(package).as_str().replace('\\', "/")))
            }
            Self::Git { url, rev: None } => format!("git = {}", quoted(url)),
            Self::Git { url, rev: Some(rev) } => {
                format!("git = {}, rev = {}", quoted(url), quoted(rev))
            }
        }
    }
}

/// The version requirement that this tool's own version satisfies: whatever is compatible with it.
fn requirement() -> String {
    let version = semver::Version::parse(env!("CARGO_PKG_VERSION"));
    match version.expect("cargo accepts only semantic versions") {
        // A pre-release is compatible with nothing but itself.
        version if !version.pre.is_empty() => format!("={version}"),
        version => format!("{}.{}", version.major, version.minor),
    }
}

/// What cargo's record of installed packages says.
fn recorded() -> Option<InstallSource> {
    let home = std::env::var("CARGO_HOME").ok().map(Utf8PathBuf::from).or_else(|| {
        let home = std::env::var(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).ok()?;
        Some(Utf8PathBuf::from(home).join(".cargo"))
    })?;
    // Only the program that cargo has installed is the one that the record speaks of.
    let program = Utf8PathBuf::from_path_buf(std::env::current_exe().ok()?).ok()?;
    let installed =
        program.parent()?.canonicalize_utf8().ok()? == home.join("bin").canonicalize_utf8().ok()?;
    let record = fs::read_to_string(home.join(".crates2.json")).ok().filter(|_| installed)?;
    let record: serde_json::Value = serde_json::from_str(&record).ok()?;
    let wanted = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"), " (");
    let installs = record.get("installs")?.as_object()?;
    installs.keys().find_map(|key| source_of(key.strip_prefix(wanted)?.strip_suffix(')')?))
}

fn source_of(recorded: &str) -> Option<InstallSource> {
    if let Some(folder) = recorded.strip_prefix("path+file://") {
        return checkout(Utf8Path::new(folder.split('#').next()?).parent()?);
    }
    if let Some(url) = recorded.strip_prefix("git+") {
        let (url, rev) = url.split_once('#').map_or((url, None), |(url, rev)| (url, Some(rev)));
        let url = url.split('?').next()?.to_owned();
        return Some(InstallSource::Git { url, rev: rev.map(str::to_owned) });
    }
    Some(InstallSource::Version)
}

/// A tool that was built and not installed comes from the folder it was built in.
fn built_here() -> Option<InstallSource> {
    checkout(Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent()?)
}

/// A folder that is gone means the version.
fn checkout(folder: &Utf8Path) -> Option<InstallSource> {
    let found = folder.join("migrate-runtime").join("Cargo.toml").is_file();
    found.then(|| InstallSource::Path(folder.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_record_is_understood() {
        assert_eq!(source_of("registry+https://example.org/index"), Some(InstallSource::Version));
        assert_eq!(
            source_of("git+https://example.org/x?branch=main#abc"),
            Some(InstallSource::Git {
                url: "https://example.org/x".into(),
                rev: Some("abc".into())
            })
        );
        assert_eq!(source_of("path+file:///nowhere/cargo-migrate"), None);
    }

    #[test]
    fn the_requirement_is_one_that_this_version_satisfies() {
        let requirement = semver::VersionReq::parse(&requirement()).unwrap();
        assert!(requirement.matches(&semver::Version::parse(env!("CARGO_PKG_VERSION")).unwrap()));
    }

    #[test]
    fn a_dependency_is_written_as_toml() {
        let path = InstallSource::Path("/a \"b\"".into());
        assert_eq!(path.dependency("migrate-build"), r#"path = '/a "b"/migrate-build'"#);
    }
}
