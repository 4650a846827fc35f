//! A server of a test's own, to be killed: the same programs and the same account as those of the
//! server that the tests share.

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

/// How a server of some software is made and run.
pub(crate) struct Recipe {
    /// Asks the shared server for a folder with its programs, or one above it.
    pub(crate) programs: &'static str,
    /// Asks it for its data's folder.
    pub(crate) data: &'static str,
    /// The program that makes a data folder, and its words.
    pub(crate) make: fn(&Path) -> (&'static str, Vec<String>),
    /// The server's program, and its words for a data folder and a port.
    pub(crate) run: fn(&Path, u16) -> (&'static str, Vec<String>),
    pub(crate) url: fn(u16) -> String,
}

/// It ends when this is dropped, and its folder goes.
pub(crate) struct PrivateServer {
    recipe: &'static Recipe,
    shared: Server,
    folder: tempfile::TempDir,
    /// Where its programs may be.
    programs: Vec<PathBuf>,
    /// Who owns the shared server's data, and so runs it.
    account: (u32, u32),
    port: u16,
    process: Option<Child>,
}

impl PrivateServer {
    /// `None` where the shared server's files are not on this machine.
    pub(crate) fn like(shared: &Server, recipe: &'static Recipe) -> Option<Self> {
        let database = shared.database();
        let [programs, data] =
            [recipe.programs, recipe.data].map(|sql| PathBuf::from(&database.query(sql)[0]));
        let owner = data.metadata().ok()?;
        let folder = tempfile::Builder::new().prefix("migrate-drill-").tempdir().unwrap();
        let account = (owner.uid(), owner.gid());
        if geteuid().is_root() {
            chown(folder.path(), Some(account.0), Some(account.1)).unwrap();
        }
        let programs = ["", "bin", "sbin"].map(|folder| programs.join(folder)).to_vec();
        let (shared, port) = (shared.clone(), free_port());
        let mut server = Self { recipe, shared, folder, programs, account, port, process: None };
        let output = server.command((recipe.make)(&server.data())).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server.start();
        Some(server)
    }

    /// How it is reached.
    pub(crate) fn server(&self) -> Server {
        self.shared.elsewhere((self.recipe.url)(self.port))
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
        let mut server = self.command((self.recipe.run)(&self.data(), self.port));
        server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
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

    fn command(&self, (program, words): (&str, Vec<String>)) -> Command {
        let mut files = self.programs.iter().map(|folder| folder.join(program));
        let mut command = Command::new(files.find(|file| file.exists()).unwrap());
        command.args(words).current_dir("/");
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
