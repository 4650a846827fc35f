//! A step whose statements are recorded one by one: each is done, or not begun, or it is known that
//! nobody knows. What that takes is the same on every database; the SQL is each dialect's own.

use std::time::{Duration, Instant};

use migrate_model::Dialect;
use migrate_model::revision::Direction;
use migrate_model::script::Effect;

use super::{Batch, LogLine, Outcome, ReadyStep, StepError, Unfinished};
use crate::connection::Listener;
use crate::error::ErrorKind;
use crate::event::Event;
use crate::history::journal::{self, InFlight, Verdict};
use crate::history::{Columns, RowState, Value};
use crate::patience::Patience;
use crate::report::Answer;

/// What a dialect does for such a step. Its row is there from before the first statement.
pub(crate) trait OneByOne {
    /// Makes the session what the statements expect.
    async fn prepare(&mut self) -> Result<(), StepError>;

    /// Writes that the step has begun: on the way up a row with these columns, on the way down
    /// they change the row that is there. The history tables are made, if they are missing.
    async fn open(&mut self, columns: &Columns) -> Result<(), StepError>;

    /// Changes the row.
    async fn record(&mut self, columns: &Columns) -> Result<(), StepError>;

    /// Takes the row away: nothing of the step is done.
    async fn forget(&mut self) -> Result<(), StepError>;

    /// Whether a statement and the record that it is done can be one transaction.
    fn is_recorded_at_once(&self, at: usize) -> bool;

    /// Writes that a statement is in flight, with all that is needed to judge it afterwards.
    /// `None` where the statement and its record are one, so that it never is.
    async fn mark(&mut self, at: usize, rest: Duration) -> Result<Option<InFlight>, StepError>;

    /// Sends a statement; together with the record that it is done, if it can be.
    async fn send(&mut self, at: usize, rest: Duration) -> Result<(), Fault>;

    /// Cleans up behind a statement that failed.
    async fn clean_up(
        &mut self,
        at: usize,
        before: Option<&InFlight>,
    ) -> Result<Remains, StepError>;

    /// What became of a statement that was in flight when an earlier run broke off.
    /// `is_again`: somebody says that it shall run again.
    async fn judge(
        &mut self,
        at: usize,
        in_flight: &InFlight,
        is_again: bool,
    ) -> Result<Verdict, StepError>;

    /// The step is done: the row is changed, or goes on the way down, and the log has its line.
    /// Gives the history's version.
    async fn close(&mut self, columns: &Columns, line: &LogLine<'_>) -> Result<i64, StepError>;

    /// Leaves the session as it was found, after a failure.
    async fn restore(&mut self);

    /// Whether another session kept a lock that the statement needs.
    fn is_lock_timeout(&self, source: &sqlx::Error) -> bool;

    /// Whether the statement was ended from outside.
    fn is_canceled(&self, source: &sqlx::Error) -> bool;
}

/// Why a statement was not done.
pub(crate) enum Fault {
    /// It failed by itself.
    Statement {
        source: sqlx::Error,
        /// Where in the section, in bytes, if the database tells.
        offset: Option<usize>,
    },
    /// It could not be recorded, so it has no effect; or not even sent.
    Record(StepError),
}

/// What a statement that failed has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remains {
    Nothing,
    /// Something that the next run clears away, because this one shall stop.
    ForLater,
    /// It has had an effect, at least in part.
    #[cfg(feature = "mysql")]
    Effect,
}

/// The step, and the texts of its journal.
#[derive(Clone, Copy)]
pub(crate) struct Course<'b> {
    pub(crate) batch: &'b Batch<'b>,
    pub(crate) step: &'b ReadyStep<'b>,
    pub(crate) dialect: Dialect,
}

impl<'b> Course<'b> {
    pub(crate) fn id(&self) -> &'b str {
        self.step.revision.id.as_str()
    }

    pub(crate) fn sql(&self, at: usize) -> &'b str {
        &self.step.section[self.step.statements[at].sql.clone()]
    }

    pub(crate) fn effect(&self, at: usize) -> Effect {
        Effect::of(self.dialect, self.sql(at))
    }

    pub(crate) fn total(&self) -> usize {
        self.step.statements.len()
    }

    /// The columns that say that so many statements are done, and none is in flight.
    pub(crate) fn done(&self, done: usize) -> Columns {
        let sum =
            (done > 0).then(|| journal::sum(self.step.section, &self.step.statements[..done]));
        vec![("done", number(done)), ("done_hash", Value::Text(sum))]
    }

    /// What `done_hash` begins with while the statement is in flight.
    pub(crate) fn in_flight(&self, at: usize) -> String {
        journal::in_flight(self.step.section, self.step.statements, at)
    }

    /// An error of our own records.
    pub(crate) fn recording(&self, source: sqlx::Error) -> StepError {
        let doing = format!("recording how far {} is", self.id());
        StepError::NotBegun(ErrorKind::Database { doing, source })
    }

    fn opening(&self) -> Columns {
        let mut columns = match self.step.direction {
            Direction::Up => self.step.row.columns(self.batch, Duration::ZERO),
            Direction::Down => Vec::new(),
        };
        let begun = match self.step.direction {
            Direction::Up => RowState::UpPartial,
            Direction::Down => RowState::DownPartial,
        };
        let mut begun = vec![("state", begun.name().into()), ("total", number(self.total()))];
        begun.extend(self.done(0));
        columns.retain(|(name, _)| begun.iter().all(|(other, _)| name != other));
        columns.extend(begun);
        columns
    }

    /// Makes the row what the file is now.
    fn renewing(&self, done: usize) -> Columns {
        let mut columns = self.done(done);
        columns.push(("total", number(self.total())));
        if self.step.direction == Direction::Up {
            columns.extend(self.step.row.file_columns());
        }
        columns
    }

    fn closing(&self, duration: Duration) -> Columns {
        let mut columns = self.done(self.total());
        columns.extend([
            ("state", RowState::Applied.name().into()),
            ("total", number(self.total())),
            ("run_id", self.batch.run.run_id.as_str().into()),
            ("applied_at", Value::Now),
            ("duration_ms", duration.into()),
        ]);
        columns
    }

    /// On the way down a step of which nothing is done leaves the row as it was.
    fn untouched(&self) -> Columns {
        let statements = self.total();
        let mut columns = self.done(0);
        columns.extend([
            ("state", RowState::Applied.name().into()),
            ("done", number(statements)),
            ("total", number(statements)),
        ]);
        columns.remove(0);
        columns
    }
}

struct Failed {
    source: sqlx::Error,
    offset: Option<usize>,
}

fn failed(at: usize, fault: Failed, done: usize, is_certain: bool) -> StepError {
    let Failed { source, offset } = fault;
    if is_certain && done > 0 {
        return StepError::PartWay { statement: at, offset, source, done };
    }
    let (statement, rolled_back) = (Some(at), is_certain);
    StepError::Failed { step: 0, statement, offset, source, rolled_back }
}

fn number(count: usize) -> Value {
    Value::Integer(Some(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// Runs the step from its beginning, or from where an earlier run has left it.
pub(crate) async fn run<D: OneByOne>(
    course: Course<'_>,
    dialect: &mut D,
    patience: &mut Patience<'_>,
) -> Result<Outcome, StepError> {
    let done = Run { course, dialect }.run(patience).await;
    if done.is_err() {
        dialect.restore().await;
    }
    done
}

struct Run<'d, 'b, D> {
    course: Course<'b>,
    dialect: &'d mut D,
}

impl<D: OneByOne> Run<'_, '_, D> {
    async fn run(&mut self, patience: &mut Patience<'_>) -> Result<Outcome, StepError> {
        let started = Instant::now();
        let Course { batch, step, .. } = self.course;
        let (revision, direction) = (step.revision, step.direction);
        patience.listener()(&Event::StepStarted { revision, direction });
        self.dialect.prepare().await?;
        let first = match batch.unfinished {
            Some(unfinished) => self.go_on(unfinished, patience).await?,
            None => {
                self.dialect.open(&self.course.opening()).await?;
                0
            }
        };
        for at in first..self.course.total() {
            if let Err(stopped) = patience.check_stop() {
                let is_clear = self.clear(at).await.is_ok();
                return Err(match is_clear && at > 0 {
                    true => StepError::Stopped { done: at },
                    false => StepError::NotBegun(stopped),
                });
            }
            self.statement(at, patience).await?;
        }
        let duration = started.elapsed();
        let line = LogLine {
            action: step.action,
            revision: self.course.id(),
            outcome: "ok",
            error_code: None,
            duration: duration.into(),
        };
        let version = self.dialect.close(&self.course.closing(duration), &line).await?;
        Ok(Outcome::Done { durations: vec![started.elapsed()], version })
    }

    /// Finds the statement at which to go on.
    async fn go_on(
        &mut self,
        unfinished: &Unfinished,
        patience: &Patience<'_>,
    ) -> Result<usize, StepError> {
        let at = self.stopped_at(unfinished).await?.min(self.course.total());
        self.dialect.record(&self.course.renewing(at)).await?;
        // What was set for the session that broke off is not set in this one.
        for before in 0..at {
            if self.course.effect(before) == Effect::Session {
                match self.dialect.send(before, patience.rest()).await {
                    Ok(()) => {}
                    Err(Fault::Record(error)) => return Err(error),
                    Err(Fault::Statement { source, offset }) => {
                        let fault = Failed { source, offset };
                        return Err(failed(before, fault, at, true));
                    }
                }
            }
        }
        Ok(at)
    }

    async fn stopped_at(&mut self, unfinished: &Unfinished) -> Result<usize, StepError> {
        let at = unfinished.journal.done;
        let undecided = StepError::Undecided { statement: at };
        let answer = unfinished.answer;
        if answer == Some(Answer::Done) {
            return Ok(at + 1);
        }
        let Some(in_flight) = &unfinished.journal.in_flight else { return Ok(at) };
        let ReadyStep { section, statements, .. } = self.course.step;
        let is_same =
            statements.len() > at && journal::sum(section, &statements[..=at]) == in_flight.through;
        if !is_same {
            // What was sent is not in the file any more, so nothing can be told of it.
            return if answer == Some(Answer::Again) { Ok(at) } else { Err(undecided) };
        }
        match self.dialect.judge(at, in_flight, answer.is_some()).await? {
            Verdict::RunAgain => Ok(at),
            Verdict::TookEffect => Ok(at + 1),
            Verdict::Undecided => Err(undecided),
        }
    }

    /// Runs one statement. What waits too long for another session's lock is sent again.
    async fn statement(&mut self, at: usize, patience: &mut Patience<'_>) -> Result<(), StepError> {
        patience.begin_anew();
        loop {
            let rest = patience.rest();
            let before = self.dialect.mark(at, rest).await?;
            let started = Instant::now();
            let fault = match self.dialect.send(at, rest).await {
                Ok(()) => {
                    self.tell(at, started.elapsed(), patience.listener());
                    return self.leave(at).await;
                }
                Err(Fault::Record(error)) => return Err(error),
                Err(Fault::Statement { source, offset }) => Failed { source, offset },
            };
            if !super::is_answered(&fault.source) {
                // Where statement and record are one, the row tells what became of them.
                return Err(failed(at, fault, at, false));
            }
            let interrupt = self.course.batch.interrupt;
            if self.dialect.is_canceled(&fault.source) && !interrupt.is_stopped() {
                interrupt.exceed();
            }
            match self.dialect.clean_up(at, before.as_ref()).await {
                Ok(Remains::Nothing) => {}
                Ok(Remains::ForLater) => return Err(StepError::Stopped { done: at }),
                #[cfg(feature = "mysql")]
                Ok(Remains::Effect) => return Err(failed(at, fault, at, false)),
                Err(_) => return Err(failed(at, fault, at, false)),
            }
            if self.dialect.is_lock_timeout(&fault.source) && !patience.rest().is_zero() {
                self.dialect.record(&self.course.done(at)).await?;
                patience.wait().await.map_err(|error| match error {
                    ErrorKind::Interrupted if at > 0 => StepError::Stopped { done: at },
                    error => StepError::NotBegun(error),
                })?;
                continue;
            }
            let is_clear = self.clear(at).await.is_ok();
            return Err(failed(at, fault, at, is_clear));
        }
    }

    /// The next mark says that this statement is done; where none follows, it must be said now.
    async fn leave(&mut self, at: usize) -> Result<(), StepError> {
        let next = at + 1;
        let is_said = self.dialect.is_recorded_at_once(at)
            || next == self.course.total()
            || !self.dialect.is_recorded_at_once(next);
        match is_said {
            true => Ok(()),
            false => self.dialect.record(&self.course.done(next)).await,
        }
    }

    /// Says that nothing is in flight. A step of which nothing is done is none that has begun.
    async fn clear(&mut self, at: usize) -> Result<(), StepError> {
        match (at, self.course.step.direction) {
            (0, Direction::Up) => self.dialect.forget().await,
            (0, Direction::Down) => self.dialect.record(&self.course.untouched()).await,
            (at, _) => self.dialect.record(&self.course.done(at)).await,
        }
    }

    fn tell(&self, at: usize, duration: Duration, listener: Listener<'_>) {
        listener(&Event::StatementFinished { statement: self.course.sql(at), duration });
    }
}
