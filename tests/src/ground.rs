//! What a case runs on: a workspace and its database, the same case on each dialect.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::place::{Dialect, Place};
use crate::program::PASSWORD;
use crate::{Workspace, mariadb, postgres};

/// Makes a module of each case's name, with a test for each dialect. A case is a function that
/// takes a [`&Ground`](Ground). This is the list of the dialects.
#[macro_export]
macro_rules! on_every_dialect {
    ($($case:ident),+ $(,)?) => {
        $crate::on_dialects!([sqlite, postgres, mariadb] $($case),+);
    };
}

/// The same, for cases that make sense on some dialects only.
#[macro_export]
macro_rules! on_dialects {
    ($dialects:tt $($case:ident),+ $(,)?) => {
        $(mod $case { $crate::tests_of!($case $dialects); })+
    };
}

/// The tests of one case. Where there is no server, it is skipped by its name.
#[doc(hidden)]
#[macro_export]
macro_rules! tests_of {
    ($case:ident [$($dialect:ident),+]) => {
        $(
            #[test]
            fn $dialect() {
                if let Some(ground) = $crate::Ground::$dialect() {
                    super::$case(&ground);
                }
            }
        )+
    };
}

/// A workspace after `init`, whose `.env` names a database of its own.
#[derive(Debug)]
pub struct Ground {
    workspace: Workspace,
    place: Place,
}

impl Deref for Ground {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.workspace
    }
}

impl Ground {
    /// On a SQLite file that is not there yet.
    #[allow(clippy::unnecessary_wraps)] // as its siblings, which need a server
    pub fn sqlite() -> Option<Self> {
        let workspace = Workspace::without_migrations();
        let place = file(&workspace, "shop.db");
        Some(Self::new(workspace, place, "sqlite"))
    }

    /// On PostgreSQL, if there is a server.
    pub fn postgres() -> Option<Self> {
        let place = Place::Server(postgres()?.database());
        Some(Self::new(Workspace::without_migrations(), place, "postgres"))
    }

    /// On MariaDB, if there is a server.
    pub fn mariadb() -> Option<Self> {
        let place = Place::Server(mariadb()?.database());
        Some(Self::new(Workspace::without_migrations(), place, "mariadb"))
    }

    fn new(workspace: Workspace, place: Place, dialect: &str) -> Self {
        workspace.migrate(["init", "--dialect", dialect]).succeeds();
        let environment = format!("DATABASE_URL={}\nMAIL_PASSWORD={PASSWORD}\n", place.url());
        workspace.write(".env", environment);
        Self { workspace, place }
    }

    /// Its database.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Another, empty database of the same dialect.
    pub fn another_place(&self) -> Place {
        match &self.place {
            Place::File { .. } => {
                static NUMBER: AtomicU32 = AtomicU32::new(0);
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                file(&self.workspace, &format!("other{number}.db"))
            }
            Place::Server(database) => Place::Server(database.another()),
        }
    }

    /// See [`Place::dialect`].
    pub fn dialect(&self) -> Dialect {
        self.place.dialect()
    }

    /// See [`Place::execute`].
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.place.execute(sql);
    }

    /// See [`Place::query`].
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<String> {
        self.place.query(sql)
    }

    /// See [`Place::state`].
    #[track_caller]
    pub fn state(&self) -> Vec<String> {
        self.place.state()
    }

    /// See [`Place::everything`].
    #[track_caller]
    pub fn everything(&self) -> Vec<String> {
        self.place.everything()
    }

    /// See [`Place::applied`].
    #[track_caller]
    pub fn applied(&self) -> Vec<String> {
        self.place.applied()
    }

    /// See [`Place::log`].
    #[track_caller]
    pub fn log(&self) -> Vec<String> {
        self.place.log()
    }
}

fn file(workspace: &Workspace, name: &str) -> Place {
    Place::File { path: workspace.path(name), url: format!("sqlite:{name}") }
}
