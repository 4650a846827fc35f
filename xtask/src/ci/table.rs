//! The table at the end of `cargo xtask ci`. Knows no step by name.

use std::time::Duration;

use super::step::Verdict;

/// A step that was taken.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) took: Duration,
}

/// A line a step, the columns aligned.
pub(super) fn render(lines: &[Line]) -> String {
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or_default();
    let lines = lines.iter().map(|Line { name, verdict, took }| {
        let (word, reason) = match verdict {
            Verdict::Passed => ("passed", ""),
            Verdict::Failed(reason) => ("failed", reason.as_str()),
            Verdict::Skipped(reason) => ("skipped", reason.as_str()),
        };
        // A reason may quote what a program said; the table has room for a line of it.
        let reason = reason.lines().next().unwrap_or_default();
        let seconds = took.as_secs_f64();
        format!("{name:<width$}  {word:<7}  {seconds:>6.1} s  {reason}").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_reasons_stay_on_their_line() {
        let line = |name: &str, verdict, millis| Line {
            name: name.to_owned(),
            verdict,
            took: Duration::from_millis(millis),
        };
        let lines = [
            line("fmt", Verdict::Passed, 300),
            line("clippy workspace", Verdict::Failed("exit status: 101\nmore".to_owned()), 12_340),
            line("typos", Verdict::Skipped("not installed".to_owned()), 0),
        ];
        let expected = "\
fmt               passed      0.3 s
clippy workspace  failed     12.3 s  exit status: 101
typos             skipped     0.0 s  not installed";
        assert_eq!(render(&lines), expected);
    }
}
