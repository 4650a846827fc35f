//! MariaDB, as this machine has it.

use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::place::Place;
use super::software::{Durability, Software};
use super::{install, programs};
use crate::command::{Outcome, output_of};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// The programs.
pub(super) struct MariaDb {
    server: PathBuf,
    installer: PathBuf,
    version: String,
}

impl MariaDb {
    /// What the machine has; it is installed first if there is none and we may.
    pub(super) fn installed() -> Outcome<Self> {
        if Self::find().is_none() {
            // The core packages have the programs, and no service that would be started. Where
            // they have other names, the whole is taken.
            install::install(&["mariadb-server-core", "mariadb-client-core"])
                .or_else(|_| install::install(&["mariadb-server"]))
                .map_err(|error| format!("MariaDB: {error}"))?;
        }
        let (server, installer) = Self::find().ok_or("MariaDB: its programs are not in PATH")?;
        let version = programs::version(&server)?;
        Ok(Self { server, installer, version })
    }

    /// The server and what makes its data folder, which needs a third program.
    fn find() -> Option<(PathBuf, PathBuf)> {
        programs::find("my_print_defaults")?;
        Some((programs::find("mariadbd")?, programs::find("mariadb-install-db")?))
    }
}

impl Software for MariaDb {
    fn name(&self) -> String {
        "mariadb".to_owned()
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn variable(&self) -> &'static str {
        "MIGRATE_TEST_MARIADB"
    }

    fn accounts(&self) -> &'static [&'static str] {
        &["mysql", "nobody"]
    }

    fn url(&self, port: u16) -> String {
        format!("mysql://root@127.0.0.1:{port}/mysql")
    }

    /// With this way of authentication root has no password, over TCP either.
    fn prepare(&self, place: &Place) -> Outcome {
        let mut install = place.account.command(&self.installer);
        install.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
        install.args(["--skip-test-db", "--skip-name-resolve"]);
        output_of(install.arg(format!("--datadir={}", place.data().display()))).map(drop)
    }

    fn start(&self, place: &Place, port: u16, durability: Durability) -> Outcome<u32> {
        let log = File::create(place.log());
        let log = log.map_err(|error| format!("{}: {error}", place.log().display()))?;
        let same_log = log.try_clone().map_err(|error| error.to_string())?;
        let mut server = place.account.command(&self.server);
        server.arg("--no-defaults").arg(format!("--datadir={}", place.data().display()));
        server.arg(format!("--port={port}")).arg("--bind-address=127.0.0.1");
        // Relative to the data folder, so the socket's path can't be too long.
        server.args(["--socket=socket", "--pid-file=pid"]);
        server.args(["--skip-name-resolve", "--max-connections=300"]);
        server.args(["--character-set-server=utf8mb4"]);
        server.args(match durability {
            Durability::ThrowAway => {
                ["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"]
            }
            Durability::Durable => {
                ["--innodb-flush-log-at-trx-commit=1", "--innodb-flush-method=fsync"]
            }
        });
        server.stdin(Stdio::null()).stdout(log).stderr(same_log);
        // Ctrl-C at a run of the tests is not for the server.
        let mut server = server.process_group(0).spawn().map_err(|error| error.to_string())?;
        let started = Instant::now();
        while !greets(port) {
            if let Ok(Some(status)) = server.try_wait() {
                return Err(format!("mariadbd ended with {status}\n{}", place.end_of_log()));
            }
            if started.elapsed() > PATIENCE {
                let (_, _) = (server.kill(), server.wait());
                return Err(format!("mariadbd does not answer\n{}", place.end_of_log()));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(server.id())
    }
}

/// Whether a server greets whoever connects, as one does that has finished its start. The
/// greeting is a packet: its length in three bytes, its number, and the protocol's version, 10:
/// <https://mariadb.com/kb/en/connection/#initial-handshake-packet>.
fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut greeting = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok()
        && stream.read_exact(&mut greeting).is_ok()
        && greeting[4] == 10
}
