//! Processes and ports of this machine.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::{Outcome, output_of};

/// How long a server may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether a process runs that has `mark` in its command line. The number alone doesn't tell: the
/// system gives it to somebody else in time.
pub(super) fn is_running(pid: u32, mark: &str) -> bool {
    let command_line = if Path::new("/proc/self").exists() {
        fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
    } else {
        let mut ps = Command::new("ps");
        ps.args(["-ww", "-o", "args=", "-p", &pid.to_string()]);
        output_of(&mut ps).unwrap_or_default().into_bytes()
    };
    command_line.windows(mark.len()).any(|window| window == mark.as_bytes())
}

/// Ends a process that has `mark` in its command line, if it is still there.
pub(super) fn end(pid: u32, mark: &str) -> Outcome {
    // For PostgreSQL it is "immediate shutdown", for MariaDB the usual one.
    send(pid, mark, Signal::SIGQUIT)?;
    if !ends(pid, mark) {
        send(pid, mark, Signal::SIGKILL)?;
    }
    if ends(pid, mark) { Ok(()) } else { Err(format!("process {pid} ({mark}) does not end")) }
}

fn send(pid: u32, mark: &str, signal: Signal) -> Outcome {
    let number = i32::try_from(pid).map_err(|error| error.to_string())?;
    match kill(Pid::from_raw(number), signal) {
        Err(error) if is_running(pid, mark) => Err(format!("process {pid} ({mark}): {error}")),
        _ => Ok(()),
    }
}

/// Whether it ends in time.
fn ends(pid: u32, mark: &str) -> bool {
    let started = Instant::now();
    while is_running(pid, mark) {
        if started.elapsed() > PATIENCE {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}

/// A port of 127.0.0.1 that nobody listens on.
pub(super) fn free_port() -> Outcome<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}
