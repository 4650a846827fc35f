//! Where in its statement an error is that the server places in something within it: the body of a
//! function, a query of a `DO` block.

use sqlx::postgres::PgErrorPosition;

use super::error::of_server;

/// The place in bytes, if what the server counts in stands in the statement.
pub(super) fn within(error: &sqlx::Error, sql: &str) -> Option<usize> {
    let error = of_server(error)?;
    let of_query = match error.position() {
        Some(PgErrorPosition::Internal { position, query }) => in_query(query, position, sql),
        Some(PgErrorPosition::Original(_)) | None => None,
    };
    of_query.or_else(|| in_block(error.r#where()?, sql))
}

/// A body or a query as it stands in the statement, and characters of it, from 1.
fn in_query(query: &str, position: usize, sql: &str) -> Option<usize> {
    let (at, _) = query.char_indices().nth(position.checked_sub(1)?)?;
    sql.find(query).map(|start| start + at)
}

/// `PL/pgSQL function inline_code_block line 2 at RAISE`: a line of a `DO` block, whose first is
/// the one that the quote opens.
fn in_block(context: &str, sql: &str) -> Option<usize> {
    let line = context.lines().find_map(|line| {
        let rest = line.split_once("PL/pgSQL function inline_code_block line ")?.1;
        rest.split(' ').next()?.parse::<usize>().ok()
    })?;
    let tag = sql.find('$')?;
    let body = tag + 1 + sql[tag + 1..].find('$')? + 1;
    let above: usize =
        sql[body..].split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let text = sql.get(body + above..)?;
    Some(body + above + (text.len() - text.trim_start().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_found_where_it_stands() {
        let sql = "CREATE FUNCTION f() AS $$ü\nBEGIN\n  retrun 1;\nEND$$";
        let body = "ü\nBEGIN\n  retrun 1;\nEND";
        assert_eq!(in_query(body, 11, sql), sql.find("retrun"));
        assert_eq!(in_query("SELECT 1", 1, sql), None);
        assert_eq!(in_query(body, 100, sql), None);
    }

    #[test]
    fn a_line_of_a_block_is_counted_from_its_quote() {
        let sql = "DO $x$ BEGIN\n  RAISE 'ä';\nEND $x$";
        let context = |line| format!("PL/pgSQL function inline_code_block line {line} at RAISE");
        assert_eq!(in_block(&context(2), sql), sql.find("RAISE"));
        assert_eq!(in_block(&context(1), sql), sql.find("BEGIN"));
        assert_eq!(in_block("PL/pgSQL function f() line 2 at RAISE", sql), None);
        assert_eq!(in_block(&context(2), "DO 'BEGIN'"), None);
    }
}
