//! A server of a test's own, to be killed: the same programs and the same account as those of the
//! server that the tests share.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use migrate_tests::Server;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

/// It ends when this is dropped, and its folder goes.
pub(crate) struct PrivateServer {
    shared: Server,
    folder: tempfile::TempDir,
    programs: PathBuf,
    /// Who owns the shared server's data, and so runs it.
    account: (u32, u32),
    port: u16,
    process: Option<Child>,
}

impl PrivateServer {
    /// `None` where the shared server's files are not on this machine.
    pub(crate) fn postgres(shared: &Server) -> Option<Self> {
        let database = shared.database();
        let programs = database.query("SELECT setting FROM pg_config WHERE name = 'BINDIR'");
        let data = database.query("SHOW data_directory");
        let owner = Path::new(&data[0]).metadata().ok()?;
        let folder = tempfile::Builder::new().prefix("migrate-drill-").tempdir().unwrap();
        let account = (owner.uid(), owner.gid());
        let mut server = Self {
            shared: shared.clone(),
            programs: PathBuf::from(&programs[0]),
            account,
            port: free_port(),
            process: None,
            folder,
        };
        if geteuid().is_root() {
            chown(server.folder.path(), Some(account.0), Some(account.1)).unwrap();
        }
        let mut initdb = server.command("initdb");
        initdb.args(["--no-sync", "--no-locale", "-A", "trust", "-U", "postgres", "-E", "UTF8"]);
        let output = initdb.arg("-D").arg(server.data()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server.start();
        Some(server)
    }

    /// How it is reached.
    pub(crate) fn server(&self) -> Server {
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", self.port);
        self.shared.elsewhere(url)
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn start(&mut self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !self.server().answers() {
            assert!(Instant::now() < deadline, "the server does not start");
            // What its killed processes held may keep it from starting for a moment.
            let has_ended = match &mut self.process {
                Some(process) => process.try_wait().unwrap().is_some(),
                None => true,
            };
            if has_ended {
                self.process = Some(self.spawn());
            }
            sleep(Duration::from_millis(50));
        }
    }

    fn spawn(&self) -> Child {
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        // What is not on the disk yet outlasts its processes in the system's memory.
        postgres.args(["-c", "listen_addresses=127.0.0.1", "-k", "", "-c", "fsync=off"]);
        postgres.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Kills all of its processes.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        let children = children_of(process.id());
        process.kill().unwrap();
        for child in children {
            // One that has ended meanwhile is no matter.
            let _ = kill(child, Signal::SIGKILL);
        }
        process.wait().unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(self.programs.join(Path::new(&program)));
        command.current_dir("/");
        if geteuid().is_root() {
            command.uid(self.account.0).gid(self.account.1);
        }
        command
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
    }
}

fn children_of(parent: u32) -> Vec<Pid> {
    let ps = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
    let text = String::from_utf8(ps.stdout).unwrap();
    let numbers = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?.parse::<u32>().ok()?))
    });
    numbers.filter(|(_, of)| *of == parent).map(|(pid, _)| Pid::from_raw(pid)).collect()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
