//! What a MariaDB database holds.

use crate::server::Database;

#[track_caller]
pub(super) fn state(database: &Database) -> Vec<String> {
    let mut lines = database.query(&format!("{CATALOG} ORDER BY 1"));
    // Each value is written so that types and NULLs count, too.
    let values = database.query(
        r"SELECT concat(table_name, '\n', group_concat(concat(
              'coalesce(', IF(data_type RLIKE 'blob|binary', 'hex(`', 'quote(`'),
              replace(column_name, '`', '``'), '`), ''NULL'')')
              ORDER BY ordinal_position SEPARATOR ', '))
          FROM information_schema.columns
          WHERE table_schema = database() AND table_name NOT LIKE '\_migrate%'
          GROUP BY table_name ORDER BY table_name",
    );
    for values in values {
        let (table, values) = values.split_once('\n').unwrap();
        let from = table.replace('`', "``");
        let rows = format!("SELECT concat_ws(',', {values}) AS line FROM `{from}`");
        // The order is not a matter of the collation.
        let mut rows = database.query(&rows);
        rows.sort();
        lines.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    lines
}

const CATALOG: &str = r"
SELECT concat_ws(' ', 'table', table_name, table_type, engine, table_collation, table_comment)
FROM information_schema.tables
WHERE table_schema = database() AND table_name NOT LIKE '\_migrate%'
UNION ALL
SELECT concat_ws(' ', 'column', table_name, ordinal_position, column_name, column_type,
                 is_nullable, column_default, extra, collation_name, generation_expression,
                 column_comment)
FROM information_schema.columns
WHERE table_schema = database() AND table_name NOT LIKE '\_migrate%'
UNION ALL
SELECT concat_ws(' ', 'index', table_name, index_name, seq_in_index, column_name, non_unique,
                 sub_part, index_type, collation)
FROM information_schema.statistics
WHERE table_schema = database() AND table_name NOT LIKE '\_migrate%'
UNION ALL
SELECT concat_ws(' ', 'check', table_name, constraint_name, check_clause)
FROM information_schema.check_constraints
WHERE constraint_schema = database() AND table_name NOT LIKE '\_migrate%'
UNION ALL
SELECT concat_ws(' ', 'foreign key', k.table_name, k.constraint_name, k.column_name,
                 k.referenced_table_name, k.referenced_column_name, r.update_rule, r.delete_rule)
FROM information_schema.key_column_usage AS k
JOIN information_schema.referential_constraints AS r
  ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
 AND r.table_name = k.table_name
WHERE k.constraint_schema = database() AND k.table_name NOT LIKE '\_migrate%'
UNION ALL
SELECT concat_ws(' ', 'view', table_name,
                 replace(view_definition, concat('`', database(), '`.'), ''), check_option,
                 security_type)
FROM information_schema.views WHERE table_schema = database()
UNION ALL
SELECT concat_ws(' ', 'trigger', trigger_name, action_timing, event_manipulation,
                 event_object_table, action_statement)
FROM information_schema.triggers WHERE trigger_schema = database()
UNION ALL
SELECT concat_ws(' ', 'routine', routine_type, routine_name, dtd_identifier, routine_definition,
                 sql_data_access, security_type, routine_comment)
FROM information_schema.routines WHERE routine_schema = database()
UNION ALL
SELECT concat_ws(' ', 'event', event_name, event_definition)
FROM information_schema.events WHERE event_schema = database()";
