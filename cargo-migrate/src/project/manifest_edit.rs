//! Adding a member to a workspace's Cargo.toml without disturbing anything else in it.

use std::fs;

use camino::Utf8Path;
use toml_edit::{Array, DocumentMut, Item, Value};

use super::shown;
use crate::error::CliError;

/// Adds a member to the workspace. `false`: a pattern covers it already.
pub(crate) fn add_member(manifest: &Utf8Path, member: &str) -> Result<bool, CliError> {
    let text = fs::read_to_string(manifest).map_err(|e| CliError::io(&shown(manifest), e))?;
    let Some(edited) = with_member(&text, member).map_err(|message| CliError::Project {
        code: "project.unreadable",
        message: format!("{}: {message}", shown(manifest)),
        hint: None,
        candidates: Vec::new(),
    })?
    else {
        return Ok(false);
    };
    fs::write(manifest, edited).map_err(|e| CliError::io(&shown(manifest), e))?;
    Ok(true)
}

fn with_member(text: &str, member: &str) -> Result<Option<String>, String> {
    let mut document: DocumentMut =
        text.parse().map_err(|e: toml_edit::TomlError| e.to_string())?;
    let workspace = document
        .get_mut("workspace")
        .and_then(Item::as_table_like_mut)
        .ok_or("it has no [workspace]")?;
    let members = workspace
        .entry("members")
        .or_insert_with(|| Item::Value(Value::Array(Array::new())))
        .as_array_mut()
        .ok_or("workspace.members is no list")?;
    if members.iter().filter_map(Value::as_str).any(|pattern| covers(pattern, member)) {
        return Ok(None);
    }
    push(members, member);
    Ok(Some(document.to_string()))
}

/// Whether a member pattern covers a folder; `*` stands for one part of a path.
fn covers(pattern: &str, member: &str) -> bool {
    let parts = |path: &str| {
        path.split('/')
            .filter(|part| *part != "." && !part.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (pattern, member) = (parts(pattern), parts(member));
    pattern.len() == member.len()
        && pattern.iter().zip(&member).all(|(pattern, part)| pattern == "*" || pattern == part)
}

/// Appends in the style of the list: on a line of its own where the last one has a line.
fn push(members: &mut Array, member: &str) {
    let indent = members
        .iter()
        .last()
        .and_then(|last| last.decor().prefix()?.as_str()?.rsplit_once('\n'))
        .map(|(_, indent)| indent.to_owned());
    // What stands behind the last comma is a comment on the last member.
    let comment = members.trailing().as_str().unwrap_or_default().trim_end().to_owned();
    members.push(member);
    if let (Some(indent), Some(value)) = (indent, members.iter_mut().last()) {
        value.decor_mut().set_prefix(format!("{comment}\n{indent}"));
        members.set_trailing("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn edits(before: &str, after: Option<&str>) {
        assert_eq!(with_member(before, "migrations").unwrap().as_deref(), after);
    }

    #[test]
    fn the_list_keeps_its_style() {
        edits(
            "# top\n[workspace]\nmembers = [\"a\", \"b\"] # why\nresolver = \"3\"\n",
            Some(
                "# top\n[workspace]\nmembers = [\"a\", \"b\", \"migrations\"] # why\nresolver = \"3\"\n",
            ),
        );
        edits(
            "[workspace]\nmembers = [\n    \"a\",\n    # the shop\n    \"b\",\n]\n",
            Some(
                "[workspace]\nmembers = [\n    \"a\",\n    # the shop\n    \"b\",\n    \"migrations\",\n]\n",
            ),
        );
        edits("[workspace]\n", Some("[workspace]\nmembers = [\"migrations\"]\n"));
    }

    #[test]
    fn a_pattern_that_covers_it_is_enough() {
        edits("[workspace]\nmembers = [\"*\"]\n", None);
        edits("[workspace]\nmembers = [\"./migrations\"]\n", None);
    }
}
