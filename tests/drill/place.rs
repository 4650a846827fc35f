//! A database of a round, and a look into it from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use migrate_tests::{Database, Server, execute, query};

use crate::dialects::Dialect;
use crate::revisions::LEDGER;

/// A new database that holds the ledger and nothing else.
pub(crate) struct Place<'d> {
    dialect: &'d Dialect,
    database: Kind,
}

enum Kind {
    /// A file in a folder, with this journal.
    File(tempfile::TempDir, &'static str),
    Server(Database),
}

impl<'d> Place<'d> {
    /// One for a round; `None` if there is no server.
    pub(crate) fn new(dialect: &'d Dialect, round: usize) -> Option<Self> {
        let database = match dialect.server {
            Some(server) => return Some(Self::on(dialect, &server()?)),
            None => {
                let folder = tempfile::tempdir().unwrap();
                let file = file_in(folder.path());
                fs::write(&file, "").unwrap();
                // Both ways of SQLite take their turns.
                let journal = if round.is_multiple_of(2) { "wal" } else { "delete" };
                execute(&file, &format!("PRAGMA journal_mode = {journal}"));
                execute(&file, LEDGER);
                Kind::File(folder, journal)
            }
        };
        Some(Self { dialect, database })
    }

    /// One on a server of a test's own.
    pub(crate) fn on(dialect: &'d Dialect, server: &Server) -> Self {
        let database = server.database();
        database.execute(LEDGER);
        Self { dialect, database: Kind::Server(database) }
    }

    pub(crate) fn url(&self) -> String {
        match &self.database {
            Kind::File(folder, _) => format!("sqlite:{}", file_in(folder.path()).display()),
            Kind::Server(database) => database.url().to_owned(),
        }
    }

    /// Waits until nobody is connected any more: a server notices only when it answers that its
    /// client has gone.
    #[track_caller]
    pub(crate) fn settle(&self) {
        let (Kind::Server(database), Some(others)) = (&self.database, self.dialect.others) else {
            return;
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while database.query(others) != ["0"] {
            assert!(Instant::now() < deadline, "somebody stays connected");
            sleep(Duration::from_millis(5));
        }
    }

    /// What is there, once nobody changes it any more. A file is copied first, so that it is the
    /// next run that finds what a killed one has left beside it.
    pub(crate) fn look(&self) -> Look<'_> {
        self.settle();
        let copy = match &self.database {
            Kind::Server(_) => None,
            Kind::File(folder, _) => {
                let copy = tempfile::tempdir().unwrap();
                for entry in fs::read_dir(folder.path()).unwrap() {
                    let name = entry.unwrap().file_name();
                    if !name.to_str().unwrap().ends_with("-shm") {
                        fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
                    }
                }
                Some(copy)
            }
        };
        Look { place: self, copy }
    }

    /// Whether a killed run has left a journal that the next one has to take back, or to take over.
    pub(crate) fn has_journal(&self) -> bool {
        let Kind::File(folder, _) = &self.database else { return false };
        let has_bytes = |file: &str| {
            folder.path().join(file).metadata().is_ok_and(|metadata| metadata.len() > 0)
        };
        has_bytes("shop.db-journal") || has_bytes("shop.db-wal")
    }
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join("shop.db")
}

/// A state that does not change.
pub(crate) struct Look<'p> {
    place: &'p Place<'p>,
    copy: Option<tempfile::TempDir>,
}

impl Look<'_> {
    /// The first column of a query, which is named x.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        match (&self.place.database, &self.copy) {
            (Kind::Server(database), _) => database.query(sql),
            (Kind::File(..), copy) => query(&file_in(copy.as_ref().unwrap().path()), sql),
        }
    }

    /// A file is whole, and has the journal that it was made with.
    #[track_caller]
    pub(crate) fn assert_sound(&self) {
        if let Kind::File(_, journal) = &self.place.database {
            let check = "SELECT integrity_check AS x FROM pragma_integrity_check";
            assert_eq!(self.query(check), ["ok"]);
            let mode = "SELECT journal_mode AS x FROM pragma_journal_mode";
            assert_eq!(self.query(mode), [*journal]);
        }
    }

    pub(crate) fn tables(&self) -> Vec<String> {
        self.query(self.place.dialect.tables)
    }

    pub(crate) fn indexes(&self) -> Vec<String> {
        self.query(self.place.dialect.indexes)
    }
}
