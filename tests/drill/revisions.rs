//! The revisions that are drilled. Each statement leaves something that can be counted, and says
//! what: a row in a table that takes it as often as it comes, a table, or an index.

use migrate_tests::Workspace;

use crate::dialects::Dialect;

/// The table of the rows; it belongs to no revision, so it outlasts them all.
pub(crate) const LEDGER: &str = "CREATE TABLE ledger (mark VARCHAR(40) NOT NULL)";

/// A statement and what becomes of the database by it.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) adds: Vec<String>,
    pub(crate) removes: Vec<String>,
}

/// A revision of statements.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    pub(crate) id: String,
    pub(crate) up: Vec<Statement>,
    pub(crate) down: Vec<Statement>,
    is_outside: bool,
}

impl Revision {
    /// A table, an index and rows, in one transaction.
    fn inside(id: String) -> Self {
        let up = vec![
            mark(&id, "up begins"),
            table(&id),
            index(&id, format!("CREATE INDEX by_{id} ON {id} (x)")),
            mark(&id, "up ends"),
        ];
        let down = vec![mark(&id, "down begins"), drop_table(&id, true), mark(&id, "down ends")];
        Self { id, up, down, is_outside: false }
    }

    /// Rows only: what even a database does in a transaction that has none for tables.
    pub(crate) fn of_rows(id: String) -> Self {
        let up = ["up begins", "up goes on", "up ends"].map(|what| mark(&id, what)).to_vec();
        let down = ["down begins", "down ends"].map(|what| mark(&id, what)).to_vec();
        Self { id, up, down, is_outside: false }
    }

    /// The same as in one transaction, statement by statement.
    fn outside(id: String, (create, drop): (&str, &str)) -> Self {
        let of_index =
            |sql: &str| sql.replace("{index}", &format!("by_{id}")).replace("{table}", &id);
        let drop_index = Statement {
            sql: of_index(drop),
            adds: Vec::new(),
            removes: vec![format!("index by_{id}")],
        };
        let up = vec![
            mark(&id, "up begins"),
            table(&id),
            index(&id, of_index(create)),
            mark(&id, "up ends"),
        ];
        let down = vec![
            mark(&id, "down begins"),
            drop_index,
            drop_table(&id, false),
            mark(&id, "down ends"),
        ];
        Self { id, up, down, is_outside: true }
    }

    /// So many, the oldest first, of each kind in turn. The second kind runs outside of a
    /// transaction, where that can be.
    pub(crate) fn several(dialect: &Dialect, count: usize) -> Vec<Self> {
        let revision = |at| {
            let id = format!("item{at:02}");
            match (at % 3, dialect.index_outside) {
                (1, Some(sql)) => Self::outside(id, sql),
                (2, _) => Self::of_rows(id),
                _ => Self::inside(id),
            }
        };
        (0..count).map(revision).collect()
    }

    /// Whether its statements run one by one.
    pub(crate) fn is_outside(&self) -> bool {
        self.is_outside
    }

    /// The same with a slow statement in it.
    pub(crate) fn slowed(mut self, dialect: &Dialect) -> Self {
        let slow =
            Statement { sql: dialect.slow.to_owned(), adds: Vec::new(), removes: Vec::new() };
        self.up.insert(2, slow);
        self
    }

    /// Writes its file.
    pub(crate) fn write(&self, workspace: &Workspace, revises: &str) {
        let script = |statements: &[Statement]| {
            let sql = statements.iter().map(|statement| format!("{};\n", statement.sql));
            sql.collect::<String>()
        };
        let (id, up, down) = (&self.id, script(&self.up), script(&self.down));
        let file =
            workspace.revision(migrate_tests::Revision { id, revises, up: &up, down: Some(&down) });
        if self.is_outside {
            let text = workspace.read(&file);
            let text = text
                .replace("-- migrate:up\n", "-- migrate:up transaction:false\n")
                .replace("-- migrate:down\n", "-- migrate:down transaction:false\n");
            workspace.write(&file, text);
        }
    }
}

fn mark(id: &str, what: &str) -> Statement {
    let mark = format!("{id} {what}");
    let sql = format!("INSERT INTO ledger VALUES ('{mark}')");
    Statement { sql, adds: vec![format!("mark {mark}")], removes: Vec::new() }
}

fn table(id: &str) -> Statement {
    let sql = format!("CREATE TABLE {id} (x INT)");
    Statement { sql, adds: vec![format!("table {id}")], removes: Vec::new() }
}

fn index(id: &str, sql: String) -> Statement {
    Statement { sql, adds: vec![format!("index by_{id}")], removes: Vec::new() }
}

fn drop_table(id: &str, has_index: bool) -> Statement {
    let index = has_index.then(|| format!("index by_{id}"));
    let removes = index.into_iter().chain([format!("table {id}")]).collect();
    Statement { sql: format!("DROP TABLE {id}"), adds: Vec::new(), removes }
}
