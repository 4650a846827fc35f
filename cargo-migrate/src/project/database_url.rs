//! Which database is meant, and how it may be shown: the command line before the environment
//! before `.env` before the configuration.

use std::borrow::Cow;

use camino::{Utf8Path, Utf8PathBuf};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{Project, current_folder};
use crate::arguments::Common;
use crate::error::CliError;

/// A database's URL: one to connect with, one to show.
#[derive(Clone)]
pub(crate) struct DatabaseUrl {
    url: String,
    shown: String,
    /// The file of a SQLite database; `None` for one in memory.
    file: Option<Utf8PathBuf>,
}

impl DatabaseUrl {
    /// To connect with. It may hold a password.
    pub(crate) fn as_str(&self) -> &str {
        &self.url
    }

    /// To show: as it was written, without its password.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The file of a SQLite database; `None` for one in memory.
    pub(crate) fn file(&self) -> Option<&Utf8Path> {
        self.file.as_deref()
    }

    /// Whether it is a SQLite file that isn't there yet.
    pub(crate) fn is_missing(&self) -> bool {
        self.file.as_ref().is_some_and(|file| !file.exists())
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

pub(super) fn find(project: &Project, common: &Common) -> Result<DatabaseUrl, CliError> {
    let variable = project.config.database_url_env.as_str();
    if let Some(url) = &common.database_url {
        return parse(url, &current_folder()?);
    }
    if let Some(name) = &common.env {
        return of_environment(project, common, name);
    }
    if let Some(url) = std::env::var(variable).ok().filter(|url| !url.is_empty()) {
        return parse(&url, &current_folder()?);
    }
    if let Some(url) = from_dotenv(&project.workspace, variable)? {
        return parse(&url, &project.workspace);
    }
    if let Some(url) = &project.config.database_url {
        return parse(url, &project.workspace);
    }
    Err(CliError::Project {
        code: "config.no_database_url",
        message: format!("no database: {variable} is not set, and .env does not set it"),
        hint: Some(format!(
            "echo '{variable}=sqlite:app.db' >> {}",
            super::shown(&project.workspace.join(".env"))
        )),
        candidates: Vec::new(),
    })
}

/// The URL of a named environment; `${NAME}` stands for a value of `-x`, else for a variable.
fn of_environment(project: &Project, common: &Common, name: &str) -> Result<DatabaseUrl, CliError> {
    let unknown = |message: String| CliError::Project {
        code: "config.env",
        message,
        hint: None,
        candidates: project.config.environments.keys().cloned().collect(),
    };
    let environment = project.config.environments.get(name).ok_or_else(|| {
        let known: Vec<&str> = project.config.environments.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        unknown(format!("no [package.metadata.migrate.env.{name}]; there are: {known}"))
    })?;
    let url = environment.url.as_deref();
    let url =
        url.ok_or_else(|| unknown(format!("[package.metadata.migrate.env.{name}] has no url")))?;
    let mut expanded = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, after) = after
            .split_once('}')
            .ok_or_else(|| unknown(format!("env.{name}.url: a `${{` without its `}}`")))?;
        let value = common.values.iter().find(|(key, _)| key == variable).map(|(_, v)| v.clone());
        let value = value.or_else(|| std::env::var(variable).ok()).ok_or_else(|| {
            unknown(format!("env.{name}.url needs the environment variable {variable}"))
        })?;
        expanded.push_str(before);
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    parse(&expanded, &project.workspace)
}

fn from_dotenv(workspace: &Utf8Path, variable: &str) -> Result<Option<String>, CliError> {
    let path = workspace.join(".env");
    if !path.is_file() {
        return Ok(None);
    }
    // dotenvy's own message would quote the line, and the line may hold a password.
    let unreadable = |error: &dotenvy::Error| {
        let name = match error {
            dotenvy::Error::LineParse(line, _) => line.split('=').next().unwrap_or_default().trim(),
            _ => "",
        };
        let place = if name.is_empty() { String::new() } else { format!(" at `{name}`") };
        CliError::Project {
            code: "config.dotenv",
            message: format!("{} can't be read{place}", super::shown(&path)),
            hint: Some("a line is NAME=value; a value with spaces stands in quotes".to_owned()),
            candidates: Vec::new(),
        }
    };
    let mut fault = None;
    for pair in dotenvy::from_path_iter(&path).map_err(|error| unreadable(&error))? {
        match pair {
            Ok((name, value)) if name == variable && !value.is_empty() => return Ok(Some(value)),
            Ok(_) => {}
            // A line that is none of ours is no matter, as long as ours is found.
            Err(error) => fault = Some(unreadable(&error)),
        }
    }
    fault.map_or(Ok(None), Err)
}

fn parse(url: &str, base: &Utf8Path) -> Result<DatabaseUrl, CliError> {
    let shown = redacted(url);
    let unusable = |message: String| CliError::Project {
        code: "config.database_url",
        message,
        hint: Some("a database's URL looks like sqlite:app.db".to_owned()),
        candidates: Vec::new(),
    };
    match url.split_once(':') {
        Some(("sqlite", rest)) => {
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            let (path, query) = rest.split_once('?').map_or((rest, None), |(a, b)| (a, Some(b)));
            let in_memory = path == ":memory:"
                || query.is_some_and(|query| query.split('&').any(|part| part == "mode=memory"));
            if in_memory {
                return Ok(DatabaseUrl { url: url.to_owned(), shown, file: None });
            }
            if path.is_empty() {
                return Err(unusable("the SQLite URL names no file".to_owned()));
            }
            let path = base.join(&*percent_decoded(path));
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            let url = format!("sqlite://{}{query}", percent_encoded(path.as_str()));
            Ok(DatabaseUrl { url, shown, file: Some(path) })
        }
        Some((scheme @ ("postgres" | "postgresql" | "mysql" | "mariadb"), _)) => {
            Err(unusable(format!("{scheme} is not supported by this version")))
        }
        // It isn't shown: what is no URL can't be told apart into what is secret and what isn't.
        _ => Err(unusable("what is given is no database URL".to_owned())),
    }
}

/// sqlx decodes the path of a SQLite URL, so that it may contain `?` and `#`.
const PATH: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

fn percent_encoded(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

fn percent_decoded(path: &str) -> Cow<'_, str> {
    percent_decode_str(path).decode_utf8().unwrap_or(Cow::Borrowed(path))
}

/// The URL without what is secret: a password before the host, and `password=` in the query.
fn redacted(url: &str) -> String {
    let (main, query) = url.split_once('?').map_or((url, None), |(a, b)| (a, Some(b)));
    // The last `@` ends the password, even where one stands in it unescaped.
    let main = match main.split_once("://").map(|(scheme, rest)| (scheme, rest.rsplit_once('@'))) {
        Some((scheme, Some((user, host)))) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}")
        }
        _ => main.to_owned(),
    };
    let secret = |part: &str| match part.split_once('=') {
        Some((key, _)) if key.to_lowercase().contains("pass") => format!("{key}=***"),
        _ => part.to_owned(),
    };
    match query {
        Some(query) => {
            format!("{main}?{}", query.split('&').map(secret).collect::<Vec<_>>().join("&"))
        }
        None => main,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (String, String) {
        let url = parse(url, Utf8Path::new("/base dir")).unwrap();
        (url.as_str().to_owned(), url.shown().to_owned())
    }

    #[test]
    fn relative_files_count_from_the_base() {
        assert_eq!(parsed("sqlite:a.db").0, "sqlite:///base dir/a.db");
        assert_eq!(parsed("sqlite://a.db?mode=ro").0, "sqlite:///base dir/a.db?mode=ro");
        assert_eq!(parsed("sqlite:///x/a.db").0, "sqlite:///x/a.db");
        assert_eq!(parsed("sqlite:a%3Fb.db").0, "sqlite:///base dir/a%3Fb.db");
        assert_eq!(parsed("sqlite::memory:").0, "sqlite::memory:");
        assert_eq!(parsed("sqlite:a.db").1, "sqlite:a.db");
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(redacted("postgres://me:s3cret@host/db"), "postgres://me:***@host/db");
        assert_eq!(redacted("postgres://me:a@b:c@host/db"), "postgres://me:***@host/db");
        assert_eq!(
            redacted("mysql://host/db?password=s3cret&x=1"),
            "mysql://host/db?password=***&x=1"
        );
        assert_eq!(redacted("sqlite:a.db"), "sqlite:a.db");
    }
}
