//! A batch as a script for `psql`, with the same bookkeeping as a run's.

use migrate_model::revision::Direction;
use migrate_model::script::Transaction;

use super::history::{Names, create_statements, log_statement};
use super::message::{create_schema, search_path_of, search_path_of_session};
use super::quote;
use crate::dialect::{Batch, LogLine, ReadyStep};
use crate::history::{Value, insert};

/// What the script begins with. psql goes on after an error, unless told. A dump empties the
/// `search_path`, and a script may take on another role: each revision finds them as the first did.
pub(crate) const HEAD: &str = "-- Stop at the first error: psql -v ON_ERROR_STOP=1 -f script.sql\n\
     \\set ON_ERROR_STOP on\n\
     DO $migrate$ BEGIN PERFORM \
     pg_catalog.set_config('migrate.search_path', pg_catalog.current_setting('search_path'), false), \
     pg_catalog.set_config('migrate.role', pg_catalog.current_setting('role'), false); \
     END $migrate$;\n";

/// Sets them as they were found. A block, because the answer to a SELECT would be printed.
const AS_FOUND: &str = "DO $migrate$ BEGIN PERFORM \
     pg_catalog.set_config('role', pg_catalog.current_setting('migrate.role'), false), \
     pg_catalog.set_config('search_path', pg_catalog.current_setting('migrate.search_path'), false); \
     END $migrate$;";

/// The steps of the batch in one transaction, but for what must run outside of one.
pub(crate) fn script(batch: &Batch<'_>) -> String {
    let names = Names::of(batch.tables, batch.tables.schema.as_deref(), quote::name);
    let mut lines = vec!["BEGIN;".to_owned()];
    if let Some(tenant) = batch.tenant {
        lines.extend(batch.expected_version.is_none().then(|| create_schema(tenant) + ";"));
    }
    if batch.expected_version.is_none() {
        lines.extend(create_statements(&names).into_iter().map(|statement| statement + ";"));
    }
    for step in batch.steps {
        lines.push(format!("-- {} {}", step.direction.name(), step.revision.id));
        // The semicolon on a line of its own ends what ends in a comment.
        let section = format!("{}\n;", step.section.trim());
        match step.transaction {
            Transaction::Inside => {
                lines.extend(batch.tenant.map(|tenant| search_path_of(tenant) + ";"));
                lines.push(section);
            }
            Transaction::Outside => {
                lines.push("COMMIT;".to_owned());
                lines.extend(batch.tenant.map(|tenant| search_path_of_session(tenant) + ";"));
                lines.push(section);
                lines.push("BEGIN;".to_owned());
            }
        }
        lines.push(AS_FOUND.to_owned());
        lines.extend(books(batch, &names, step).map(|statement| statement + ";"));
    }
    lines.push("COMMIT;\n".to_owned());
    lines.join("\n")
}

fn books(
    batch: &Batch<'_>,
    names: &Names,
    step: &ReadyStep<'_>,
) -> impl Iterator<Item = String> + use<> {
    let id = step.revision.id.as_str();
    let row = match step.direction {
        Direction::Up => {
            insert(&names.revisions, &step.row.columns(batch, Value::Elapsed), quote::value)
        }
        Direction::Down => {
            format!("DELETE FROM {} WHERE id = {}", names.revisions, quote::text(id))
        }
    };
    let line = LogLine {
        action: step.action,
        revision: id,
        outcome: "ok",
        error_code: None,
        duration: Value::Elapsed,
    };
    [row, log_statement(names, batch.run, &line)].into_iter()
}
