//! `--wait`: a server that is being started beside the tool.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use std::{io, thread};

use migrate_tests::{Run, cargo_migrate};

use super::{A, applied, workspace};

/// A port where nothing listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `host:port` of a URL.
fn address(url: &str) -> &str {
    url.split_once('@').unwrap().1.split('/').next().unwrap()
}

/// Passes one connection on, in both directions, until it ends.
fn forward(listener: &TcpListener, to: &str) {
    let (client, _) = listener.accept().unwrap();
    let server = TcpStream::connect(to).unwrap();
    let (mut from, mut into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || io::copy(&mut from, &mut into));
    let (mut from, mut into) = (server, client);
    thread::spawn(move || io::copy(&mut from, &mut into));
}

#[test]
fn it_runs_once_the_server_is_there() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let address = address(database.url()).to_owned();
    let port = free_port();
    let url = database.url().replace(&address, &format!("127.0.0.1:{port}"));
    let arguments = ["up", "--wait", "30s", "-d", &url, "--format", "json"];
    let waiting = Run::start(&mut workspace.command(cargo_migrate(), arguments));
    thread::sleep(Duration::from_millis(1500));
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    // Not waited for: if nobody comes any more, that is what the tool's end tells.
    thread::spawn(move || {
        // What takes connections before the server does ends them at once.
        drop(listener.accept().unwrap());
        forward(&listener, &address);
    });
    let lines = waiting.finish().succeeds().json_lines();
    let waits: Vec<_> = lines.iter().filter(|line| line["type"] == "wait").collect();
    assert!(waits.len() >= 3, "{lines:?}");
    assert!(waits[1]["waited_ms"].as_u64() > waits[0]["waited_ms"].as_u64());
    assert!(waits[0]["reason"].as_str().unwrap().contains("refused"), "{}", waits[0]);
    assert_eq!(lines.last().unwrap()["type"], "summary");
    assert_eq!(applied(&database), ["aaaa1111"]);
}

#[test]
fn it_ends_when_the_time_is_up() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let nowhere = format!("127.0.0.1:{}", free_port());
    let url = database.url().replace(address(database.url()), &nowhere);
    let started = Instant::now();
    let run = workspace.migrate(["up", "--wait", "1s", "-d", &url]).exits(6);
    assert!(started.elapsed() >= Duration::from_secs(1));
    let waiting = "Waiting for the database, ";
    assert!(run.stdout.contains(waiting) || run.stderr.contains(waiting), "{run:?}");
    let error = "error[database.unreachable]: the database did not answer within 1s";
    assert!(run.stderr.contains(error), "{}", run.stderr);
}

#[test]
fn a_database_is_made_once_the_server_is_there() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let address = address(database.url()).to_owned();
    let port = free_port();
    let url = database.url().replace(&address, &format!("127.0.0.1:{port}"));
    let reset = ["database", "reset", "--yes", "--wait", "30s", "-d", &url, "--format", "json"];
    let waiting = Run::start(&mut workspace.command(cargo_migrate(), reset));
    thread::sleep(Duration::from_millis(700));
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    thread::spawn(move || {
        loop {
            forward(&listener, &address);
        }
    });
    let lines = waiting.finish().succeeds().json_lines();
    assert_eq!(lines[0]["type"], "wait");
    assert_eq!(applied(&database), ["aaaa1111"]);
    let create = ["database", "create", "--wait", "30s", "-d", &url];
    assert_eq!(workspace.migrate_json(create).succeeds().json()["created"], false);
    // SQLite has nothing to wait for.
    workspace.replace("migrations/Cargo.toml", "[\"postgres\"]", "[\"sqlite\"]");
    let create = ["database", "create", "--wait", "30s", "-d", "sqlite:shop.db"];
    workspace.migrate(create).succeeds();
}

#[test]
fn it_does_not_wait_for_what_does_not_pass_by_itself() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let started = Instant::now();
    let url = format!("{}_missing", database.url());
    let run = workspace.migrate_json(["up", "--wait", "60s", "-d", &url]).exits(6);
    assert_eq!(run.json_error()["code"], "database.unreachable");
    // SQLite has nothing to wait for.
    workspace.replace("migrations/Cargo.toml", "[\"postgres\"]", "[\"sqlite\"]");
    workspace.migrate(["up", "--wait", "60s", "-d", "sqlite:shop.db"]).succeeds();
    assert!(started.elapsed() < Duration::from_secs(30));
}
