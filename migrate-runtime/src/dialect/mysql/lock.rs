//! One writer: a lock of the connection by `GET_LOCK`, polled. It ends with the connection, and the
//! server ends that only after the statement that it runs; so whoever gets the lock knows that
//! nothing of an earlier run is running.

use migrate_model::Checksum;

use super::connect::{Locked, Session, text};
use super::found::Found;
use super::quote;
use crate::error::ErrorKind;
use crate::patience::Patience;
use crate::settings::HistoryTables;

/// Takes the lock, waiting for it as long as there's patience.
pub(crate) async fn lock(
    session: &mut Session<'_>,
    tables: &HistoryTables,
    patience: &mut Patience<'_>,
) -> Result<(), ErrorKind> {
    let locked = look_around(session, tables).await?;
    let sql = format!("SELECT GET_LOCK({}, 0)", quote::text(&locked.name));
    patience.begin_anew();
    loop {
        // Held from before the question is sent: when this future is dropped, it may still be got.
        session.locked = Some(locked.clone());
        let rows = session.ask(sql.clone()).await.map_err(taking)?;
        // NULL is an error that the server doesn't tell.
        match rows.first().map(|row| text(row, 0)).transpose().map_err(taking)?.flatten() {
            Some(got) if got == "1" => return session.run(ours()).await.map(drop).map_err(taking),
            _ => session.locked = None,
        }
        if let Err(error) = patience.wait().await {
            return Err(match error {
                ErrorKind::LockTimeout { waited, .. } => {
                    let holder = holder(session, &locked.name).await;
                    ErrorKind::LockTimeout { waited, holder }
                }
                other => other,
            });
        }
    }
}

/// Records must be committed by themselves, whatever the connection was made with.
fn ours() -> String {
    "SET SESSION autocommit = 1".to_owned()
}

/// Gives the lock back, and leaves the session as it was found. If the server does not confirm it,
/// the session keeps counting as locked, and its connection is closed instead.
pub(crate) async fn unlock(session: &mut Session<'_>) {
    let Some(Locked { name, found, .. }) = session.locked.clone() else { return };
    let restored = session.run(found.statements().join(";\n")).await.is_ok();
    let rows = session.ask(format!("SELECT RELEASE_LOCK({})", quote::text(&name))).await;
    let answer = rows.ok().and_then(|rows| text(rows.first()?, 0).ok().flatten());
    if restored && answer.as_deref() == Some("1") {
        session.locked = None;
    }
}

fn taking(source: sqlx::Error) -> ErrorKind {
    ErrorKind::Database { doing: "taking the lock".to_owned(), source }
}

/// Where the tables are, or would be made; and how the session shall be left.
async fn look_around(
    session: &mut Session<'_>,
    tables: &HistoryTables,
) -> Result<Locked, ErrorKind> {
    let is_missing = match &tables.schema {
        Some(schema) => format!(
            "NOT EXISTS (SELECT 1 FROM information_schema.schemata WHERE schema_name = {})",
            quote::text(schema)
        ),
        None => "0".to_owned(),
    };
    let sql = format!("SELECT CONNECTION_ID(), {is_missing}, {}", Found::expressions());
    let rows = session.ask(sql).await.map_err(taking)?;
    let row = rows.first().ok_or_else(|| taking(sqlx::Error::RowNotFound))?;
    let number = text(row, 0).map_err(taking)?.and_then(|number| number.parse().ok());
    let is_schema_missing = text(row, 1).map_err(taking)?.as_deref() == Some("1");
    let found = Found::read(row, 2).map_err(taking)?;
    let schema = tables.schema.clone().or_else(|| found.database.clone());
    let schema = schema.ok_or_else(no_database)?;
    let name = name(&schema, tables);
    let connection = number.unwrap_or_default();
    Ok(Locked { name, schema, is_schema_missing, found, connection })
}

/// A connection that is in no database.
pub(super) fn no_database() -> ErrorKind {
    ErrorKind::Usage {
        message: "the connection is in no database, so the history has no place".to_owned(),
        code: "config.database_url",
    }
}

/// These locks are the server's, so a name is the history's among all of its databases. At most
/// 64 characters (<https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html>).
fn name(schema: &str, tables: &HistoryTables) -> String {
    let text = format!("cargo-migrate\n{schema}\n{}", tables.revisions);
    let digest = Checksum::of(text.as_bytes()).to_string();
    format!("migrate {}", digest.trim_start_matches("sha256:").get(..32).unwrap_or_default())
}

/// Who has the lock, as the server knows it. Who may not see other users' connections is told no
/// more than a number.
async fn holder(session: &mut Session<'_>, name: &str) -> Option<String> {
    let name = quote::text(name);
    let sql = format!(
        "SELECT COALESCE((SELECT CONCAT(user, ' from ', host, ' (connection ', id, ')') \
         FROM information_schema.processlist WHERE id = IS_USED_LOCK({name})), \
         CONCAT('connection ', IS_USED_LOCK({name})))"
    );
    text(session.ask(sql).await.ok()?.first()?, 0).ok()?
}

/// A condition that holds as long as this session has the lock.
pub(super) fn is_ours(name: &str) -> String {
    format!("IS_USED_LOCK({}) = CONNECTION_ID()", quote::text(name))
}
