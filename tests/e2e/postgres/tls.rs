//! Connections with TLS, to a server whose certificate nobody has signed.

use migrate_tests::Database;

use super::{A, applied, workspace};

/// Has the server make itself a certificate and use it; `false` if it has no `openssl`. The server
/// makes it because the key must belong to its account.
fn turn_on(database: &Database) -> bool {
    let request = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
                   -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
                   -addext basicConstraints=critical,CA:FALSE";
    let made = database.query(&format!(
        "CREATE TEMP TABLE said (line text); \
         COPY said FROM PROGRAM 'umask 077; {request} -keyout migrate-test.key \
         -out migrate-test.crt >/dev/null 2>&1 || echo failed'; SELECT line FROM said"
    ));
    if !made.is_empty() {
        return false;
    }
    for setting in ["ssl_cert_file = 'migrate-test.crt'", "ssl_key_file = 'migrate-test.key'"] {
        database.execute(&format!("ALTER SYSTEM SET {setting}"));
    }
    database.execute("ALTER SYSTEM SET ssl = on");
    reload(database);
    true
}

fn reload(database: &Database) {
    database.execute("SELECT pg_reload_conf()");
    // The postmaster reads the settings when it gets the signal.
    std::thread::sleep(std::time::Duration::from_millis(500));
}

/// Other tests of the same server talk to it without TLS again.
struct TurnsOff<'d>(&'d Database);

impl Drop for TurnsOff<'_> {
    fn drop(&mut self) {
        for setting in ["ssl", "ssl_cert_file", "ssl_key_file"] {
            self.0.execute(&format!("ALTER SYSTEM RESET {setting}"));
        }
        reload(self.0);
        let remove = "COPY (SELECT 1) TO PROGRAM 'rm -f migrate-test.key migrate-test.crt'";
        self.0.execute(remove);
    }
}

#[test]
fn require_encrypts_and_verify_full_checks_the_certificate() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    let url = |parameters: &str| format!("{}?{parameters}", database.url());
    let run = workspace.migrate_json(["up", "-d", &url("sslmode=require")]).exits(6);
    let error = run.json_error();
    assert_eq!(error["code"], "database.unreachable");
    assert!(error["message"].as_str().unwrap().contains("server does not support TLS"), "{error}");

    let off = TurnsOff(&database);
    if !turn_on(&database) {
        eprintln!("the rest of this test is skipped: the server has no openssl");
        return;
    }
    workspace.revision(super::Revision {
        up: "CREATE TABLE a AS SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid();",
        ..A
    });
    workspace.migrate(["up", "-d", &url("sslmode=require")]).succeeds();
    assert_eq!(database.query("SELECT ssl::text || ' ' || version FROM a"), ["true TLSv1.3"]);
    assert_eq!(applied(&database), ["aaaa1111"]);

    let error = workspace.migrate_json(["up", "-d", &url("sslmode=verify-full")]).exits(6);
    let error = error.json_error();
    assert_eq!(error["code"], "database.unreachable");
    assert!(error["message"].as_str().unwrap().contains("certificate"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("sslrootcert="), "{error}");

    let certificate = database.query("SELECT pg_read_file('migrate-test.crt')").remove(0);
    workspace.write("server.crt", certificate);
    let path = workspace.path("server.crt");
    let trusting = format!("sslmode=verify-full&sslrootcert={}", path.display());
    workspace.migrate(["status", "-d", &url(&trusting)]).succeeds();
    drop(off);
}
