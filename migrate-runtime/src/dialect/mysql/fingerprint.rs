//! What a schema is at a moment, as far as one statement could change it, as one short text. To
//! read all definitions of a large schema takes the server long, so it is the names of all tables,
//! and the definitions of those that the statement names.

use migrate_model::Checksum;
use migrate_model::script::names;

use super::connect::{Session, text};
use super::quote;

/// Objects beside tables: the word that a statement has that defines one, and what to ask.
const OTHERS: [(&[&str], &str); 3] = [
    (
        &["TRIGGER"],
        "SELECT CONCAT_WS(' ', trigger_name, event_object_table, action_timing, \
         event_manipulation, action_order, action_statement) \
         FROM information_schema.triggers WHERE trigger_schema",
    ),
    (
        &["PROCEDURE", "FUNCTION", "PACKAGE"],
        "SELECT CONCAT_WS(' ', routine_type, routine_name, dtd_identifier, is_deterministic, \
         sql_data_access, security_type, routine_comment, routine_definition) \
         FROM information_schema.routines WHERE routine_schema",
    ),
    (
        &["EVENT"],
        "SELECT CONCAT_WS(' ', event_name, execute_at, interval_value, interval_field, status, \
         on_completion, event_comment, event_definition) \
         FROM information_schema.events WHERE event_schema",
    ),
];

/// It changes when the statement takes effect that defines something in the database, and stays
/// when rows change.
pub(super) async fn fingerprint(
    session: &mut Session<'_>,
    database: &str,
    sql: &str,
) -> Result<String, sqlx::Error> {
    let schema = quote::text(database);
    let tables = format!(
        "SELECT table_name, table_type FROM information_schema.tables \
         WHERE table_schema = {schema} ORDER BY table_name"
    );
    let rows = session.ask(tables).await?;
    let words = names(session.dialect, sql);
    let has = |name: &str| words.iter().any(|word| word.eq_ignore_ascii_case(name));
    let mut lines = Vec::new();
    for row in rows {
        let name = text(&row, 0)?.unwrap_or_default();
        lines.push(format!("{name} {}", text(&row, 1)?.unwrap_or_default()));
        if has(&name) {
            lines.push(definition(session, database, &name).await?);
        }
    }
    for (words, query) in OTHERS {
        if words.iter().any(|word| has(word)) {
            let rows = session.ask(format!("{query} = {schema} ORDER BY 1")).await?;
            for row in rows {
                lines.push(text(&row, 0)?.unwrap_or_default());
            }
        }
    }
    let sum = Checksum::of(lines.join("\n").as_bytes()).to_string();
    Ok(sum.trim_start_matches("sha256:").to_owned())
}

async fn definition(
    session: &mut Session<'_>,
    database: &str,
    table: &str,
) -> Result<String, sqlx::Error> {
    let name = format!("{}.{}", quote::name(database), quote::name(table));
    match session.ask(format!("SHOW CREATE TABLE {name}")).await {
        Ok(rows) => {
            let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
            Ok(without_counter(&text(row, 1)?.unwrap_or_default()))
        }
        // A view whose tables are gone has a name, but no definition.
        Err(error) if error.as_database_error().is_some() => Ok(error.to_string()),
        Err(error) => Err(error),
    }
}

/// Rows that are inserted move the counter.
fn without_counter(definition: &str) -> String {
    const COUNTER: &str = " AUTO_INCREMENT=";
    match definition.rsplit_once(COUNTER) {
        Some((head, tail)) => {
            head.to_owned() + tail.trim_start_matches(|digit: char| digit.is_ascii_digit())
        }
        None => definition.to_owned(),
    }
}

/// Whether all tables that a statement can name keep to transactions: then one that was in flight
/// and not recorded had no effect.
pub(super) async fn keeps_to_transactions(
    session: &mut Session<'_>,
    sql: &str,
) -> Result<bool, sqlx::Error> {
    let places: Vec<String> =
        names(session.dialect, sql).iter().map(|name| quote::text(name)).collect();
    let places = match places.is_empty() {
        true => String::new(),
        false => format!(" OR t.table_schema IN ({})", places.join(", ")),
    };
    let query = format!(
        "SELECT COUNT(*) FROM information_schema.tables t JOIN information_schema.engines e \
         ON e.engine = t.engine WHERE COALESCE(e.transactions, 'NO') <> 'YES' \
         AND (t.table_schema = DATABASE(){places}) \
         AND t.table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')"
    );
    let rows = session.ask(query).await?;
    let count = rows.first().map(|row| text(row, 0)).transpose()?.flatten();
    Ok(count.as_deref() == Some("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_leave_a_definition_as_it_is() {
        let table = |counter| {
            format!(
                "CREATE TABLE `a` (\n `id` int AUTO_INCREMENT\n) ENGINE=InnoDB{counter} CHARSET=x"
            )
        };
        assert_eq!(without_counter(&table(" AUTO_INCREMENT=42")), table(""));
        assert_eq!(without_counter(&table("")), table(""));
    }
}
