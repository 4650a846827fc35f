//! What PostgreSQL's errors mean.
//! Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

pub(super) fn of_server(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// The SQLSTATE of an error that the server sent.
pub(crate) fn sqlstate(error: &sqlx::Error) -> Option<&str> {
    of_server(error).map(PgDatabaseError::code)
}

/// Where in the message the error is, in characters from 0; run-time errors have no place.
pub(crate) fn position(error: &sqlx::Error) -> Option<usize> {
    match of_server(error)?.position()? {
        PgErrorPosition::Original(position) => position.checked_sub(1),
        PgErrorPosition::Internal { .. } => None,
    }
}

/// What the server says beyond its message: detail, hint, and where in a function it happened.
pub(crate) fn notes(error: &sqlx::Error) -> Vec<String> {
    let Some(error) = of_server(error) else { return Vec::new() };
    let detail = error.detail().map(|detail| format!("detail: {detail}"));
    let hint = error.hint().map(|hint| format!("hint: {hint}"));
    let within = error.r#where().map(|within| format!("in: {within}"));
    detail.into_iter().chain(hint).chain(within).collect()
}

/// `lock_not_available`
pub(crate) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    sqlstate(error) == Some("55P03")
}

/// `query_canceled`: by request, or because of `statement_timeout`.
pub(crate) fn is_canceled(error: &sqlx::Error) -> bool {
    sqlstate(error) == Some("57014")
}

/// `undefined_table`, and `invalid_schema_name`
pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
    matches!(sqlstate(error), Some("42P01" | "3F000"))
}

/// Whether a column is not there.
pub(crate) fn is_missing_column(error: &sqlx::Error) -> bool {
    sqlstate(error) == Some("42703")
}

/// The stable code of an error that is the database's fault, not a statement's.
pub(crate) fn database_fault(error: &sqlx::Error) -> Option<&'static str> {
    match sqlstate(error)? {
        // insufficient_privilege
        "42501" => Some("database.permission"),
        // invalid_catalog_name, invalid_authorization_specification, invalid_password,
        // cannot_connect_now, too_many_connections
        "3D000" | "28000" | "28P01" | "57P03" | "53300" => Some("database.unreachable"),
        // lock_not_available
        "55P03" => Some("lock.timeout"),
        // disk_full
        "53100" => Some("database.full"),
        // admin_shutdown, crash_shutdown, and all connection exceptions
        "57P01" | "57P02" => Some("database.lost"),
        code if code.starts_with("08") => Some("database.lost"),
        _ => None,
    }
}

/// What to do about an error that is the database's fault.
pub(crate) fn way_out(error: &sqlx::Error) -> Option<&'static str> {
    if let sqlx::Error::Tls(_) = error {
        return Some(
            "check `sslmode` in the URL, whether the server has TLS on, and whether this program \
             is built with a TLS feature of sqlx",
        );
    }
    Some(match sqlstate(error)? {
        "42501" => "somebody who may has to give the right that the server names",
        "3D000" => "is the name right? cargo migrate database create makes it",
        "28000" | "28P01" => "check user and password, and the server's pg_hba.conf",
        "55P03" => {
            "another session holds what the statement needs: end it, or wait longer: \
             --lock-timeout 5m"
        }
        "57P03" => "the server is starting or ending: --wait 30s waits for it",
        "53300" => "the server has no connection left; end some, or wait: --wait 30s",
        _ => return None,
    })
}
