//! Making a Cargo.toml list a new member without disturbing anything else in it. Knows texts;
//! reads and writes no files.

use toml_edit::{Array, DocumentMut, Item, Table, Value};

/// Whether a manifest has a workspace.
pub(crate) fn is_workspace(text: &str) -> bool {
    text.parse::<DocumentMut>().is_ok_and(|document| document.contains_key("workspace"))
}

/// A workspace's manifest with one more member. `None`: a pattern covers it already.
pub(crate) fn with_member(text: &str, member: &str) -> Result<Option<String>, String> {
    let mut document = parse(text)?;
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
    Ok(Some(in_the_style_of(text, &document)))
}

/// A package's manifest, made the root of a workspace with that member.
pub(crate) fn as_workspace(text: &str, member: &str) -> Result<String, String> {
    let mut document = parse(text)?;
    let mut workspace = Table::new();
    workspace.insert("members", Item::Value(Value::Array(Array::from_iter([member]))));
    document.insert("workspace", Item::Table(workspace));
    Ok(in_the_style_of(text, &document))
}

/// The manifest of a workspace that has nothing else yet.
pub(crate) fn new_workspace(member: &str) -> String {
    format!("[workspace]\nresolver = \"3\"\nmembers = [\"{member}\"]\n")
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| error.to_string())
}

/// The edited text with the line ends of the one it was.
fn in_the_style_of(text: &str, document: &DocumentMut) -> String {
    let edited = document.to_string().replace("\r\n", "\n");
    if text.contains("\r\n") { edited.replace('\n', "\r\n") } else { edited }
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
    fn windows_line_ends_stay() {
        edits(
            "[workspace]\r\nmembers = [\"a\"]\r\n",
            Some("[workspace]\r\nmembers = [\"a\", \"migrations\"]\r\n"),
        );
    }

    #[test]
    fn a_package_becomes_the_root_of_a_workspace() {
        let package = "[package]\nname = \"x\" # it\n\n[dependencies]\nserde = \"1\"\n";
        assert_eq!(
            as_workspace(package, "migrations").unwrap(),
            format!("{package}\n[workspace]\nmembers = [\"migrations\"]\n")
        );
    }

    #[test]
    fn a_pattern_that_covers_it_is_enough() {
        edits("[workspace]\nmembers = [\"*\"]\n", None);
        edits("[workspace]\nmembers = [\"./migrations\"]\n", None);
    }
}
