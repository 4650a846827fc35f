//! The way between the tool and a server, with somebody on it who does something at a message.
//! Knows of the protocols only that the two sides speak in turns.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use migrate_tests::Run;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Which message of the tool's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    /// Counted from 1, over all connections.
    Number(usize),
    /// The first that has this in it.
    With(&'static str),
}

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before the message reaches the server.
    Before,
    /// When the server has answered it, before the answer reaches the tool.
    After,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The connection ends.
    Cut,
    /// The tool is killed, and so the connection ends, too.
    Kill,
}

/// It is there for one run of the tool.
pub(crate) struct Proxy {
    url: String,
    way: Arc<Way>,
}

struct Way {
    server: String,
    turn: Turn,
    moment: Moment,
    action: Action,
    /// How many messages there were.
    messages: AtomicUsize,
    /// Whether it is done.
    is_over: AtomicBool,
    /// The tool's process.
    process: OnceLock<u32>,
}

impl Proxy {
    pub(crate) fn new(url: &str, turn: Turn, moment: Moment, action: Action) -> Self {
        let (user, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("{user}@127.0.0.1:{port}/{database}");
        let way = Arc::new(Way {
            server: server.to_owned(),
            turn,
            moment,
            action,
            messages: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            process: OnceLock::new(),
        });
        let shared = Arc::clone(&way);
        // It ends with the process of the test; nobody knows the port any more by then.
        thread::spawn(move || {
            for client in listener.incoming() {
                let server = TcpStream::connect(&shared.server).unwrap();
                connect(&shared, client.unwrap(), server);
            }
        });
        Self { url, way }
    }

    /// The URL by which the server is reached this way.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether the message came.
    pub(crate) fn is_over(&self) -> bool {
        self.way.is_over.load(Ordering::SeqCst)
    }

    /// Runs the tool, which has been told the URL.
    pub(crate) fn run(&self, command: &mut Command) -> Run {
        let running = Run::start(command);
        self.way.process.set(running.id()).unwrap();
        running.finish()
    }
}

/// Passes messages on, in both directions.
fn connect(way: &Arc<Way>, client: TcpStream, server: TcpStream) {
    // A message of the tool's is at hand: its answer has not begun.
    let (is_asked, is_last) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let to_server = {
        let (way, is_asked, is_last) =
            (Arc::clone(way), Arc::clone(&is_asked), Arc::clone(&is_last));
        move |bytes: &[u8]| {
            if !is_asked.swap(true, Ordering::SeqCst) {
                way.messages.fetch_add(1, Ordering::SeqCst);
            }
            if !way.is_at(bytes) {
                return Pass::On;
            }
            match way.moment {
                Moment::Before => way.act(),
                Moment::After => {
                    is_last.store(true, Ordering::SeqCst);
                    Pass::On
                }
            }
        }
    };
    let way = Arc::clone(way);
    let to_client = move |_: &[u8]| {
        is_asked.store(false, Ordering::SeqCst);
        if is_last.load(Ordering::SeqCst) { way.act() } else { Pass::On }
    };
    let (client_again, server_again) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || pass(client_again, server_again, to_server));
    thread::spawn(move || pass(server, client, to_client));
}

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    On,
    Nothing,
}

impl Way {
    fn is_at(&self, bytes: &[u8]) -> bool {
        let is_it = match self.turn {
            Turn::Number(number) => self.messages.load(Ordering::SeqCst) == number,
            Turn::With(text) => bytes.windows(text.len()).any(|part| part == text.as_bytes()),
        };
        is_it && !self.is_over()
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn act(&self) -> Pass {
        self.is_over.store(true, Ordering::SeqCst);
        if self.action == Action::Kill {
            let process = i32::try_from(*self.process.wait()).unwrap();
            match kill(Pid::from_raw(process), Signal::SIGKILL) {
                // It said goodbye, and didn't wait for an answer.
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => panic!("{process} can't be killed: {error}"),
            }
        }
        Pass::Nothing
    }
}

/// Passes on what comes, until one side ends or it shall end: then both do.
fn pass(mut from: TcpStream, mut to: TcpStream, see: impl Fn(&[u8]) -> Pass) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut bytes).unwrap_or(0);
        if read == 0
            || see(&bytes[..read]) == Pass::Nothing
            || to.write_all(&bytes[..read]).is_err()
        {
            break;
        }
    }
    // Either may be at its end already.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
