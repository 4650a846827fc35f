//! SQLite's journals: a revision, its row and its log line are all there or none, whichever way the
//! killed process went. What is looked at is a copy of what it left, so that it is the next run that
//! finds the hot journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use migrate_tests::{Revision, Run, Workspace, cargo_migrate, execute, query};

use super::Random;

const REVISIONS: usize = 40;
/// Kills in each of the two tests that hit a process before its end.
const KILLS: usize = 200;

#[test]
fn with_a_rollback_journal_every_revision_is_there_as_a_whole_or_not_at_all() {
    survives_kills("delete");
}

#[test]
fn with_a_write_ahead_log_every_revision_is_there_as_a_whole_or_not_at_all() {
    survives_kills("wal");
}

fn survives_kills(journal: &str) {
    let mut random = Random::from_environment();
    let workspace = workspace();
    let whole = duration_of_a_whole_run(&workspace, journal);
    create(&workspace.path("shop.db"), journal);
    let (mut kills, mut hot, mut finished) = (0, 0, 0);
    let (mut goes_up, mut before) = (true, 0);
    while kills < KILLS || before < REVISIONS {
        let moment = whole.mul_f64(random.fraction());
        let is_killed = kills < KILLS && random.fraction() < 0.95;
        let run = run(&workspace, goes_up, is_killed.then_some(moment));
        let left = Left::by(&workspace);
        let applied = left.applied();
        assert!(if goes_up { applied >= before } else { applied <= before }, "{before} {applied}");
        before = applied;
        if run.code == Run::KILLED {
            kills += 1;
            hot += usize::from(left.has_journal);
        } else {
            let run = run.succeeds();
            assert_eq!(applied, if goes_up { REVISIONS } else { 0 }, "{}", run.stdout);
            finished += 1;
            goes_up = !goes_up;
        }
    }
    println!(
        "{journal}: {kills} kills hit a run ({hot} left a journal behind), \
         {finished} runs finished; a whole run takes {whole:?}"
    );
    assert!(kills >= KILLS && hot > 0 && finished > 0);
    let check = "SELECT integrity_check AS x FROM pragma_integrity_check";
    assert_eq!(query(&workspace.path("shop.db"), check), ["ok"]);
    let mode = "SELECT journal_mode AS x FROM pragma_journal_mode";
    assert_eq!(query(&workspace.path("shop.db"), mode), [journal]);
}

fn id(number: usize) -> String {
    format!("item{number:02}")
}

/// Revisions of a table, an index, 50 rows and an update each.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for number in 0..REVISIONS {
        let id = id(number);
        let up = format!(
            "CREATE TABLE {id} (n INTEGER NOT NULL, state TEXT NOT NULL);\n\
             CREATE INDEX {id}_by_state ON {id} (state);\n\
             WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50)\n\
             INSERT INTO {id} SELECT n, 'new' FROM c;\n\
             UPDATE {id} SET state = 'done';"
        );
        let parent = number.checked_sub(1).map_or("base".to_owned(), self::id);
        let down = format!("UPDATE {id} SET state = 'gone';\nDROP TABLE {id};");
        workspace.revision(Revision { id: &id, revises: &parent, up: &up, down: Some(&down) });
    }
    workspace
}

fn duration_of_a_whole_run(workspace: &Workspace, journal: &str) -> Duration {
    create(&workspace.path("shop.db"), journal);
    let begin = Instant::now();
    run(workspace, true, None).succeeds();
    let duration = begin.elapsed();
    fs::remove_file(workspace.path("shop.db")).unwrap();
    duration
}

fn create(database: &Path, journal: &str) {
    fs::write(database, "").unwrap();
    execute(database, &format!("PRAGMA journal_mode = {journal}"));
}

/// Runs `up` or `down base`; kills it when the time is over.
fn run(workspace: &Workspace, goes_up: bool, time: Option<Duration>) -> Run {
    let arguments: &[&str] = if goes_up { &["up"] } else { &["down", "base"] };
    let binary = std::env::var_os("MIGRATE_KILL_BIN").map(PathBuf::from);
    let binary = binary.as_deref().unwrap_or_else(|| cargo_migrate());
    let running = Run::start(&mut workspace.command(binary, arguments.iter().copied()));
    match time {
        None => running.finish(),
        Some(time) => {
            sleep(time);
            running.kill()
        }
    }
}

/// A copy of the files that a run has left.
struct Left {
    folder: tempfile::TempDir,
    has_journal: bool,
}

impl Left {
    fn by(workspace: &Workspace) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut has_journal = false;
        for name in ["shop.db", "shop.db-journal", "shop.db-wal"] {
            let file = workspace.path(name);
            if file.exists() {
                let bytes = fs::copy(file, folder.path().join(name)).unwrap();
                has_journal |= name != "shop.db" && bytes > 0;
            }
        }
        Self { folder, has_journal }
    }

    /// How many revisions are applied: the first so many are there as a whole, with table, index,
    /// all their rows, row and log line, and nothing of the others is.
    #[track_caller]
    fn applied(&self) -> usize {
        let list = |sql: &str| query(&self.folder.path().join("shop.db"), sql);
        let of_type = |kind: &str, pattern: &str| {
            list(&format!(
                "SELECT tbl_name AS x FROM sqlite_master \
                 WHERE type = '{kind}' AND name LIKE '{pattern}' ORDER BY 1"
            ))
        };
        let tables = of_type("table", "item__");
        let expected: Vec<String> = (0..tables.len()).map(id).collect();
        assert_eq!(tables, expected);
        assert_eq!(of_type("index", "item__%"), expected);
        assert_eq!(list(&rows_of(&tables)), expected);
        match of_type("table", "_migrate_%").as_slice() {
            [] => assert_eq!(expected, Vec::<String>::new()),
            [_, _, _] => {
                assert_eq!(list("SELECT id AS x FROM _migrate_revisions ORDER BY 1"), expected);
                assert_eq!(list(LOGGED), expected);
            }
            some => panic!("{some:?} without the others"),
        }
        tables.len()
    }
}

/// The names of the tables that have their 50 rows as the revision left them.
fn rows_of(tables: &[String]) -> String {
    let full = |table: &String| {
        format!(
            "SELECT '{table}' AS x FROM (SELECT count(*) AS n, sum(state = 'done') AS done \
             FROM {table}) WHERE n = 50 AND done = 50"
        )
    };
    match tables {
        [] => "SELECT 1 AS x WHERE 0".to_owned(),
        tables => tables.iter().map(full).collect::<Vec<_>>().join(" UNION ALL "),
    }
}

/// The revisions that went up once more often than down; another number is told, too.
const LOGGED: &str = "SELECT revision || iif(n = 1, '', ': ' || n) AS x FROM (SELECT revision, \
    sum(iif(action = 'up', 1, -1)) AS n FROM _migrate_log WHERE outcome = 'ok' GROUP BY revision) \
    WHERE n <> 0 ORDER BY 1";
