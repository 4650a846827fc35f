//! What a step without a transaction writes in one: each piece together with the lease.

use migrate_model::revision::Direction;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::dialect::one_by_one::Course;
use crate::dialect::sqlite::lease::Ours;
use crate::dialect::sqlite::{history, statement};
use crate::dialect::{Batch, LogLine};
use crate::history::Columns;

/// What is written in one transaction with the lease.
pub(super) enum Work<'w> {
    Insert(&'w Columns),
    Update(&'w Columns),
    Delete,
    /// A statement, and that it's done.
    Statement(usize),
    /// The end of the step.
    Close(&'w Columns, &'w LogLine<'w>),
}

/// An error of the work.
pub(super) enum Failed {
    LeaseLost,
    Statement(sqlx::Error),
    Record(sqlx::Error),
}

impl From<sqlx::Error> for Failed {
    fn from(source: sqlx::Error) -> Self {
        Self::Record(source)
    }
}

impl Work<'_> {
    /// Gives the history's version, if it's the end.
    pub(super) async fn run(
        &self,
        connection: &mut SqliteConnection,
        course: &Course<'_>,
        lease: &Ours<'_>,
    ) -> Result<i64, Failed> {
        if !lease.renew(connection).await? {
            return Err(Failed::LeaseLost);
        }
        let Batch { tables, run, interrupt, .. } = course.batch;
        let id = course.id();
        match self {
            Self::Insert(columns) => history::insert_columns(connection, tables, columns).await?,
            Self::Update(columns) => history::update_row(connection, tables, id, columns).await?,
            Self::Delete => history::delete_row(connection, tables, id).await?,
            Self::Statement(at) => {
                statement::run(connection, course.sql(*at), interrupt)
                    .await
                    .map_err(Failed::Statement)?;
                let columns = course.done(at + 1);
                history::update_row(connection, tables, id, &columns).await?;
            }
            Self::Close(columns, line) => {
                match course.step.direction {
                    Direction::Up => history::update_row(connection, tables, id, columns).await?,
                    Direction::Down => history::delete_row(connection, tables, id).await?,
                }
                history::log(connection, tables, run, line).await?;
                sqlx::raw_sql(AssertSqlSafe(lease.release())).execute(&mut *connection).await?;
                return Ok(history::version(connection, tables).await?);
            }
        }
        Ok(0)
    }
}
