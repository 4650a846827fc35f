//! A batch as a script for the `sqlite3` shell, with the same bookkeeping as a run's.

use std::time::Duration;

use migrate_model::revision::Direction;
use migrate_model::script::{SessionChange, Transaction};

use super::history::{create_statements, delete, literal, table};
use crate::dialect::{Batch, LogLine, ReadyStep};
use crate::history::{Value, insert};

/// What the script begins with. The shell goes on after an error, and a COMMIT would then keep
/// half of a revision; and it does not check foreign keys unless told.
pub(crate) const HEAD: &str =
    "-- Stop at the first error: sqlite3 -bail FILE < script.sql\nPRAGMA foreign_keys = ON;\n";

/// The steps of the batch in one transaction, but for what must run outside of one.
pub(crate) fn script(batch: &Batch<'_>) -> String {
    let mut lines = vec!["BEGIN IMMEDIATE;".to_owned()];
    if batch.expected_version.is_none() {
        let statements = create_statements(batch.tables);
        lines.extend(statements.into_iter().map(|statement| statement + ";"));
    }
    for step in batch.steps {
        lines.push(format!("-- {} {}", step.direction.name(), step.revision.id));
        let statements = step.statements.iter().map(|statement| {
            // Leading comments stay; `sql` ends with a word, so the semicolon is never in one.
            let text = step.section[statement.whole.start..statement.sql.end].trim_start();
            format!("{text};")
        });
        match step.transaction {
            Transaction::Inside => lines.extend(statements),
            Transaction::Outside => {
                lines.push("COMMIT;".to_owned());
                lines.extend(statements);
                lines.extend(sets_foreign_keys(step).then(|| FOREIGN_KEYS.to_owned()));
                lines.push("BEGIN IMMEDIATE;".to_owned());
            }
        }
        lines.extend(books(batch, step).map(|statement| statement + ";"));
    }
    lines.push("COMMIT;\n".to_owned());
    lines.join("\n")
}

/// What a run puts back behind such a section, as far as the script itself has set it.
const FOREIGN_KEYS: &str = "PRAGMA foreign_keys = ON;";

fn sets_foreign_keys(step: &ReadyStep<'_>) -> bool {
    step.statements.iter().any(|statement| {
        let change = SessionChange::of(&step.section[statement.sql.clone()]);
        matches!(change, Some(SessionChange::Setting { name, .. }) if name == "foreign_keys")
    })
}

fn books(batch: &Batch<'_>, step: &ReadyStep<'_>) -> impl Iterator<Item = String> {
    let id = step.revision.id.as_str();
    let row = match step.direction {
        Direction::Up => insert(
            &table(&batch.tables.revisions),
            &step.row.columns(batch, Duration::ZERO),
            literal,
        ),
        Direction::Down => delete(batch.tables, &literal(&Value::from(id))),
    };
    let line = LogLine {
        action: step.action,
        revision: id,
        outcome: "ok",
        error_code: None,
        duration: Duration::ZERO.into(),
    };
    let log = insert(&table(&batch.tables.log), &line.columns(batch.run), literal);
    [row, log].into_iter()
}
