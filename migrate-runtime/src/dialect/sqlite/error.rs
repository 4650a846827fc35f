//! What SQLite's errors mean. Codes: <https://www.sqlite.org/rescode.html>.

use sqlx::sqlite::SqliteError;

/// The primary code, without what the extended codes add.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let error = error.as_database_error()?;
    error.try_downcast_ref::<SqliteError>()?;
    error.code()?.parse::<u32>().ok().map(|code| code & 0xFF)
}

/// `SQLITE_BUSY` and `SQLITE_LOCKED`.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(5 | 6))
}

/// `SQLITE_INTERRUPT`: our own handler has ended the statement.
pub(crate) fn is_interrupted(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(9)
}

/// The stable code of an error that is the database's fault, not a statement's.
pub(crate) fn database_fault(error: &sqlx::Error) -> Option<&'static str> {
    match primary_code(error)? {
        // PERM, READONLY, AUTH
        3 | 8 | 23 => Some("database.permission"),
        // CANTOPEN, NOTADB
        14 | 26 => Some("database.unreachable"),
        // IOERR, CORRUPT
        10 | 11 => Some("database.lost"),
        // FULL
        13 => Some("database.full"),
        _ => None,
    }
}
