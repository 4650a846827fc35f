//! What `servers status` shows.

use std::io::Write;

use super::software::Durability;
use super::state::State;

/// Prints it; a reader who has seen enough, like `head`, is no error.
pub(super) fn print(states: &[State]) {
    let _ = writeln!(std::io::stdout(), "{}", render(states));
}

/// A line a server, then the variables for tests that are run without `cargo xtask test`.
fn render(states: &[State]) -> String {
    if states.is_empty() {
        return "no server was started: cargo xtask servers start".to_owned();
    }
    let rows = states.iter().map(|state| {
        let is_running = if state.is_running() { "running" } else { "gone" };
        (state, is_running)
    });
    let mut lines = lines(rows);
    lines.push(String::new());
    lines.extend(
        states
            .iter()
            .map(|State { variable, url, name, .. }| format!("export {variable}={url} # {name}")),
    );
    lines.join("\n")
}

fn lines<'a>(rows: impl Iterator<Item = (&'a State, &'static str)>) -> Vec<String> {
    let mut table = vec![["server", "version", "", "pid", "port", "data"].map(str::to_owned)];
    table.extend(rows.map(|(state, is_running)| {
        let durable = (state.durability == Durability::Durable).then_some("durable");
        let remarks = durable.into_iter().chain(state.note.as_deref());
        let data = std::iter::once(state.data.display().to_string())
            .chain(remarks.map(|remark| format!("({remark})")));
        let data = data.collect::<Vec<_>>().join(" ");
        let (pid, port) = (state.pid.to_string(), state.port.to_string());
        [state.name.clone(), state.version.clone(), is_running.to_owned(), pid, port, data]
    }));
    let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..6).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::state::Keep;

    #[test]
    fn columns_are_aligned() {
        let state = |name: &str, note: Option<&str>| State {
            name: name.to_owned(),
            version: "15.18".to_owned(),
            variable: "MIGRATE_TEST_POSTGRES".to_owned(),
            url: String::new(),
            port: 4711,
            pid: 42,
            folder: "f".into(),
            data: "f/data".into(),
            durability: Durability::Durable,
            keep: Keep::UntilStopped,
            note: note.map(str::to_owned),
        };
        let (a, b) = (state("postgres-15", None), state("mariadb", Some("odd")));
        let expected = "\
server       version           pid  port  data
postgres-15  15.18    running  42   4711  f/data (durable)
mariadb      15.18    gone     42   4711  f/data (durable) (odd)";
        assert_eq!(lines([(&a, "running"), (&b, "gone")].into_iter()).join("\n"), expected);
    }
}
