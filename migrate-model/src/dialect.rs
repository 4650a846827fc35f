//! The databases. Knows their names; what they understand stands in modules of their own.

use std::fmt;

/// A database whose SQL is spoken.
///
/// ```
/// use migrate_model::Dialect;
///
/// assert_eq!(Dialect::from_name("sqlite"), Some(Dialect::Sqlite));
/// assert_eq!(Dialect::Sqlite.to_string(), "sqlite");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// SQLite, through the library that sqlx links.
    Sqlite,
    /// PostgreSQL 13 and later.
    Postgres,
    /// MySQL 8.0 and later.
    Mysql,
    /// MariaDB 10.6 and later. Where it has no section of its own, MySQL's is used.
    Mariadb,
}

impl Dialect {
    /// All of them.
    ///
    /// ```
    /// use migrate_model::Dialect;
    ///
    /// assert_eq!(Dialect::ALL.map(Dialect::name), ["sqlite", "postgres", "mysql", "mariadb"]);
    /// ```
    pub const ALL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::Mysql, Self::Mariadb];

    /// The name in markers, in `[package.metadata.migrate]` and on the command line.
    ///
    /// ```
    /// assert_eq!(migrate_model::Dialect::Postgres.name(), "postgres");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
        }
    }

    /// The dialect of that name.
    ///
    /// ```
    /// use migrate_model::Dialect;
    ///
    /// assert_eq!(Dialect::from_name("mariadb"), Some(Dialect::Mariadb));
    /// assert_eq!(Dialect::from_name("oracle"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
