//! What a PostgreSQL database holds, in its schema `public`.

use crate::server::Database;

#[track_caller]
pub(super) fn state(database: &Database) -> Vec<String> {
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
