//! The one connection that a run works on, borrowed or its own, and the one place where the
//! dialects are told apart.

mod whole_database;

use std::sync::Arc;

use migrate_model::Dialect;
use migrate_model::script::Transaction;

#[cfg(feature = "mysql")]
use crate::dialect::mysql;
#[cfg(feature = "postgres")]
use crate::dialect::postgres;
#[cfg(feature = "_sqlite")]
use crate::dialect::sqlite;
use crate::dialect::{Access, Batch, Outcome, StepError};
use crate::error::ErrorKind;
use crate::event::Event;
use crate::history::{Detail, History, NewRow, StoredRevision};
use crate::identity::RunIdentity;
use crate::interrupt::Interrupt;
use crate::into_database::Database;
use crate::patience::Patience;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::settings::LockMode;
use crate::settings::{HistoryTables, Settings};
use crate::wait::Wait;

pub(crate) use whole_database::{WholeDatabase, wait_for_server, whole_database};

/// A connection of one of the dialects.
pub(crate) enum Connection<'c> {
    #[cfg(feature = "_sqlite")]
    Sqlite(sqlite::Handle<'c>),
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Session<'c>>),
    #[cfg(feature = "mysql")]
    Mysql(Box<mysql::Session<'c>>),
}

/// How other writers are kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Each batch takes the lock for itself, and then looks whether the history is as expected.
    OfEachBatch,
    /// It is held from now on, whatever is written.
    Taken,
}

/// Whoever listens to the events of a run.
pub(crate) type Listener<'l> = &'l (dyn Fn(&Event<'_>) + Send + Sync);

impl<'c> Connection<'c> {
    /// Takes the connection out of what the caller handed over, or opens one.
    #[cfg_attr(not(feature = "_sqlite"), expect(unused_variables, reason = "what SQLite lacks"))]
    pub(crate) async fn open(
        database: Database<'c>,
        access: Access,
        tenant: Option<&str>,
        wait: Wait<'_>,
    ) -> Result<Self, ErrorKind> {
        #[cfg(not(any(feature = "postgres", feature = "mysql")))]
        let _ = wait;
        #[cfg(feature = "_sqlite")]
        if tenant.is_some() && database.is_sqlite() {
            return Err(no_schemas());
        }
        match database {
            #[cfg(feature = "_sqlite")]
            Database::Sqlite(source) => {
                Box::pin(sqlite::open(source, access)).await.map(Self::Sqlite)
            }
            #[cfg(feature = "postgres")]
            Database::Postgres(source) => Box::pin(postgres::open(source, wait))
                .await
                .map(|session| Self::Postgres(Box::new(session))),
            #[cfg(feature = "mysql")]
            Database::MySql(source) => Box::pin(mysql::open(source, wait))
                .await
                .map(|session| Self::Mysql(Box::new(session))),
            Database::Url(url) => match url.split(':').next().unwrap_or_default() {
                #[cfg(feature = "_sqlite")]
                "sqlite" => {
                    let source = sqlite::Source::Url(url.into_owned());
                    Box::pin(sqlite::open(source, access)).await.map(Self::Sqlite)
                }
                #[cfg(feature = "postgres")]
                "postgres" | "postgresql" => {
                    let source = postgres::Source::Url(url.into_owned());
                    Box::pin(postgres::open(source, wait))
                        .await
                        .map(|session| Self::Postgres(Box::new(session)))
                }
                #[cfg(feature = "mysql")]
                "mysql" | "mariadb" => {
                    let source = mysql::Source::Url(url.into_owned());
                    Box::pin(mysql::open(source, wait))
                        .await
                        .map(|session| Self::Mysql(Box::new(session)))
                }
                _ => Err(foreign_url()),
            },
        }
    }

    /// Gives the connection back: one of our own is closed, so that its files are complete.
    pub(crate) async fn release(self) {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => handle.release().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => session.release().await,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => session.release().await,
        }
    }

    /// Gives back a connection whose state is uncertain: a pool must not hand it out again.
    pub(crate) async fn discard(self) {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => handle.discard().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => session.discard().await,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => session.discard().await,
        }
    }

    /// Lets running statements be interrupted, if there is anything that could.
    pub(crate) async fn interrupt_when(
        &mut self,
        interrupt: &Arc<Interrupt>,
    ) -> Result<(), ErrorKind> {
        if !interrupt.is_needed() {
            return Ok(());
        }
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => sqlite::interrupt_when(handle, interrupt).await,
            // It asks while it waits for an answer.
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Ok(()),
        }
    }

    /// Ends what [`interrupt_when`](Self::interrupt_when) began.
    pub(crate) async fn interrupt_no_more(&mut self) {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => sqlite::interrupt_no_more(handle).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => {}
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => {}
        }
    }

    /// Keeps other writers out until [`unlock`](Self::unlock). `Lock::Taken` means that others may
    /// have written until now, so what was read before may be old.
    pub(crate) async fn lock(
        &mut self,
        settings: &Settings,
        run: &RunIdentity,
        patience: &mut Patience<'_>,
    ) -> Result<Lock, ErrorKind> {
        #[cfg(not(any(feature = "postgres", feature = "mysql")))]
        let _ = (settings, run, patience);
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        let Settings { tables, tenant, lock, .. } = settings;
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        let place = (tables, tenant.as_deref());
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(_) => Ok(Lock::OfEachBatch),
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => match lock {
                LockMode::Session => {
                    postgres::lock(session, tables, patience).await.map(|()| Lock::Taken)
                }
                LockMode::Transaction => {
                    let looked = postgres::lock_each_message(session, tables, run).await;
                    looked.map(|()| Lock::OfEachBatch)
                }
                LockMode::Lease => {
                    let taken = postgres::lock_by_lease(session, place, run, patience).await;
                    taken.map(|()| Lock::Taken)
                }
            },
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => match lock {
                LockMode::Session => {
                    mysql::lock(session, tables, patience).await.map(|()| Lock::Taken)
                }
                LockMode::Transaction => Err(ErrorKind::Usage {
                    message: "`lock = \"transaction\"` is PostgreSQL's: here most definitions end \
                              their transaction, and a lock in it would end with that"
                        .to_owned(),
                    code: "config.lock",
                }),
                LockMode::Lease => {
                    let taken = mysql::lock_by_lease(session, place, run, patience).await;
                    taken.map(|()| Lock::Taken)
                }
            },
        }
    }

    /// Waits until nobody has the lease any more, where the lock alone does not tell.
    #[cfg_attr(not(feature = "postgres"), allow(unused_variables, reason = "the lock tells"))]
    pub(crate) async fn wait_for_lease(
        &mut self,
        settings: &Settings,
        run: &RunIdentity,
        patience: &mut Patience<'_>,
    ) -> Result<(), ErrorKind> {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => {
                sqlite::wait_until_free(handle, &settings.tables, patience).await
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(_) if settings.lock == LockMode::Lease => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => {
                let free = postgres::wait_until_free(session, &settings.tables, run, patience);
                free.await.map(drop)
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Ok(()),
        }
    }

    /// Refuses a step that the lock does not go with.
    pub(crate) fn check_lock(
        &self,
        settings: &Settings,
        transaction: Transaction,
    ) -> Result<(), ErrorKind> {
        match (self, settings.lock, transaction) {
            #[cfg(feature = "postgres")]
            (Self::Postgres(_), LockMode::Transaction | LockMode::Lease, Transaction::Outside)
                if settings.tenant.is_some() =>
            {
                Err(ErrorKind::Usage {
                    message:
                        "a tenant's section can't be `transaction:false` where each message may \
                          meet another session: its statements would not find the tenant's schema"
                            .to_owned(),
                    code: "config.lock",
                })
            }
            _ => Ok(()),
        }
    }

    /// Lets other writers in again. If the lock is still held by a session of the server that is
    /// not ours any more, that session's process.
    pub(crate) async fn unlock(&mut self) -> Option<i32> {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => postgres::unlock(session).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => {
                mysql::unlock(session).await;
                None
            }
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => session.dialect,
        }
    }

    /// Reads the whole history in one query. A database without history tables has an empty one.
    #[cfg_attr(not(feature = "_sqlite"), expect(unused_variables, reason = "readers never wait"))]
    pub(crate) async fn read_history(
        &mut self,
        tables: &HistoryTables,
        detail: Detail,
        patience: &mut Patience<'_>,
    ) -> Result<History, ErrorKind> {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => sqlite::history::read(handle, tables, detail, patience).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => postgres::history::read(session, tables, detail).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => mysql::history::read(session, tables, detail).await,
        }
    }

    /// The text of an applied revision as the history has it.
    pub(crate) async fn read_source(
        &mut self,
        tables: &HistoryTables,
        id: &str,
    ) -> Result<Option<String>, ErrorKind> {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => sqlite::history::read_source(handle, tables, id).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => postgres::history::read_source(session, tables, id).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => mysql::history::read_source(session, tables, id).await,
        }
    }

    /// What the history has of these revisions, whose files are not at hand. One that is not
    /// applied any more is left out.
    pub(crate) async fn read_stored(
        &mut self,
        tables: &HistoryTables,
        ids: &[&str],
    ) -> Result<Vec<StoredRevision>, ErrorKind> {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => sqlite::history::read_stored(handle, tables, ids).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => postgres::history::read_stored(session, tables, ids).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => mysql::history::read_stored(session, tables, ids).await,
        }
    }

    /// Runs the steps of a batch with their bookkeeping: all of it or nothing. The future of each
    /// dialect has a place of its own, so that a run's stays small.
    pub(crate) async fn apply(
        &mut self,
        batch: &Batch<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<Outcome, StepError> {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => Box::pin(sqlite::apply(handle, batch, patience)).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => Box::pin(postgres::apply(session, batch, patience)).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => Box::pin(mysql::apply(session, batch, patience)).await,
        }
    }

    /// What would give the right whose absence is the error of a revision's statement, or of its
    /// bookkeeping; `None` if it is another error, or the database does not tell.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "mysql")),
        expect(unused_variables, reason = "rights are a server's")
    )]
    pub(crate) async fn missing_right(
        &mut self,
        tables: &HistoryTables,
        statement: Option<&str>,
        source: &sqlx::Error,
    ) -> Option<String> {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => {
                postgres::missing_right(session, tables, statement, source).await
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => mysql::missing_right(session, tables, statement, source).await,
        }
    }

    /// Replaces what the history says of an applied revision by what is at hand.
    #[cfg_attr(not(feature = "_sqlite"), expect(unused_variables, reason = "the row is enough"))]
    pub(crate) async fn accept(
        &mut self,
        tables: &HistoryTables,
        run: &RunIdentity,
        row: &NewRow<'_>,
        from: &str,
        patience: &mut Patience<'_>,
    ) -> Result<(), ErrorKind> {
        match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => {
                sqlite::history::accept(handle, tables, run, row, from, patience).await
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => {
                postgres::history::accept(session, tables, run, row, from).await
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => mysql::history::accept(session, tables, run, row, from).await,
        }
    }

    /// Writes a log line about a revision that failed and left nothing else behind. The failure
    /// itself is what the caller must hear of, so an error here is only traced.
    pub(crate) async fn log_failure(
        &mut self,
        tables: &HistoryTables,
        run: &RunIdentity,
        failed: &crate::dialect::LogLine<'_>,
    ) {
        let logged = match self {
            #[cfg(feature = "_sqlite")]
            Self::Sqlite(handle) => {
                sqlite::history::log(handle.connection(), tables, run, failed).await.map(|_| ())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => postgres::history::log(session, tables, run, failed).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(session) => mysql::history::log(session, tables, run, failed).await,
        };
        if let Err(error) = logged {
            tracing::debug!(target: "migrate", %error, "the failure could not be logged");
        }
    }
}

/// A schema was asked for where there are none.
#[cfg(feature = "_sqlite")]
fn no_schemas() -> ErrorKind {
    ErrorKind::Usage {
        message: "SQLite has no schemas: give each tenant a file of its own".to_owned(),
        code: "config.schema",
    }
}

fn foreign_url() -> ErrorKind {
    ErrorKind::Usage {
        // What comes before the first colon may be anything, a secret even.
        message: "the URL is of no database that this build can reach".to_owned(),
        code: "config.database_url",
    }
}

/// What a script for the dialect's own shell begins with.
pub(crate) fn script_head(dialect: Dialect) -> &'static str {
    match dialect {
        #[cfg(feature = "_sqlite")]
        Dialect::Sqlite => sqlite::SCRIPT_HEAD,
        #[cfg(feature = "postgres")]
        Dialect::Postgres => postgres::SCRIPT_HEAD,
        #[cfg(feature = "mysql")]
        Dialect::Mysql | Dialect::Mariadb => mysql::SCRIPT_HEAD,
        #[cfg(not(all(feature = "_sqlite", feature = "postgres", feature = "mysql")))]
        // There is no script either.
        _ => "",
    }
}

/// The batch as a part of such a script.
pub(crate) fn script(dialect: Dialect, batch: &Batch<'_>) -> Result<String, ErrorKind> {
    match dialect {
        #[cfg(feature = "_sqlite")]
        Dialect::Sqlite if batch.tenant.is_some() => Err(no_schemas()),
        #[cfg(feature = "_sqlite")]
        Dialect::Sqlite => Ok(sqlite::script(batch)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Ok(postgres::script(batch)),
        #[cfg(feature = "mysql")]
        Dialect::Mysql | Dialect::Mariadb => Ok(mysql::script(batch)),
        #[cfg(not(all(feature = "_sqlite", feature = "postgres", feature = "mysql")))]
        other => Err(no_script(other)),
    }
}

#[cfg(not(all(feature = "_sqlite", feature = "postgres", feature = "mysql")))]
fn no_script(dialect: Dialect) -> ErrorKind {
    ErrorKind::Usage {
        message: format!("no SQL for {dialect} can be written by this build"),
        code: "config.dialect",
    }
}
