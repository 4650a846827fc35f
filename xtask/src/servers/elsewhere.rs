//! `cargo xtask servers` where there are no servers to be had: on systems that are no Unix.

use crate::command::Outcome;

const NONE: &str = "servers can be started on Unix only; name yours in MIGRATE_TEST_POSTGRES \
                    and MIGRATE_TEST_MARIADB";

/// `cargo xtask servers …`
pub(crate) fn run(_: &[&str]) -> Outcome {
    Err(NONE.to_owned())
}

/// What a run of the tests uses: what the environment names.
#[derive(Default)]
pub(crate) struct Servers;

impl Servers {
    pub(crate) fn start(further: &[u32]) -> Outcome<Self> {
        if further.is_empty() { Ok(Self) } else { Err(NONE.to_owned()) }
    }

    pub(crate) fn environment(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    pub(crate) fn further(&self) -> Vec<(&str, (&str, &str))> {
        Vec::new()
    }

    pub(crate) fn stop(self) -> Outcome {
        Ok(())
    }
}

/// `13,18` as numbers.
pub(crate) fn parse_versions(_: &str) -> Outcome<Vec<u32>> {
    Err(NONE.to_owned())
}
