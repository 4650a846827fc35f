//! Reading the keys, one line each, so that this file is the list of them.

use std::time::Duration;

use toml_edit::{Document, Item, TableLike};

use super::error::{ConfigError, ConfigProblem};
use super::{
    Config, Environment, Filename, LockSetting, MultipleHeads, StoreSource, TransactionSetting,
};
use crate::dialect::Dialect;
use crate::nearest::nearest;
use crate::text::Position;

const KEYS: [&str; 18] = [
    "revisions",
    "dialects",
    "database-url",
    "database-url-env",
    "table",
    "schema",
    "transaction",
    "multiple-heads",
    "lock",
    "lock-timeout",
    "statement-timeout",
    "store-source",
    "store-source-max",
    "filename",
    "templates",
    "post-write",
    "exclude",
    "env",
];
const FILENAME_KEYS: [&str; 3] = ["pattern", "slug-length", "time-zone"];
const ENVIRONMENT_KEYS: [&str; 3] = ["url", "table", "schema"];

pub(super) fn from_manifest(manifest: &str) -> Result<Option<Config>, ConfigError> {
    let document = Document::parse(manifest).map_err(|error| ConfigError {
        position: Position::at(manifest, error.span().map_or(0, |span| span.start)),
        problem: ConfigProblem::Syntax { message: error.message().to_owned() },
    })?;
    let item = ["package", "metadata", "migrate"]
        .into_iter()
        .try_fold(document.as_item(), |item, key| item.as_table_like()?.get(key));
    let Some(item) = item else { return Ok(None) };
    let reader = Reader { manifest };
    let table = reader.table(item, "package.metadata.migrate")?;
    let mut config = Config::default();
    for (key, item) in table.iter() {
        match key {
            "revisions" => {
                config.revisions = reader.strings(item, key)?;
                if config.revisions.is_empty() {
                    return Err(reader.bad(item, key, "a folder, or a list of folders"));
                }
            }
            "dialects" => config.dialects = reader.dialects(item, key)?,
            "database-url" => config.database_url = Some(reader.string(item, key)?),
            "database-url-env" => config.database_url_env = reader.string(item, key)?,
            "table" => config.table = Some(reader.string(item, key)?),
            "schema" => config.schema = Some(reader.name(item, key)?),
            "transaction" => {
                let values = [("each", TransactionSetting::Each), ("all", TransactionSetting::All)];
                config.transaction = reader.one_of(item, key, &values)?;
            }
            "multiple-heads" => {
                let values = [("deny", MultipleHeads::Deny), ("allow", MultipleHeads::Allow)];
                config.multiple_heads = reader.one_of(item, key, &values)?;
            }
            "lock" => {
                let values = [
                    ("session", LockSetting::Session),
                    ("transaction", LockSetting::Transaction),
                    ("lease", LockSetting::Lease),
                ];
                config.lock = reader.one_of(item, key, &values)?;
            }
            "lock-timeout" => config.lock_timeout = Some(reader.duration(item, key)?),
            "statement-timeout" => config.statement_timeout = Some(reader.duration(item, key)?),
            "store-source" => {
                let values = [
                    ("full", StoreSource::Full),
                    ("down", StoreSource::Down),
                    ("none", StoreSource::None),
                ];
                config.store_source = reader.one_of(item, key, &values)?;
            }
            "store-source-max" => config.store_source_max = Some(reader.count(item, key)?),
            "filename" => config.filename = filename(&reader, item)?,
            "templates" => config.templates = Some(reader.string(item, key)?),
            "post-write" => config.post_write = reader.strings(item, key)?,
            "exclude" => config.exclude = reader.strings(item, key)?,
            "env" => {
                for (name, item) in reader.table(item, key)?.iter() {
                    let environment = environment(&reader, item, &format!("env.{name}"))?;
                    config.environments.insert(name.to_owned(), environment);
                }
            }
            _ => return Err(reader.unknown(table, "package.metadata.migrate", key, &KEYS)),
        }
    }
    Ok(Some(config))
}

/// `filename`: a pattern, or a table of its settings.
fn filename(reader: &Reader<'_>, item: &Item) -> Result<Filename, ConfigError> {
    let mut filename = Filename::default();
    if let Some(pattern) = item.as_str() {
        pattern.clone_into(&mut filename.pattern);
    } else {
        let table = reader.table(item, "filename")?;
        for (key, item) in table.iter() {
            match key {
                "pattern" => filename.pattern = reader.string(item, "filename.pattern")?,
                "slug-length" => {
                    filename.slug_length = reader.count(item, "filename.slug-length")?;
                }
                "time-zone" => filename.time_zone = reader.string(item, "filename.time-zone")?,
                _ => return Err(reader.unknown(table, "filename", key, &FILENAME_KEYS)),
            }
        }
    }
    // Without the id two revisions of a day could have the same name.
    if !filename.pattern.contains("{id}") || filename.pattern.contains(['/', '\\']) {
        return Err(reader.bad(
            item,
            "filename",
            "a file name with `{id}` in it, without its ending",
        ));
    }
    Ok(filename)
}

fn environment(reader: &Reader<'_>, item: &Item, name: &str) -> Result<Environment, ConfigError> {
    let mut environment = Environment::default();
    let table = reader.table(item, name)?;
    for (key, item) in table.iter() {
        match key {
            "url" => environment.url = Some(reader.string(item, &format!("{name}.url"))?),
            "table" => environment.table = Some(reader.string(item, &format!("{name}.table"))?),
            "schema" => environment.schema = Some(reader.name(item, &format!("{name}.schema"))?),
            _ => return Err(reader.unknown(table, name, key, &ENVIRONMENT_KEYS)),
        }
    }
    Ok(environment)
}

/// Reads values; errors carry their place in the manifest.
struct Reader<'a> {
    manifest: &'a str,
}

impl Reader<'_> {
    fn bad(&self, item: &Item, key: &str, expected: impl Into<String>) -> ConfigError {
        let offset = item.span().map_or(0, |span| span.start);
        ConfigError {
            position: Position::at(self.manifest, offset),
            problem: ConfigProblem::BadValue { key: key.to_owned(), expected: expected.into() },
        }
    }

    /// A key that nobody knows, at its own place.
    fn unknown(
        &self,
        table: &dyn TableLike,
        within: &str,
        key: &str,
        known: &[&str],
    ) -> ConfigError {
        let span = table.key(key).and_then(toml_edit::Key::span);
        ConfigError {
            position: Position::at(self.manifest, span.map_or(0, |span| span.start)),
            problem: ConfigProblem::UnknownKey {
                key: key.to_owned(),
                within: within.to_owned(),
                nearest: nearest(key, known.iter().copied()).map(str::to_owned),
                known: known.join(", "),
            },
        }
    }

    fn table<'i>(&self, item: &'i Item, key: &str) -> Result<&'i dyn TableLike, ConfigError> {
        item.as_table_like().ok_or_else(|| self.bad(item, key, "a table"))
    }

    fn count(&self, item: &Item, key: &str) -> Result<usize, ConfigError> {
        item.as_integer()
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| *number > 0)
            .ok_or_else(|| self.bad(item, key, "a number above 0"))
    }

    fn string(&self, item: &Item, key: &str) -> Result<String, ConfigError> {
        item.as_str().map(str::to_owned).ok_or_else(|| self.bad(item, key, "a string"))
    }

    /// A string that names something.
    fn name(&self, item: &Item, key: &str) -> Result<String, ConfigError> {
        let name = self.string(item, key)?;
        if name.trim().is_empty() {
            return Err(self.bad(item, key, "a name"));
        }
        Ok(name)
    }

    /// A list of strings, or one.
    fn strings(&self, item: &Item, key: &str) -> Result<Vec<String>, ConfigError> {
        let bad = || self.bad(item, key, "a string, or a list of strings");
        if let Some(one) = item.as_str() {
            return Ok(vec![one.to_owned()]);
        }
        let list = item.as_array().ok_or_else(bad)?;
        list.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(bad)).collect()
    }

    fn dialects(&self, item: &Item, key: &str) -> Result<Vec<Dialect>, ConfigError> {
        let known = Dialect::ALL.map(Dialect::name).join(", ");
        let dialect = |name: String| {
            let expected = format!("a list of dialects ({known}); `{name}` is none");
            Dialect::from_name(&name).ok_or_else(|| self.bad(item, key, expected))
        };
        self.strings(item, key)?.into_iter().map(dialect).collect()
    }

    fn one_of<T: Copy>(
        &self,
        item: &Item,
        key: &str,
        values: &[(&str, T)],
    ) -> Result<T, ConfigError> {
        let found = values.iter().find(|(name, _)| item.as_str() == Some(name));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<String> = values.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            self.bad(item, key, names.join(" or "))
        })
    }

    fn duration(&self, item: &Item, key: &str) -> Result<Duration, ConfigError> {
        item.as_str()
            .and_then(|text| humantime::parse_duration(text).ok())
            .ok_or_else(|| self.bad(item, key, "a time span like \"30s\" or \"5m\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_are_read() {
        let manifest = r#"
[package.metadata.migrate]
revisions = "db"
dialects = ["sqlite"]
database-url = "sqlite:x.db"
database-url-env = "URL"
table = "t_revisions"
schema = "app"
transaction = "all"
multiple-heads = "allow"
lock = "transaction"
lock-timeout = "5m"
statement-timeout = "30s"
store-source = "down"
store-source-max = 1000
filename = { pattern = "{id}", slug-length = 9, time-zone = "local" }
templates = "templates"
post-write = ["sqlfluff fix"]
exclude = ["spatial_ref_sys"]
[package.metadata.migrate.env.prod]
url = "sqlite:${NAME}.db"
table = "p_revisions"
schema = "prod"
"#;
        let config = from_manifest(manifest).unwrap().unwrap();
        let expected = Config {
            revisions: vec!["db".into()],
            dialects: vec![Dialect::Sqlite],
            database_url_env: "URL".into(),
            database_url: Some("sqlite:x.db".into()),
            table: Some("t_revisions".into()),
            schema: Some("app".into()),
            transaction: TransactionSetting::All,
            multiple_heads: MultipleHeads::Allow,
            lock: LockSetting::Transaction,
            lock_timeout: Some(Duration::from_mins(5)),
            statement_timeout: Some(Duration::from_secs(30)),
            store_source: StoreSource::Down,
            store_source_max: Some(1000),
            filename: Filename {
                pattern: "{id}".into(),
                slug_length: 9,
                time_zone: "local".into(),
            },
            templates: Some("templates".into()),
            post_write: vec!["sqlfluff fix".into()],
            exclude: vec!["spatial_ref_sys".into()],
            environments: [(
                "prod".to_owned(),
                Environment {
                    url: Some("sqlite:${NAME}.db".into()),
                    table: Some("p_revisions".into()),
                    schema: Some("prod".into()),
                },
            )]
            .into(),
        };
        assert_eq!(config, expected);
        assert_eq!(from_manifest("[package]\nname = \"x\"\n"), Ok(None));
    }

    #[track_caller]
    fn fails(line: &str, expected: &str, code: &str) {
        let manifest = format!("[package]\nname = \"x\"\n[package.metadata.migrate]\n{line}\n");
        let error = from_manifest(&manifest).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.problem.code()), (expected, code));
        assert_eq!(error.position.line, 4);
    }

    #[test]
    fn faults_are_named_with_their_line() {
        fails(
            "revision = \"db\"",
            "unknown key `revision` in [package.metadata.migrate] (did you mean `revisions`?)",
            "config.unknown_key",
        );
        fails("table = 1", "`table` must be a string", "config.bad_value");
        fails(
            "env.prod.ur1 = \"x\"",
            "unknown key `ur1` in [env.prod] (did you mean `url`?)",
            "config.unknown_key",
        );
        fails(
            "filename = \"{slug}\"",
            "`filename` must be a file name with `{id}` in it, without its ending",
            "config.bad_value",
        );
        fails(
            "multiple-heads = \"maybe\"",
            "`multiple-heads` must be \"deny\" or \"allow\"",
            "config.bad_value",
        );
        fails(
            "lock = \"row\"",
            "`lock` must be \"session\" or \"transaction\" or \"lease\"",
            "config.bad_value",
        );
        fails("schema = \"\"", "`schema` must be a name", "config.bad_value");
        fails("env.prod.schema = 1", "`env.prod.schema` must be a string", "config.bad_value");
        fails(
            "exclude = [1]",
            "`exclude` must be a string, or a list of strings",
            "config.bad_value",
        );
        fails(
            "statement-timeout = \"soon\"",
            "`statement-timeout` must be a time span like \"30s\" or \"5m\"",
            "config.bad_value",
        );
        fails(
            "dialects = [\"oracle\"]",
            "`dialects` must be a list of dialects (sqlite, postgres, mysql, mariadb); `oracle` is none",
            "config.bad_value",
        );
    }
}
