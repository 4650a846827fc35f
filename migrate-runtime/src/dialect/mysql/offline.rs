//! A batch as a script for the `mysql` and `mariadb` clients, with the same bookkeeping as a run's.

use std::time::Duration;

use migrate_model::revision::Direction;

use super::history::{Names, create_database, create_statements, insert, log_statement};
use super::quote;
use crate::dialect::{Batch, LogLine, ReadyStep};

/// What the script begins with. The clients stop at the first error, unless told to go on.
pub(crate) const HEAD: &str = "-- mariadb DATABASE < script.sql, or mysql DATABASE < script.sql\n\
     SET NAMES utf8mb4;\n";

/// Stands between statements of revisions, which may hold any number of `;`.
const DELIMITER: &str = "$migrate$";

/// The steps of the batch. Definitions commit by themselves, so there is no transaction around.
pub(crate) fn script(batch: &Batch<'_>) -> String {
    let names = Names::of(batch.tables, batch.tables.schema.as_deref(), quote::name);
    let mut lines = Vec::new();
    if let Some(tenant) = batch.tenant {
        lines.extend(batch.expected_version.is_none().then(|| create_database(tenant) + ";"));
        lines.push(format!("USE {};", quote::name(tenant)));
    }
    if batch.expected_version.is_none() {
        lines.extend(create_statements(&names).into_iter().map(|statement| statement + ";"));
    }
    for step in batch.steps {
        lines.push(format!("-- {} {}", step.direction.name(), step.revision.id));
        for statement in step.statements {
            lines.push(one(&step.section[statement.sql.clone()]));
        }
        lines.extend(books(batch, &names, step).map(|statement| statement + ";"));
    }
    lines.join("\n") + "\n"
}

/// A statement for the client, which would end a routine at its first `;`.
fn one(sql: &str) -> String {
    match sql.contains(';') {
        true => format!("DELIMITER {DELIMITER}\n{sql}\n{DELIMITER}\nDELIMITER ;"),
        false => format!("{sql};"),
    }
}

fn books(
    batch: &Batch<'_>,
    names: &Names,
    step: &ReadyStep<'_>,
) -> impl Iterator<Item = String> + use<> {
    let id = step.revision.id.as_str();
    let row = match step.direction {
        Direction::Up => insert(&names.revisions, &step.row.columns(batch, Duration::ZERO)),
        Direction::Down => {
            format!("DELETE FROM {} WHERE id = {}", names.revisions, quote::text(id))
        }
    };
    let line = LogLine {
        action: step.action,
        revision: id,
        outcome: "ok",
        error_code: None,
        duration: Duration::ZERO.into(),
    };
    [row, log_statement(names, batch.run, &line)].into_iter()
}
