//! Which database is meant, and how it may be shown: the command line before the environment
//! before `.env` before the configuration.

use std::borrow::Cow;

use camino::{Utf8Path, Utf8PathBuf};
use migrate_model::Dialect;
use migrate_model::config::{Config, Environment};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{Project, current_folder, dotenv};
use crate::arguments::Common;
use crate::error::CliError;
use crate::output::paste::word;

/// A database's URL: one to connect with, one to show.
#[derive(Clone)]
pub(crate) struct DatabaseUrl {
    url: String,
    shown: String,
    /// The file of a SQLite database; `None` for one in memory, or on a server.
    file: Option<Utf8PathBuf>,
    dialect: Dialect,
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

    /// The dialect that its scheme says.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The same, where only the project knows which of two servers with one protocol it is.
    pub(crate) fn of_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// The file of a SQLite database; `None` for one in memory, or on a server.
    pub(crate) fn file(&self) -> Option<&Utf8Path> {
        self.file.as_deref()
    }

    /// Whether the URL itself forbids writing.
    pub(crate) fn is_read_only(&self) -> bool {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|part| matches!(part, "mode=ro" | "immutable=1" | "immutable=true"))
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
    if let Some(url) = dotenv::value_of(&project.workspace, variable)? {
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
            word(&super::shown(&project.workspace.join(".env")))
        )),
        candidates: Vec::new(),
    })
}

/// The environment of that name.
pub(super) fn environment<'c>(config: &'c Config, name: &str) -> Result<&'c Environment, CliError> {
    config.environments.get(name).ok_or_else(|| {
        let known: Vec<String> = config.environments.keys().cloned().collect();
        let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        CliError::Project {
            code: "config.env",
            message: format!("no [package.metadata.migrate.env.{name}]; there are: {list}"),
            hint: Some(format!("add [package.metadata.migrate.env.{name}] with a url")),
            candidates: known,
        }
    })
}

/// The URL of a named environment; `${NAME}` stands for a value of `-x`, else for a variable.
fn of_environment(project: &Project, common: &Common, name: &str) -> Result<DatabaseUrl, CliError> {
    let environment = environment(&project.config, name)?;
    let unknown = |message: String| CliError::Project {
        code: "config.env",
        message,
        hint: Some(format!("set `url` in [package.metadata.migrate.env.{name}]")),
        candidates: Vec::new(),
    };
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
        let value =
            value.or_else(|| std::env::var(variable).ok()).ok_or_else(|| CliError::Project {
                code: "config.env",
                message: format!("env.{name}.url needs the environment variable {variable}"),
                hint: Some(format!("set {variable}, or give it: -x {variable}=…")),
                candidates: Vec::new(),
            })?;
        expanded.push_str(before);
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    parse(&expanded, &project.workspace)
}

fn parse(url: &str, base: &Utf8Path) -> Result<DatabaseUrl, CliError> {
    let shown = redacted(url);
    let unusable = |message: String| CliError::Project {
        code: "config.database_url",
        message,
        hint: Some(
            "a database's URL looks like sqlite:app.db, postgres://user@host/app or \
             mysql://user@host/app"
                .to_owned(),
        ),
        candidates: Vec::new(),
    };
    match url.split_once(':') {
        Some(("sqlite", rest)) => {
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            let (path, query) = rest.split_once('?').map_or((rest, None), |(a, b)| (a, Some(b)));
            let in_memory = path == ":memory:"
                || query.is_some_and(|query| query.split('&').any(|part| part == "mode=memory"));
            if in_memory {
                return Ok(DatabaseUrl {
                    url: url.to_owned(),
                    shown,
                    file: None,
                    dialect: Dialect::Sqlite,
                });
            }
            if path.is_empty() {
                return Err(unusable("the SQLite URL names no file".to_owned()));
            }
            let path = base.join(&*percent_decoded(path));
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            let url = format!("sqlite://{}{query}", percent_encoded(path.as_str()));
            Ok(DatabaseUrl { url, shown, file: Some(path), dialect: Dialect::Sqlite })
        }
        Some(("postgres" | "postgresql", _)) => {
            Ok(DatabaseUrl { url: url.to_owned(), shown, file: None, dialect: Dialect::Postgres })
        }
        Some((scheme @ ("mysql" | "mariadb"), _)) => {
            let dialect = Dialect::from_name(scheme).unwrap_or(Dialect::Mysql);
            Ok(DatabaseUrl { url: url.to_owned(), shown, file: None, dialect })
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

/// What a parameter of a SQLite URL, `sslmode` or `ssl-mode` may be, and so what may be shown.
const KNOWN_VALUES: [&str; 20] = [
    "ro",
    "rw",
    "rwc",
    "memory",
    "private",
    "shared",
    "true",
    "false",
    "1",
    "0",
    "disable",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
    "DISABLED",
    "PREFERRED",
    "REQUIRED",
    "VERIFY_CA",
    "VERIFY_IDENTITY",
];

/// The URL without what is secret or could be: what stands before an `@`, and every parameter
/// that isn't known.
pub(crate) fn redacted(url: &str) -> String {
    // A password may hold a `?`, so the query begins behind the host.
    let host = url.rfind('@').unwrap_or_default();
    let (main, query) = match url[host..].find('?') {
        Some(at) => (&url[..host + at], Some(&url[host + at + 1..])),
        None => (url, None),
    };
    let main = match (main.split_once(':'), main.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) => {
            let slashes = if rest.starts_with("//") { "//" } else { "" };
            let user = rest.trim_start_matches('/').split([':', '@']).next().unwrap_or_default();
            format!("{scheme}:{slashes}{user}:***@{host}")
        }
        _ => main.to_owned(),
    };
    let shown = |part: &str| match part.split_once('=') {
        Some((_, value)) if KNOWN_VALUES.contains(&value) => part.to_owned(),
        Some((key, _)) => format!("{key}=***"),
        None => "***".to_owned(),
    };
    match query {
        Some(query) => {
            format!("{main}?{}", query.split('&').map(shown).collect::<Vec<_>>().join("&"))
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
        assert_eq!(redacted("postgres://me:a?b@host/db?x=1"), "postgres://me:***@host/db?x=1");
        assert_eq!(redacted("sqlite:a.db"), "sqlite:a.db");
        let tls = "postgres://host/db?sslmode=verify-full";
        assert_eq!(redacted(tls), tls);
    }
}
