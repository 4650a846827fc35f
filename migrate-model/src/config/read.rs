//! Reading the keys, one line each, so that this file is the list of them.

use std::time::Duration;

use toml_edit::{Document, Item};

use super::error::{ConfigError, ConfigProblem};
use super::{Config, MultipleHeads, TransactionSetting};
use crate::dialect::Dialect;
use crate::nearest::nearest;
use crate::text::Position;

const KEYS: [&str; 8] = [
    "revisions",
    "dialects",
    "database-url",
    "database-url-env",
    "table",
    "transaction",
    "multiple-heads",
    "lock-timeout",
];

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
    let Some(table) = item.as_table_like() else {
        return Err(reader.bad(item, "package.metadata.migrate", "a table"));
    };
    let mut config = Config::default();
    for (key, item) in table.iter() {
        match key {
            "revisions" => config.revisions = reader.strings(item, key)?,
            "dialects" => config.dialects = reader.dialects(item, key)?,
            "database-url" => config.database_url = Some(reader.string(item, key)?),
            "database-url-env" => config.database_url_env = reader.string(item, key)?,
            "table" => config.table = Some(reader.string(item, key)?),
            "transaction" => {
                let values = [("each", TransactionSetting::Each), ("all", TransactionSetting::All)];
                config.transaction = reader.one_of(item, key, &values)?;
            }
            "multiple-heads" => {
                let values = [("deny", MultipleHeads::Deny), ("allow", MultipleHeads::Allow)];
                config.multiple_heads = reader.one_of(item, key, &values)?;
            }
            "lock-timeout" => config.lock_timeout = Some(reader.duration(item, key)?),
            _ => {
                let span = document.key_span(key, item);
                return Err(ConfigError {
                    position: Position::at(manifest, span),
                    problem: ConfigProblem::UnknownKey {
                        key: key.to_owned(),
                        nearest: nearest(key, KEYS).map(str::to_owned),
                    },
                });
            }
        }
    }
    Ok(Some(config))
}

/// Where an unknown key stands.
trait KeySpan {
    fn key_span(&self, key: &str, item: &Item) -> usize;
}

impl KeySpan for Document<&str> {
    fn key_span(&self, key: &str, item: &Item) -> usize {
        let table = self.get("package").and_then(|package| package.get("metadata"));
        let table = table.and_then(|metadata| metadata.get("migrate"));
        let span = table
            .and_then(Item::as_table_like)
            .and_then(|table| table.key(key))
            .and_then(toml_edit::Key::span)
            .or_else(|| item.span());
        span.map_or(0, |span| span.start)
    }
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

    fn string(&self, item: &Item, key: &str) -> Result<String, ConfigError> {
        item.as_str().map(str::to_owned).ok_or_else(|| self.bad(item, key, "a string"))
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
        let manifest = "[package.metadata.migrate]\nrevisions = \"db\"\ndialects = [\"sqlite\"]\n\
            database-url = \"sqlite:x.db\"\ndatabase-url-env = \"URL\"\ntable = \"t_revisions\"\n\
            transaction = \"all\"\nmultiple-heads = \"allow\"\nlock-timeout = \"5m\"\n";
        let config = from_manifest(manifest).unwrap().unwrap();
        assert_eq!(
            config,
            Config {
                revisions: vec!["db".into()],
                dialects: vec![Dialect::Sqlite],
                database_url_env: "URL".into(),
                database_url: Some("sqlite:x.db".into()),
                table: Some("t_revisions".into()),
                transaction: TransactionSetting::All,
                multiple_heads: MultipleHeads::Allow,
                lock_timeout: Some(Duration::from_mins(5)),
            }
        );
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
            "multiple-heads = \"maybe\"",
            "`multiple-heads` must be \"deny\" or \"allow\"",
            "config.bad_value",
        );
        fails(
            "dialects = [\"oracle\"]",
            "`dialects` must be a list of dialects (sqlite, postgres, mysql, mariadb); `oracle` is none",
            "config.bad_value",
        );
    }
}
