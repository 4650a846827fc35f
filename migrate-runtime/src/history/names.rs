//! The three tables as SQL names them.

use crate::settings::HistoryTables;

/// The names of the three tables as SQL.
pub(crate) struct Names {
    pub(crate) revisions: String,
    pub(crate) log: String,
    pub(crate) meta: String,
}

impl Names {
    /// In the schema, or where the session finds them; `quote` writes a name.
    pub(crate) fn of(
        tables: &HistoryTables,
        schema: Option<&str>,
        quote: impl Fn(&str) -> String,
    ) -> Self {
        let prefix = schema.map(|schema| quote(schema) + ".").unwrap_or_default();
        let qualified = |name: &str| prefix.clone() + &quote(name);
        Self {
            revisions: qualified(&tables.revisions),
            log: qualified(&tables.log),
            meta: qualified(&tables.meta),
        }
    }
}
