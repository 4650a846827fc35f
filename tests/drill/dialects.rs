//! What differs between the databases that are drilled: a table, and the only place here with SQL of
//! one of them. All else is understood by each.

use migrate_tests::{Server, mariadb as mariadb_server, postgres as postgres_server};

use crate::private_server::Recipe;

/// A database's ways.
pub(crate) struct Dialect {
    /// As `init --dialect` has it.
    pub(crate) name: &'static str,
    /// Where its databases are; a file where there is no server.
    pub(crate) server: Option<fn() -> Option<Server>>,
    /// The tables, by name.
    pub(crate) tables: &'static str,
    /// The indexes that can be used, by name.
    pub(crate) indexes: &'static str,
    /// How many others are connected to the database.
    pub(crate) others: Option<&'static str>,
    /// An index that is made and dropped outside of a transaction, `{index}` on `{table}`.
    pub(crate) index_outside: Option<(&'static str, &'static str)>,
    /// What the message has in it after which a revision is there for good.
    pub(crate) commit: &'static str,
    /// How many locks the session has that outlast a transaction.
    pub(crate) held_locks: Option<&'static str>,
    /// A part of what the tool says of a session that has the lock.
    pub(crate) holder: Option<&'static str>,
    /// A server of a test's own, like the one that the tests share.
    pub(crate) private: Option<&'static Recipe>,
    /// A statement that takes a quarter of a second.
    pub(crate) slow: &'static str,
}

pub(crate) fn sqlite() -> Dialect {
    Dialect {
        name: "sqlite",
        server: None,
        tables: "SELECT name AS x FROM sqlite_master WHERE type = 'table'",
        indexes: "SELECT name AS x FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        others: None,
        index_outside: Some(("CREATE INDEX {index} ON {table} (x)", "DROP INDEX {index}")),
        commit: "",
        held_locks: None,
        holder: None,
        private: None,
        slow: "SELECT count(*) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL \
               SELECT i + 1 FROM n WHERE i < 2000000) SELECT i FROM n)",
    }
}

pub(crate) fn postgres() -> Dialect {
    Dialect {
        name: "postgres",
        server: Some(postgres_server),
        tables: "SELECT tablename AS x FROM pg_tables WHERE schemaname = 'public'",
        indexes: "SELECT relname AS x FROM pg_index JOIN pg_class ON oid = indexrelid \
                  WHERE indisvalid AND relnamespace = 'public'::regnamespace",
        others: Some(
            "SELECT count(*) AS x FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        ),
        index_outside: Some((
            "CREATE INDEX CONCURRENTLY {index} ON {table} (x)",
            "DROP INDEX CONCURRENTLY {index}",
        )),
        commit: "item00 up ends",
        held_locks: Some(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        ),
        holder: Some("cargo-migrate as postgres"),
        private: Some(&POSTGRES),
        slow: "SELECT pg_sleep(0.25)",
    }
}

pub(crate) fn mariadb() -> Dialect {
    Dialect {
        name: "mariadb",
        server: Some(mariadb_server),
        tables: "SELECT table_name AS x FROM information_schema.tables \
                 WHERE table_schema = database()",
        indexes: "SELECT DISTINCT index_name AS x FROM information_schema.statistics \
                  WHERE table_schema = database()",
        others: Some(
            "SELECT count(*) AS x FROM information_schema.processlist \
             WHERE db = database() AND id <> connection_id()",
        ),
        index_outside: Some((
            "CREATE INDEX {index} ON {table} (x)",
            "DROP INDEX {index} ON {table}",
        )),
        commit: "COMMIT",
        // There is no list of them without a plugin, but to give them back counts them.
        held_locks: Some("SELECT CAST(release_all_locks() AS SIGNED)"),
        holder: Some("root"),
        private: Some(&MARIADB),
        slow: "DO sleep(0.25)",
    }
}

/// What is not on the disk yet when it's killed outlasts its processes in the system's memory.
const POSTGRES: Recipe = Recipe {
    programs: "SELECT setting FROM pg_config WHERE name = 'BINDIR'",
    data: "SHOW data_directory",
    make: |data| {
        let words = "--no-sync --no-locale -A trust -U postgres -E UTF8 -D";
        (
            "initdb",
            words.split(' ').map(str::to_owned).chain([data.display().to_string()]).collect(),
        )
    },
    run: |data, port| {
        let words = format!("-p {port} -k  -c listen_addresses=127.0.0.1 -c fsync=off -D");
        let data = data.display().to_string();
        ("postgres", words.split(' ').map(str::to_owned).chain([data]).collect())
    },
    url: |port| format!("postgres://postgres@127.0.0.1:{port}/postgres"),
};

const MARIADB: Recipe = Recipe {
    programs: "SELECT @@basedir",
    data: "SELECT @@datadir",
    make: |data| {
        let words = "--no-defaults --auth-root-authentication-method=normal --skip-test-db \
                     --skip-name-resolve";
        let data = format!("--datadir={}", data.display());
        let words = words.split_whitespace().map(str::to_owned);
        ("mariadb-install-db", words.chain([data]).collect())
    },
    run: |data, port| {
        let words = format!(
            "--no-defaults --port={port} --bind-address=127.0.0.1 --socket=socket --pid-file=pid \
             --skip-name-resolve --innodb-flush-log-at-trx-commit=1 --innodb-flush-method=nosync"
        );
        let data = format!("--datadir={}", data.display());
        ("mariadbd", words.split(' ').map(str::to_owned).chain([data]).collect())
    },
    url: |port| format!("mysql://root@127.0.0.1:{port}/mysql"),
};
