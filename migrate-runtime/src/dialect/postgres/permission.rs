//! A missing right as the statement that gives it. The server's error names the object; which
//! right it is, and whose, is asked.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::error::sqlstate;
use super::quote;
use crate::error::{ErrorKind, message};

/// What a statement wanted with the tables that it names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// To read the history.
    Read,
    /// To write it.
    Write,
    /// What a revision's own statement says.
    Statement(&'a str),
}

impl Purpose<'_> {
    /// The rights that it takes, of which one is missing.
    fn rights(self) -> &'static [&'static str] {
        let Self::Statement(sql) = self else {
            return match self {
                Self::Read => &["SELECT"],
                _ => &["SELECT", "INSERT", "UPDATE", "DELETE"],
            };
        };
        let words = || sql.split(|letter: char| !letter.is_ascii_alphabetic());
        let first = words().find(|word| !word.is_empty()).unwrap_or_default();
        let has = |name: &str| words().any(|word| word.eq_ignore_ascii_case(name));
        match first.to_ascii_uppercase().as_str() {
            "INSERT" => &["INSERT"],
            "UPDATE" => &["SELECT", "UPDATE"],
            "DELETE" => &["SELECT", "DELETE"],
            "TRUNCATE" => &["TRUNCATE"],
            "CREATE" if has("TRIGGER") => &["TRIGGER"],
            "CREATE" | "ALTER" if has("REFERENCES") => &["REFERENCES"],
            "SELECT" | "CREATE" | "ALTER" => &["SELECT"],
            _ => &["SELECT", "INSERT", "UPDATE", "DELETE"],
        }
    }
}

/// The error of a statement outside of revisions, with the right that is missing if it is one.
pub(super) async fn explained(
    connection: &mut PgConnection,
    doing: String,
    source: sqlx::Error,
) -> ErrorKind {
    with_grant(connection, doing, source, Purpose::Read, None).await
}

/// The same, for the history tables.
pub(super) async fn with_grant(
    connection: &mut PgConnection,
    doing: String,
    source: sqlx::Error,
    purpose: Purpose<'_>,
    schema: Option<&str>,
) -> ErrorKind {
    match grant(connection, &source, purpose, schema).await {
        Some(grant) => ErrorKind::Permission { doing, source, grant },
        None => ErrorKind::Database { doing, source },
    }
}

/// What would give the right whose absence is the error; `None` if it is another error, or the
/// server does not say enough. The object may be in several schemas; `schema` is the likeliest.
pub(super) async fn grant(
    connection: &mut PgConnection,
    error: &sqlx::Error,
    purpose: Purpose<'_>,
    schema: Option<&str>,
) -> Option<String> {
    // insufficient_privilege
    if sqlstate(error) != Some("42501") {
        return None;
    }
    let message = message(error);
    let sql = match Denied::read(&message)? {
        Denied::Relation(name) => right_on_relation(name, purpose, schema),
        Denied::Sequence(name) => {
            format!(
                "SELECT 'GRANT USAGE ON SEQUENCE ' || {QUALIFIED} || {TO_ME} {}",
                relation(name, schema)
            )
        }
        Denied::Ownership(name) => ownership(name, schema),
        Denied::Schema(name) => {
            let name = quote::text(name);
            format!(
                "SELECT CASE WHEN pg_catalog.has_schema_privilege({name}, 'USAGE') \
                 THEN 'GRANT CREATE' ELSE 'GRANT USAGE' END || ' ON SCHEMA ' || \
                 pg_catalog.quote_ident({name}) || {TO_ME}"
            )
        }
        Denied::Database(name) => format!(
            "SELECT 'GRANT CREATE ON DATABASE ' || pg_catalog.quote_ident({}) || {TO_ME}",
            quote::text(name)
        ),
        Denied::Creating => "SELECT 'ALTER ROLE ' || pg_catalog.quote_ident(current_user) || \
                             ' CREATEDB'"
            .to_owned(),
    };
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(connection).await.ok()??;
    row.try_get::<Option<String>, _>(0).ok()?.map(|grant| grant + ";")
}

const QUALIFIED: &str =
    "pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)";
const TO_ME: &str = "' TO ' || pg_catalog.quote_ident(current_user)";

fn right_on_relation(name: &str, purpose: Purpose<'_>, schema: Option<&str>) -> String {
    let rights: Vec<String> = purpose.rights().iter().map(|right| quote::text(right)).collect();
    // Who may insert and is refused reads from it.
    format!(
        "SELECT 'GRANT ' || coalesce((SELECT string_agg(wanted, ', ') \
         FROM unnest(ARRAY[{}]) AS wanted \
         WHERE NOT pg_catalog.has_table_privilege(c.oid, wanted)), 'SELECT') || ' ON ' || \
         {QUALIFIED} || {TO_ME} {}",
        rights.join(", "),
        relation(name, schema)
    )
}

/// To be a member of the owner's role is enough; a superuser's role is given to nobody.
fn ownership(name: &str, schema: Option<&str>) -> String {
    format!(
        "SELECT CASE WHEN r.rolsuper THEN 'ALTER ' || CASE c.relkind WHEN 'v' THEN 'VIEW ' \
         WHEN 'm' THEN 'MATERIALIZED VIEW ' WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || \
         {QUALIFIED} || ' OWNER' ELSE 'GRANT ' || pg_catalog.quote_ident(r.rolname) END || \
         {TO_ME} {}",
        relation(name, schema)
    )
}

/// The relation of that name that was most likely meant: that of the schema, else the one that
/// the `search_path` finds.
fn relation(name: &str, schema: Option<&str>) -> String {
    let schema = schema.map_or_else(|| "NULL".to_owned(), quote::text);
    format!(
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_roles r ON r.oid = c.relowner \
         WHERE c.relname = {} AND n.nspname NOT LIKE 'pg\\_%' \
         ORDER BY n.nspname IS NOT DISTINCT FROM {schema} DESC, \
         pg_catalog.pg_table_is_visible(c.oid) DESC, n.nspname LIMIT 1",
        quote::text(name)
    )
}

/// What an error says that is denied.
#[derive(Debug, PartialEq, Eq)]
enum Denied<'m> {
    Relation(&'m str),
    Sequence(&'m str),
    Schema(&'m str),
    Database(&'m str),
    /// What only the owner may do.
    Ownership(&'m str),
    /// To create databases.
    Creating,
}

impl<'m> Denied<'m> {
    /// From the server's message; its fields don't say it. A message in another language than
    /// English gives nothing. <https://github.com/postgres/postgres/blob/master/src/backend/catalog/aclchk.c>
    fn read(message: &'m str) -> Option<Self> {
        if message == "permission denied to create database" {
            return Some(Self::Creating);
        }
        let after = |start: &str| {
            let name = message.strip_prefix(start)?.trim_start();
            Some(name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name))
        };
        let relations = ["table ", "view ", "materialized view ", "foreign table ", "relation "];
        relations
            .iter()
            .find_map(|kind| {
                let denied = after(&format!("permission denied for {kind}")).map(Self::Relation);
                denied.or_else(|| after(&format!("must be owner of {kind}")).map(Self::Ownership))
            })
            .or_else(|| after("must be owner of sequence ").map(Self::Ownership))
            .or_else(|| after("permission denied for sequence ").map(Self::Sequence))
            .or_else(|| after("permission denied for schema ").map(Self::Schema))
            .or_else(|| after("permission denied for database ").map(Self::Database))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_is_in_the_message() {
        for (message, denied) in [
            ("permission denied for table a b", Some(Denied::Relation("a b"))),
            ("permission denied for relation \"a\"", Some(Denied::Relation("a"))),
            ("must be owner of materialized view v", Some(Denied::Ownership("v"))),
            ("permission denied for schema public", Some(Denied::Schema("public"))),
            ("permission denied to create database", Some(Denied::Creating)),
            ("keine Berechtigung für Tabelle a", None),
        ] {
            assert_eq!(Denied::read(message), denied, "{message}");
        }
    }

    #[test]
    fn the_statement_says_what_it_takes() {
        for (sql, rights) in [
            ("select 1 from a", ["SELECT"].as_slice()),
            ("DELETE FROM a", &["SELECT", "DELETE"]),
            ("CREATE TABLE b (a int REFERENCES a)", &["REFERENCES"]),
            (
                "/* ? */ WITH x AS (SELECT 1) INSERT INTO a SELECT 1",
                &["SELECT", "INSERT", "UPDATE", "DELETE"],
            ),
        ] {
            assert_eq!(Purpose::Statement(sql).rights(), rights, "{sql}");
        }
    }
}
