//! What can be said to `cargo xtask test`.

use crate::command::Outcome;
use crate::servers;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Further major versions of PostgreSQL; the tests of PostgreSQL run on each of them.
    pub(super) postgres: Vec<u32>,
    /// Whether no server is started.
    pub(super) without_servers: bool,
}

impl Options {
    pub(super) fn of(mut words: &[&str]) -> Outcome<Self> {
        let mut options = Self::default();
        loop {
            words = match words {
                [] => break,
                ["--no-servers", rest @ ..] => {
                    options.without_servers = true;
                    rest
                }
                ["--postgres", versions, rest @ ..] => {
                    options.postgres = servers::parse_versions(versions)?;
                    rest
                }
                [other, ..] => return Err(format!("test: what is {other}?")),
            };
        }
        match options.without_servers && !options.postgres.is_empty() {
            true => Err("test: --postgres needs servers, and --no-servers has none".to_owned()),
            false => Ok(options),
        }
    }
}
