//! A missing right as the statement that gives it. The server's error names the object; which
//! right it is, and whose, is asked, where there is a connection to ask on.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::error::sqlstate;
use super::quote;
use crate::error::{ErrorKind, message};
use crate::settings::HistoryTables;

/// What a statement wanted with the tables that it names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// To read the history.
    Read(&'a HistoryTables),
    /// To write it.
    Write(&'a HistoryTables),
    /// Nothing: it's not about tables.
    Other,
    /// What a revision's own statement says.
    Statement(&'a str),
}

impl Purpose<'_> {
    /// The rights that it takes, of which one is missing.
    fn rights(self) -> &'static [&'static str] {
        let sql = match self {
            Self::Statement(sql) => sql,
            Self::Read(_) | Self::Other => return &["SELECT"],
            Self::Write(_) => return &["SELECT", "INSERT", "UPDATE", "DELETE"],
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
    with_grant(connection, doing, source, Purpose::Other, None).await
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
        Denied::Relation(name) => match purpose {
            Purpose::Read(tables) | Purpose::Write(tables) if is_of(tables, name) => {
                rights_on_history(tables, name, purpose, schema)
            }
            _ => right_on_relation(name, purpose, schema),
        },
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
        Denied::OwnDatabase(name) => format!(
            "SELECT CASE WHEN r.rolsuper THEN 'ALTER DATABASE ' || \
             pg_catalog.quote_ident(d.datname) || ' OWNER' ELSE 'GRANT ' || \
             pg_catalog.quote_ident(r.rolname) END || {TO_ME} FROM pg_catalog.pg_database d \
             JOIN pg_catalog.pg_roles r ON r.oid = d.datdba WHERE d.datname = {}",
            quote::text(name)
        ),
        Denied::Creating => "SELECT 'ALTER ROLE ' || pg_catalog.quote_ident(current_user) || \
                             ' CREATEDB'"
            .to_owned(),
    };
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(connection).await.ok()??;
    row.try_get::<Option<String>, _>(0).ok()?.map(|grant| grant + ";")
}

/// The error of a connection that was refused, with the right to connect if it's that. There is
/// nothing to ask on.
pub(super) fn of_connecting(error: ErrorKind, options: &PgConnectOptions) -> ErrorKind {
    let ErrorKind::Database { doing, source } = error else { return error };
    let message = message(&source);
    match Denied::read(&message) {
        Some(Denied::Database(name)) if sqlstate(&source) == Some("42501") => {
            let (name, user) = (quote::name(name), quote::name(options.get_username()));
            let grant = format!("GRANT CONNECT ON DATABASE {name} TO {user};");
            ErrorKind::Permission { doing, source, grant }
        }
        _ => ErrorKind::Database { doing, source },
    }
}

/// What is wrong where the `search_path` leads nowhere because its schemas are closed to us.
pub(super) async fn of_search_path(
    connection: &mut PgConnection,
    tables: &HistoryTables,
) -> Option<ErrorKind> {
    let first = "SELECT n.nspname::text FROM unnest(string_to_array( \
         pg_catalog.current_setting('search_path'), ',')) WITH ORDINALITY AS p (name, at) \
         CROSS JOIN LATERAL (SELECT replace(btrim(btrim(p.name), '\"'), '\"\"', '\"')) AS s (name) \
         JOIN pg_catalog.pg_namespace n ON n.nspname = \
         CASE s.name WHEN '$user' THEN current_user::text ELSE s.name END \
         ORDER BY p.at LIMIT 1";
    let row = sqlx::raw_sql(first).fetch_optional(&mut *connection).await.ok()??;
    let schema: String = row.try_get(0).ok()?;
    // The server says itself what is missing, to whom asks for a table.
    let table = format!("{}.{}", quote::name(&schema), quote::name(&tables.revisions));
    let sql = format!("SELECT FROM {table}");
    let refused = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await.err()?;
    let doing = "looking for the history".to_owned();
    match explained(connection, doing, refused).await {
        permission @ ErrorKind::Permission { .. } => Some(permission),
        _ => None,
    }
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

fn is_of(tables: &HistoryTables, name: &str) -> bool {
    [&tables.revisions, &tables.log, &tables.meta].iter().any(|table| *table == name)
}

/// What is missing on any of the history tables, on all of them: who lacks one needs the others.
fn rights_on_history(
    tables: &HistoryTables,
    name: &str,
    purpose: Purpose<'_>,
    schema: Option<&str>,
) -> String {
    let texts =
        |names: &[&str]| names.iter().map(|name| quote::text(name)).collect::<Vec<_>>().join(", ");
    format!(
        "WITH history AS (SELECT c.oid, {QUALIFIED} AS name, t.at \
         FROM unnest(ARRAY[{}]) WITH ORDINALITY AS t (name, at) \
         JOIN pg_catalog.pg_class c ON c.relname = t.name \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.oid = (SELECT n.oid {})) \
         SELECT 'GRANT ' || (SELECT string_agg(r.name, ', ' ORDER BY r.at) \
         FROM unnest(ARRAY[{}]) WITH ORDINALITY AS r (name, at) WHERE EXISTS (SELECT FROM history h \
         WHERE NOT pg_catalog.has_table_privilege(h.oid, r.name))) || ' ON ' || \
         (SELECT string_agg(h.name, ', ' ORDER BY h.at) FROM history h) || {TO_ME}",
        texts(&[&tables.revisions, &tables.log, &tables.meta]),
        relation(name, schema),
        texts(purpose.rights()),
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
    /// The same, of a database.
    OwnDatabase(&'m str),
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
            .or_else(|| after("must be owner of database ").map(Self::OwnDatabase))
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
            ("permission denied for database \"shop\"", Some(Denied::Database("shop"))),
            ("must be owner of database shop", Some(Denied::OwnDatabase("shop"))),
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
