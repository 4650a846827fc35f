//! The one connection of a run, and whose it is: borrowed, of a pool, or our own.

use std::io;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Pool};

use crate::error::ErrorKind;

/// Where a connection comes from.
#[doc(hidden)]
pub enum Source<'c, DB: Database> {
    Pool(&'c Pool<DB>),
    Connection(&'c mut DB::Connection),
    Url(String),
}

/// A connection, borrowed or held.
pub(crate) enum Handle<'c, DB: Database> {
    Borrowed(&'c mut DB::Connection),
    Pooled(PoolConnection<DB>),
    Own(Box<DB::Connection>),
}

impl<'c, DB: Database> Handle<'c, DB> {
    /// Takes the connection out of what the caller handed over; a URL is opened by `open`.
    pub(crate) async fn take<F>(
        source: Source<'c, DB>,
        open: impl FnOnce(String) -> F,
    ) -> Result<Self, ErrorKind>
    where
        F: Future<Output = Result<DB::Connection, ErrorKind>>,
    {
        match source {
            Source::Connection(connection) => Ok(Self::Borrowed(connection)),
            Source::Pool(pool) => acquire(pool).await.map(Self::Pooled),
            Source::Url(url) => open(url).await.map(|connection| Self::Own(Box::new(connection))),
        }
    }

    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Borrowed(connection) => connection,
            Self::Pooled(connection) => connection,
            Self::Own(connection) => connection,
        }
    }

    /// Gives the connection back; one of our own is closed.
    pub(crate) async fn release(self) {
        match self {
            Self::Borrowed(_) | Self::Pooled(_) => {}
            Self::Own(connection) => traced(connection.close().await),
        }
    }

    /// Gives back a connection whose state is uncertain: a pool must not hand it out again.
    pub(crate) async fn discard(self) {
        match self {
            Self::Pooled(connection) => traced(connection.close().await),
            Self::Borrowed(_) | Self::Own(_) => self.release().await,
        }
    }
}

/// How long a server may take to answer somebody who connects.
const ANSWER: Duration = Duration::from_secs(30);

/// Ends the wait for a server that takes connections and says nothing: another kind of server, or
/// one that hangs.
pub(crate) async fn in_time<T>(
    connecting: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(ANSWER, connecting).await.unwrap_or_else(|_| {
        let said = "it takes the connection and does not answer: is it a server of this kind?";
        Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, said)))
    })
}

/// A connection of the pool.
pub(crate) async fn acquire<DB: Database>(
    pool: &Pool<DB>,
) -> Result<PoolConnection<DB>, ErrorKind> {
    pool.acquire().await.map_err(|source| {
        let doing = "acquiring a connection of the pool".to_owned();
        ErrorKind::Database { doing, source }
    })
}

/// Closing is the last thing that is done; what fails then is nobody's to mend.
fn traced(closed: Result<(), sqlx::Error>) {
    if let Err(error) = closed {
        tracing::debug!(target: "migrate", %error, "closing the connection failed");
    }
}
