//! What a schema is at a moment, as one short text: it changes when a statement that defines
//! something takes effect, and stays when data does, or upkeep (VACUUM, ANALYZE).

use super::quote;

/// Statistics and hints in `pg_class`, which change by themselves.
const BY_ITSELF: &str = "relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid,\
                         relhasindex,relhasrules,relhastriggers,relhassubclass,relfilenode";

/// Catalogs whose rows count as they are, and which of them: a condition on the row `r`. Temporary
/// tables are not the schema's.
const CATALOGS: [(&str, &str); 16] = [
    ("pg_namespace", "r.oid IN (SELECT oid FROM own)"),
    ("pg_attribute", "r.attnum > 0 AND r.attrelid IN (SELECT oid FROM tables)"),
    ("pg_attrdef", "r.adrelid IN (SELECT oid FROM tables)"),
    ("pg_index", "r.indrelid IN (SELECT oid FROM tables)"),
    ("pg_constraint", "r.connamespace IN (SELECT oid FROM own)"),
    ("pg_inherits", "r.inhrelid IN (SELECT oid FROM tables)"),
    ("pg_trigger", "r.tgrelid IN (SELECT oid FROM tables)"),
    ("pg_rewrite", "r.ev_class IN (SELECT oid FROM tables)"),
    ("pg_policy", "r.polrelid IN (SELECT oid FROM tables)"),
    ("pg_sequence", "r.seqrelid IN (SELECT oid FROM tables)"),
    ("pg_proc", "r.pronamespace IN (SELECT oid FROM own)"),
    ("pg_type", "r.typnamespace IN (SELECT oid FROM own)"),
    (
        "pg_enum",
        "r.enumtypid IN (SELECT oid FROM pg_catalog.pg_type WHERE typnamespace IN \
                 (SELECT oid FROM own))",
    ),
    ("pg_operator", "r.oprnamespace IN (SELECT oid FROM own)"),
    ("pg_statistic_ext", "r.stxnamespace IN (SELECT oid FROM own)"),
    ("pg_description", "r.objoid IN (SELECT oid FROM tables)"),
];

/// What belongs to the whole database, and not to one of its schemas.
const OF_ALL: [&str; 3] = ["pg_extension", "pg_event_trigger", "pg_publication"];

/// An expression for it, a text without spaces. A tenant's is that of its schema alone, because
/// the other tenants are migrated at the same time.
pub(super) fn fingerprint(tenant: Option<&str>) -> String {
    let of_all = OF_ALL.into_iter().filter(|_| tenant.is_none()).map(|catalog| (catalog, "true"));
    let rows: Vec<_> = CATALOGS
        .into_iter()
        .chain(of_all)
        .map(|(catalog, condition)| {
            format!("SELECT '{catalog} ' || r::text FROM pg_catalog.{catalog} r WHERE {condition}")
        })
        .collect();
    let own = own(tenant);
    format!(
        "(WITH own AS (SELECT oid FROM pg_catalog.pg_namespace WHERE {own}), \
         tables AS (SELECT oid FROM pg_catalog.pg_class \
         WHERE relnamespace IN (SELECT oid FROM own)), \
         rows (line) AS (SELECT (pg_catalog.to_jsonb(c) - '{{{BY_ITSELF}}}'::text[])::text \
         FROM pg_catalog.pg_class c WHERE c.relnamespace IN (SELECT oid FROM own) UNION ALL {}), \
         sums (sum) AS (SELECT pg_catalog.md5(line) FROM rows) \
         SELECT pg_catalog.md5(coalesce(pg_catalog.string_agg(sum, '' ORDER BY sum), '')) \
         FROM sums)",
        rows.join(" UNION ALL ")
    )
}

/// A condition on `pg_namespace`: the schemas that a run is about.
pub(super) fn own(tenant: Option<&str>) -> String {
    match tenant {
        Some(schema) => format!("nspname = {}", quote::text(schema)),
        None => "nspname !~ '^pg_' AND nspname <> 'information_schema'".to_owned(),
    }
}

/// An expression for the indexes that are invalid, by their numbers.
pub(super) fn invalid_indexes() -> &'static str {
    "(SELECT coalesce(pg_catalog.string_agg(indexrelid::text, ','), '-') \
     FROM pg_catalog.pg_index WHERE NOT indisvalid)"
}
