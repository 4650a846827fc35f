//! Real input in PostgreSQL's own SQL: the forum and shop of SQLite's test, 27 revisions with
//! trigger functions, an enum, `DO` blocks, generated columns, views, partial and expression
//! indexes, odd literals and data updates; up step by step, down to base and up again, comparing
//! the catalog and all rows at every step.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use migrate_tests::{Database, Workspace, repository};
use serde_json::json;

fn workspace() -> Option<(Workspace, Database, usize)> {
    let (workspace, database) = super::workspace()?;
    let mut count = 0;
    let folder = repository().join("tests/cases/forum_shop_postgres/revisions");
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read(entry.path()).unwrap();
        workspace.write(format!("migrations/revisions/{name}"), text);
        count += 1;
    }
    Some((workspace, database, count))
}

#[test]
fn every_step_up_and_down_reaches_the_same_state_again() {
    let Some((workspace, database, count)) = workspace() else { return };
    assert!(count >= 25);

    let mut states = vec![Vec::new()];
    for step in 1..=count {
        let summary = workspace.migrate_json(["up", "+1"]).succeeds().json();
        assert_eq!(summary["applied"], 1, "step {step}");
        states.push(state(&database));
    }
    assert!(states[count].len() > 400, "rows are there to be compared");
    assert_eq!(workspace.migrate_json(["up"]).succeeds().json()["applied"], 0);

    for step in (0..count).rev() {
        let summary = workspace.migrate_json(["down"]).succeeds().json();
        assert_eq!(summary["applied"], 1);
        assert_same(&state(&database), &states[step], &format!("down to step {step}"));
    }
    assert_eq!(workspace.migrate_json(["current"]).succeeds().json()["heads"], json!([]));

    for (step, expected) in states.iter().enumerate().skip(1) {
        workspace.migrate(["up", "+1"]).succeeds();
        assert_same(&state(&database), expected, &format!("up again to step {step}"));
    }
    workspace.migrate(["verify"]).succeeds();
}

#[test]
fn all_at_once_and_the_script_reach_the_same_state_as_step_by_step() {
    let Some((workspace, database, count)) = workspace() else { return };
    workspace.migrate(["up"]).succeeds();
    let expected = state(&database);

    workspace.migrate(["down", "base", "--transaction", "all"]).succeeds();
    assert_same(&state(&database), &[], "down in one transaction");
    let summary = workspace.migrate_json(["up", "--transaction", "all"]).succeeds().json();
    assert_eq!(summary["applied"], count);
    assert_same(&state(&database), &expected, "up in one transaction");

    database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    let script = workspace.migrate(["up", "--sql"]).succeeds().stdout;
    run_script(&database, &script);
    assert_same(&state(&database), &expected, "the script");
    let summary = workspace.migrate_json(["up"]).succeeds().json();
    assert_eq!(summary["applied"], 0, "the script has done the bookkeeping, too");
    workspace.migrate(["verify"]).succeeds();

    let script = workspace.migrate(["down", "head:base", "--sql"]).succeeds().stdout;
    run_script(&database, &script);
    assert_same(&state(&database), &[], "the script down");
}

/// Through `psql`; where there is none, without what is meant for it.
fn run_script(database: &Database, script: &str) {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--dbname", database.url()]);
    match psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn() {
        Ok(mut child) => {
            child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && stderr.is_empty(), "{stderr}");
        }
        Err(_) => {
            let lines = script.lines().filter(|line| !line.starts_with('\\'));
            database.execute(&lines.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// Shows the first line that differs, not two states.
#[track_caller]
fn assert_same(found: &[String], expected: &[String], when: &str) {
    let lines = found.iter().zip(expected);
    for (found, expected) in lines {
        assert_eq!(found, expected, "{when}");
    }
    assert_eq!(found.len(), expected.len(), "{when}");
}

/// The catalog and every row, as lines of text; the history tables are left out.
fn state(database: &Database) -> Vec<String> {
    let mut lines = database.query(&format!("{CATALOG} ORDER BY 1"));
    let tables = database.query(
        "SELECT format('SELECT %L || row::text FROM %I AS row', relname || ': ', relname) \
         FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         AND relkind IN ('r', 'v') AND relname NOT LIKE '\\_migrate%' ORDER BY relname",
    );
    if !tables.is_empty() {
        let mut rows = database.query(&tables.join(" UNION ALL "));
        rows.sort();
        lines.extend(rows);
    }
    lines
}

const CATALOG: &str = r"
WITH ours AS (
    SELECT * FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\_migrate%'
)
SELECT concat_ws(' ', 'relation', relname, relkind, pg_get_userbyid(relowner),
                 obj_description(oid, 'pg_class'))
FROM ours
UNION ALL
SELECT concat_ws(' ', 'column', c.relname,
                 row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
                 format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                 pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
FROM ours AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'v')
UNION ALL
SELECT concat_ws(' ', 'index', pg_get_indexdef(oid)) FROM ours WHERE relkind = 'i'
UNION ALL
SELECT concat_ws(' ', 'view', relname, pg_get_viewdef(oid)) FROM ours WHERE relkind = 'v'
UNION ALL
SELECT concat_ws(' ', 'constraint', c.relname, k.conname, k.convalidated,
                 pg_get_constraintdef(k.oid))
FROM pg_constraint AS k JOIN ours AS c ON c.oid = k.conrelid
UNION ALL
SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid))
FROM pg_trigger AS t JOIN ours AS c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT concat_ws(' ', 'function', pg_get_functiondef(oid))
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT concat_ws(' ', 'enum', t.typname, string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder))
FROM pg_type AS t JOIN pg_enum AS e ON e.enumtypid = t.oid
WHERE t.typnamespace = 'public'::regnamespace GROUP BY t.typname";
