//! A private PgBouncer in transaction mode in front of the server of the tests: every transaction
//! may meet another of the server's sessions.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::server::{Database, skip};

/// A PgBouncer that ends when this is dropped.
#[derive(Debug)]
pub struct Pooler {
    program: Child,
    port: u16,
    user: String,
    _folder: tempfile::TempDir,
}

/// How a pooler chooses among the server's sessions that are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The one that was used last, as is usual.
    Last,
    /// Each in its turn.
    RoundRobin,
}

impl Pooler {
    /// Starts one with at most so many sessions of the server; `None` where there is no PgBouncer.
    pub fn start(database: &Database, sessions: u32, choice: Choice) -> Option<Self> {
        let Some(program) = find() else {
            skip("PgBouncer");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("migrate-pooler-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let (user, server) = server(database.url());
        // Everybody who looks for a free port finds the same ones, so one may be taken by then.
        for _ in 0..3 {
            let port = free_port();
            let users = folder.path().join("users");
            fs::write(&users, format!("\"{user}\" \"\"\n")).unwrap();
            let config = folder.path().join("pgbouncer.ini");
            let settings = [
                "[databases]".to_owned(),
                format!("* = {server}"),
                "[pgbouncer]".to_owned(),
                "listen_addr = 127.0.0.1".to_owned(),
                format!("listen_port = {port}"),
                "unix_socket_dir =".to_owned(),
                "auth_type = trust".to_owned(),
                format!("auth_file = {}", users.display()),
                "pool_mode = transaction".to_owned(),
                format!("default_pool_size = {sessions}"),
                format!("server_round_robin = {}", u8::from(choice == Choice::RoundRobin)),
                "max_client_conn = 200".to_owned(),
                // sqlx sets it for each session.
                "ignore_startup_parameters = extra_float_digits".to_owned(),
            ];
            fs::write(&config, settings.join("\n") + "\n").unwrap();
            let mut command = Command::new(&program);
            // It refuses to be root.
            if fs::metadata(folder.path()).unwrap().uid() == 0 {
                command.args(["-u", "nobody"]);
            }
            let log = fs::File::create(folder.path().join("log")).unwrap();
            let started = command.arg(&config).stdin(Stdio::null()).stdout(Stdio::null());
            let mut program = started.stderr(log).spawn().unwrap();
            if answers(&mut program, port) {
                return Some(Self { program, port, user, _folder: folder });
            }
            let _ = (program.kill(), program.wait());
            let mut log = String::new();
            let file = fs::File::open(folder.path().join("log"));
            file.unwrap().read_to_string(&mut log).unwrap();
            eprintln!("PgBouncer does not answer:\n{log}");
        }
        panic!("PgBouncer does not start");
    }

    /// The database's URL through the pooler.
    pub fn url(&self, database: &Database) -> String {
        format!("postgres://{}@127.0.0.1:{}/{}", self.user, self.port, database.name())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = (self.program.kill(), self.program.wait());
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian puts it among the programs of root, which a user's `PATH` often leaves out.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join("pgbouncer")).find(|file| file.exists())
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// The user of a URL, and how the pooler reaches the server.
fn server(url: &str) -> (String, String) {
    let (account, rest) = url.split_once("://").unwrap().1.split_once('@').unwrap();
    let (user, password) = account.split_once(':').unwrap_or((account, ""));
    let address = rest.split('/').next().unwrap();
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "5432"));
    let password = match password {
        "" => String::new(),
        password => format!(" password={password}"),
    };
    (user.to_owned(), format!("host={host} port={port} user={user}{password}"))
}

fn answers(program: &mut Child, port: u16) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        if program.try_wait().unwrap().is_some() {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    false
}
