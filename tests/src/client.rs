//! Scripts through the clients that people pipe them into.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::Database;

/// Through `sqlite3`. False if there is none.
#[track_caller]
pub(crate) fn sqlite(file: &Path, script: &str) -> bool {
    let mut sqlite3 = Command::new("sqlite3");
    // Nothing of whoever runs the tests is read.
    let home = file.parent().unwrap();
    sqlite3.args(["-batch", "-bail"]).arg(file).env("HOME", home).env("XDG_CONFIG_HOME", home);
    pipe(&mut sqlite3, script)
}

/// Through `psql`; where there is none, without what is meant for it.
#[track_caller]
pub(crate) fn postgres(database: &Database, script: &str) {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--dbname", database.url()]);
    if !pipe(&mut psql, script) {
        let lines = script.lines().filter(|line| !line.starts_with('\\'));
        database.execute(&lines.collect::<Vec<_>>().join("\n"));
    }
}

/// Through `mariadb`, or `mysql`, as it was called once. One of them is wherever the server is, and
/// nothing else knows `DELIMITER`.
#[track_caller]
pub(crate) fn mariadb(database: &Database, script: &str) {
    let (_, address) = database.url().split_once("://").unwrap();
    let (user, address) = address.split_once('@').unwrap();
    let (host, _) = address.split_once('/').unwrap();
    let (host, port) = host.split_once(':').unwrap();
    let is_run = ["mariadb", "mysql"].into_iter().any(|name| {
        let mut client = Command::new(name);
        // Without `--comments` it leaves them out, and a stored program is another one then.
        client.args(["--no-defaults", "--batch", "--comments"]);
        client.arg("--default-character-set=utf8mb4");
        client.args(["--user", user, "--host", host, "--port", port, database.name()]);
        pipe(&mut client, script)
    });
    assert!(is_run, "there is neither `mariadb` nor `mysql`");
}

/// Gives a script to a program, which must end well and not complain. False if there is none.
#[track_caller]
fn pipe(client: &mut Command, script: &str) -> bool {
    client.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = match client.spawn() {
        Ok(running) => running,
        Err(error) if error.kind() == ErrorKind::NotFound => return false,
        Err(error) => panic!("{client:?}: {error}"),
    };
    // One that has ended already tells why by itself.
    let _ = running.stdin.take().unwrap().write_all(script.as_bytes());
    let output = running.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{client:?}: {stderr}");
    true
}
