//! A whole database: whether it's there, making it, dropping it. A connection to it can do none
//! of that, so it takes another database of the same server.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use super::connect::{connect, options, passes};
use super::error::sqlstate;
use super::permission;
use super::quote;
use crate::error::ErrorKind;
use crate::wait::Wait;

/// Databases that servers are made with; either may have been dropped, or be closed to us.
const OTHERS: [&str; 2] = ["postgres", "template1"];

/// Waits until the server answers: whatever it has to say of the database.
pub(crate) async fn wait_for_server(url: &str, wait: Wait<'_>) -> Result<(), ErrorKind> {
    let (connection, _) = wait.until(|| beside(url), passes).await?;
    close(connection).await;
    Ok(())
}

pub(crate) async fn exists(url: &str) -> Result<bool, ErrorKind> {
    let (mut connection, name) = beside(url).await?;
    let found = is_there(&mut connection, &name).await;
    close(connection).await;
    found
}

/// `false`: it was there.
pub(crate) async fn create(url: &str) -> Result<bool, ErrorKind> {
    let (mut connection, name) = beside(url).await?;
    let created = create_on(&mut connection, &name).await;
    close(connection).await;
    created
}

/// `false`: it was not there.
pub(crate) async fn drop(url: &str) -> Result<bool, ErrorKind> {
    let name = name(&options(url)?);
    if OTHERS.contains(&name.as_str()) {
        return Err(ErrorKind::Usage {
            message: format!("{name} is the server's own database, and not dropped"),
            code: "database.protected",
        });
    }
    let (mut connection, name) = beside(url).await?;
    let dropped = drop_on(&mut connection, &name).await;
    close(connection).await;
    dropped
}

async fn create_on(connection: &mut PgConnection, name: &str) -> Result<bool, ErrorKind> {
    // Asked first, because who may not create can still be told that there is nothing to do.
    if is_there(connection, name).await? {
        return Ok(false);
    }
    let sql = format!("CREATE DATABASE {}", quote::name(name));
    match sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await {
        Ok(_) => Ok(true),
        // duplicate_database, unique_violation: somebody else was quicker.
        Err(error) if matches!(sqlstate(&error), Some("42P04" | "23505")) => Ok(false),
        Err(error) => {
            let doing = format!("creating the database {name}");
            Err(permission::explained(connection, doing, error).await)
        }
    }
}

async fn drop_on(connection: &mut PgConnection, name: &str) -> Result<bool, ErrorKind> {
    let sql = format!("DROP DATABASE {}", quote::name(name));
    match sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await {
        Ok(_) => Ok(true),
        Err(error) => match sqlstate(&error) {
            // invalid_catalog_name
            Some("3D000") => Ok(false),
            // object_in_use
            Some("55006") => Err(in_use(connection, name, error).await),
            _ => {
                let doing = format!("dropping the database {name}");
                Err(permission::explained(connection, doing, error).await)
            }
        },
    }
}

async fn is_there(connection: &mut PgConnection, name: &str) -> Result<bool, ErrorKind> {
    let sql = format!(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = {})",
        quote::text(name)
    );
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await;
    row.and_then(|row| row.try_get(0)).map_err(|source| ErrorKind::Database {
        doing: "looking for the database".to_owned(),
        source,
    })
}

/// Who keeps the database from being dropped. The server ends its own autovacuum by itself.
async fn in_use(connection: &mut PgConnection, name: &str, source: sqlx::Error) -> ErrorKind {
    let sql = format!(
        "SELECT concat_ws(' ', coalesce(nullif(application_name, ''), 'a connection'), 'as', \
         usename, 'from', coalesce(host(client_addr), 'a socket'), '(pid ' || pid || ')') \
         FROM pg_catalog.pg_stat_activity WHERE datname = {} \
         AND backend_type IN ('client backend', 'walsender') ORDER BY pid",
        quote::text(name)
    );
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await;
    let users: Vec<String> =
        rows.unwrap_or_default().iter().filter_map(|row| row.try_get(0).ok()).collect();
    let connections = match users.len() {
        // They went between the two questions, or it's a prepared transaction.
        0 => return ErrorKind::Database { doing: format!("dropping the database {name}"), source },
        1 => "a connection is open".to_owned(),
        count => format!("{count} connections are open"),
    };
    ErrorKind::Usage {
        message: format!("the database {name} is in use, {connections}: {}", users.join(", ")),
        code: "database.in_use",
    }
}

/// The name of the database; as the server does it, no name is the user's.
fn name(options: &PgConnectOptions) -> String {
    options.get_database().unwrap_or(options.get_username()).to_owned()
}

/// A connection to another database of the URL's server, and the name of the URL's own.
async fn beside(url: &str) -> Result<(PgConnection, String), ErrorKind> {
    let options = options(url)?;
    let name = name(&options);
    let others = OTHERS.into_iter().filter(|other| *other != name);
    let mut answer = None;
    for other in others {
        match connect(PgConnectOptions::database(options.clone(), other)).await {
            Ok(connection) => return Ok((connection, name)),
            // What the first one says is what counts, if the second is closed to us, too.
            Err(error) if is_of_the_database(&error) => answer = answer.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    Err(answer.expect("one of two names is another one, and it was no connection"))
}

/// Whether another database of the server may answer where this one doesn't: it's not there, it
/// takes no connections, or not from this role.
fn is_of_the_database(error: &ErrorKind) -> bool {
    let (ErrorKind::Database { source, .. } | ErrorKind::Permission { source, .. }) = error else {
        return false;
    };
    matches!(sqlstate(source), Some("3D000" | "55000" | "42501" | "28000"))
}

async fn close(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(target: "migrate", %error, "closing the connection failed");
    }
}
