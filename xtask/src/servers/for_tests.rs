//! The servers of a run of the tests: started before it, unless they run already, and stopped
//! after it.

use super::software::{Durability, Software};
use super::state::{Keep, Lock, State};
use super::{MariaDb, Postgres, pgbouncer, start};
use crate::command::Outcome;

/// What a run of the tests uses.
#[derive(Default)]
pub(crate) struct Servers {
    /// One for each dialect.
    first: Vec<State>,
    /// Further versions.
    further: Vec<State>,
}

impl Servers {
    /// Starts one server for each dialect that can be had here, and these further versions of
    /// PostgreSQL, which must be had. A dialect whose variable is set already has its server.
    pub(crate) fn start(further: &[u32]) -> Outcome<Self> {
        let _lock = Lock::take()?;
        let mut servers = Self::default();
        let result = servers.start_all(further);
        match result {
            Ok(()) => Ok(servers),
            Err(error) => servers.end().and(Err(error)),
        }
    }

    fn start_all(&mut self, further: &[u32]) -> Outcome {
        self.start_first("MIGRATE_TEST_POSTGRES", Postgres::installed);
        self.start_first("MIGRATE_TEST_MARIADB", MariaDb::installed);
        if let Err(error) = pgbouncer::install() {
            eprintln!("warning: no pooler: {error}");
        }
        for major in further {
            if !self.first.iter().any(|state| state.name == format!("postgres-{major}")) {
                self.further.push(started(&Postgres::of_npm(*major)?)?);
            }
        }
        Ok(())
    }

    /// A server that can't be had leaves its tests to be skipped.
    fn start_first<S: Software>(&mut self, variable: &str, software: fn() -> Outcome<S>) {
        if std::env::var_os(variable).is_some() {
            return;
        }
        match software().and_then(|software| started(&software)) {
            Ok(state) => self.first.push(state),
            Err(error) => eprintln!("warning: no server: {error}"),
        }
    }

    /// The variables that tell the tests where the servers are.
    pub(crate) fn environment(&self) -> Vec<(&str, &str)> {
        self.first.iter().map(State::environment).collect()
    }

    /// The same for each further version, with its name.
    pub(crate) fn further(&self) -> Vec<(&str, (&str, &str))> {
        self.further.iter().map(|state| (state.name.as_str(), state.environment())).collect()
    }

    /// Stops those that were started for this run.
    pub(crate) fn stop(self) -> Outcome {
        let _lock = Lock::take()?;
        self.end()
    }

    fn end(&self) -> Outcome {
        let mine = Keep::ForRun(std::process::id());
        for state in self.first.iter().chain(&self.further) {
            // Somebody may have asked to keep it meanwhile, or have stopped it.
            if State::read(&state.name)?.is_some_and(|now| now.keep == mine) {
                state.end()?;
            }
        }
        Ok(())
    }
}

fn started(software: &dyn Software) -> Outcome<State> {
    let state = start::start(software, Durability::ThrowAway, Keep::ForRun(std::process::id()))?;
    println!("{} ({}) on port {}", state.name, state.version, state.port);
    Ok(state)
}
