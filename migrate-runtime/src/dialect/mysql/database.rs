//! A whole database: whether it's there, making it, dropping it. A connection that is in no
//! database can do all of that.

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use super::connect::{connect, options, passes, text};
use super::error::number;
use super::quote;
use crate::error::ErrorKind;
use crate::wait::Wait;

/// Databases that servers are made with, and can't do without.
const SERVERS_OWN: [&str; 4] = ["mysql", "information_schema", "performance_schema", "sys"];

/// How long, in seconds, dropping waits for statements that use the database.
const PATIENCE: u32 = 5;

/// Waits until the server answers.
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
    let (_, name) = without_database(url)?;
    if SERVERS_OWN.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
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

async fn create_on(connection: &mut MySqlConnection, name: &str) -> Result<bool, ErrorKind> {
    // Asked first, because who may not create can still be told that there is nothing to do.
    if is_there(connection, name).await? {
        return Ok(false);
    }
    let sql = format!("CREATE DATABASE {}", quote::name(name));
    match sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await {
        Ok(_) => Ok(true),
        // ER_DB_CREATE_EXISTS: somebody else was quicker.
        Err(error) if number(&error) == Some(1007) => Ok(false),
        Err(source) => Err(failed(format!("creating the database {name}"), source)),
    }
}

async fn drop_on(connection: &mut MySqlConnection, name: &str) -> Result<bool, ErrorKind> {
    let sql =
        format!("SET SESSION lock_wait_timeout = {PATIENCE};\nDROP DATABASE {}", quote::name(name));
    match sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await {
        Ok(_) => Ok(true),
        Err(source) => match number(&source) {
            // ER_DB_DROP_EXISTS
            Some(1008) => Ok(false),
            Some(1205) => Err(ErrorKind::Usage {
                message: format!("the database {name} is in use: a transaction is open in it"),
                code: "database.in_use",
            }),
            _ => Err(failed(format!("dropping the database {name}"), source)),
        },
    }
}

async fn is_there(connection: &mut MySqlConnection, name: &str) -> Result<bool, ErrorKind> {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = {}",
        quote::text(name)
    );
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await;
    let count = row.and_then(|row| text(&row, 0));
    let count = count.map_err(|source| failed("looking for the database".to_owned(), source))?;
    Ok(count.as_deref() != Some("0"))
}

fn failed(doing: String, source: sqlx::Error) -> ErrorKind {
    ErrorKind::Database { doing, source }
}

/// A connection to the URL's server, and the name of the URL's database.
async fn beside(url: &str) -> Result<(MySqlConnection, String), ErrorKind> {
    let (options, name) = without_database(url)?;
    Ok((connect(options).await?, name))
}

/// The options can't be told to forget a database, so it is taken out of the URL.
fn without_database(url: &str) -> Result<(MySqlConnectOptions, String), ErrorKind> {
    let named =
        options(url)?.get_database().map(str::to_owned).ok_or_else(|| ErrorKind::Usage {
            message: "the database's URL names no database".to_owned(),
            code: "config.database_url",
        })?;
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let (place, parameters) = match rest.split_once('?') {
        Some((place, parameters)) => (place, format!("?{parameters}")),
        None => (rest, String::new()),
    };
    let server = place.split('/').next().unwrap_or_default();
    Ok((options(&format!("{scheme}://{server}/{parameters}"))?, named))
}

async fn close(connection: MySqlConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(target: "migrate", %error, "closing the connection failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_its_database_is_the_servers() {
        let (options, name) = without_database("mysql://u:p@h:1/shop?ssl-mode=DISABLED").unwrap();
        assert_eq!((name.as_str(), options.get_database()), ("shop", None));
        assert_eq!((options.get_host(), options.get_port()), ("h", 1));
        assert!(without_database("mysql://u@h").is_err());
    }
}
