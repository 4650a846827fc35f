//! Rights that are missing: each is named as the statement that gives it.

use migrate_tests::{Database, Revision, Workspace};

use super::{A, B, applied, workspace};

/// All of them, because who lacks a right on one needs it on the others.
const HISTORY: &str = "public._migrate_revisions, public._migrate_log, public._migrate_meta";

/// A role that goes when this is dropped.
struct Role<'d> {
    database: &'d Database,
    name: String,
}

impl<'d> Role<'d> {
    fn new(database: &'d Database) -> Self {
        let name = format!("reader_{}", database.name());
        database.execute(&format!("CREATE ROLE {name} LOGIN"));
        Self { database, name }
    }

    fn url(&self) -> String {
        self.database.url().replace("//postgres@", &format!("//{}@", self.name))
    }

    /// The GRANT that a command names, with `me` for the role.
    fn missing(&self, workspace: &Workspace, arguments: &[&str], exit: i32) -> String {
        let url = self.url();
        let all = [arguments, &["-d", &url]].concat();
        let error = workspace.migrate_json(all).exits(exit).json_error();
        let hint = error["hint"].as_str().unwrap_or_else(|| panic!("{error}"));
        let hint = hint.replace(&self.name, "me").replace(self.database.name(), "shop");
        hint.strip_prefix("somebody who may has to run: ").unwrap_or(&hint).to_owned()
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let Self { database, name } = self;
        database.execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
    }
}

#[test]
fn who_may_only_read_can_look_and_is_told_what_is_missing() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    let reader = format!("reader_{}", database.name());
    database.execute(&format!(
        "CREATE ROLE {reader} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}"
    ));
    let url = database.url().replace("//postgres@", &format!("//{reader}@"));
    for command in ["status", "verify", "up", "current"] {
        workspace.migrate([command, "-d", &url]).succeeds();
    }
    workspace.revision(B);
    let missing = |command: &str| {
        let error = workspace.migrate_json([command, "-d", &url]).exits(6).json_error();
        assert_eq!(error["code"], "database.permission");
        let hint = error["hint"].as_str().unwrap().replace(&reader, "me");
        hint.strip_prefix("somebody who may has to run: ").unwrap().to_owned()
    };
    assert_eq!(missing("up"), "ALTER TABLE public.a OWNER TO me;");
    for (up, grant) in [
        ("INSERT INTO a VALUES (2);", "GRANT INSERT ON public.a TO me;"),
        ("UPDATE a SET x = 2 WHERE x = 1;", "GRANT UPDATE ON public.a TO me;"),
        ("CREATE TABLE b (x int);", "GRANT CREATE ON SCHEMA public TO me;"),
        ("CREATE SCHEMA b;", &format!("GRANT CREATE ON DATABASE {} TO me;", database.name())),
        ("SELECT 1;", &format!("GRANT INSERT, UPDATE, DELETE ON {HISTORY} TO me;")),
    ] {
        // Version 15 took that right from everybody.
        database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        workspace.revision(Revision { up, ..B });
        assert_eq!(missing("up"), grant, "{up}");
    }
    database.execute(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {reader}"));
    assert_eq!(missing("status"), format!("GRANT SELECT ON {HISTORY} TO me;"));
    database.execute("DROP TABLE a, _migrate_revisions, _migrate_log, _migrate_meta");
    workspace.revision(Revision { up: "SELECT 1;", ..A });
    assert_eq!(missing("up"), "GRANT CREATE ON SCHEMA public TO me;");
    database.execute("CREATE SCHEMA other");
    workspace.configure("schema = \"other\"\n");
    assert_eq!(missing("status"), "GRANT USAGE ON SCHEMA other TO me;");
    database.execute(&format!("DROP OWNED BY {reader}; DROP ROLE {reader}"));
}

#[test]
fn a_closed_schema_or_database_is_no_empty_one() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    let role = Role::new(&database);
    database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC");
    for command in ["status", "up", "current"] {
        let missing = role.missing(&workspace, &[command], 6);
        assert_eq!(missing, "GRANT USAGE ON SCHEMA public TO me;", "{command}");
    }
    // Where no schema is there at all, nothing could be given.
    let url = role.url() + "?options=-csearch_path%3Dnowhere";
    let error = workspace.migrate_json(["up", "-d", &url]).exits(3).json_error();
    assert_eq!(error["code"], "config.schema");

    database.execute(&format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", database.name()));
    let missing = role.missing(&workspace, &["status"], 6);
    assert_eq!(missing, "GRANT CONNECT ON DATABASE \"shop\" TO \"me\";");
}

#[test]
fn who_does_not_own_the_database_does_not_drop_it() {
    let Some((workspace, database)) = workspace() else { return };
    let role = Role::new(&database);
    let missing = || role.missing(&workspace, &["database", "drop", "--yes"], 6);
    assert_eq!(missing(), "ALTER DATABASE shop OWNER TO me;");
    let owner = format!("owner_{}", database.name());
    database.execute(&format!(
        "CREATE ROLE {owner}; ALTER DATABASE {} OWNER TO {owner}",
        database.name()
    ));
    assert_eq!(missing().replace("owner_shop", "owner"), "GRANT owner TO me;");
    let name = database.name();
    database.execute(&format!("ALTER DATABASE {name} OWNER TO postgres; DROP ROLE {owner}"));
}

#[test]
fn outside_of_a_transaction_too() {
    let Some((workspace, database)) = workspace() else { return };
    workspace.revision(A);
    workspace.migrate(["up"]).succeeds();
    let role = Role::new(&database);
    database.execute(&format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0}; \
         REVOKE INSERT ON a FROM {0}",
        role.name
    ));
    let file = workspace.revision(Revision { up: "SELECT 1;\nINSERT INTO a VALUES (2);", ..B });
    workspace.replace(&file, "-- migrate:up", "-- migrate:up transaction:false");
    assert_eq!(role.missing(&workspace, &["up"], 9), "GRANT INSERT ON public.a TO me;");
    database.execute(&format!("REVOKE UPDATE ON _migrate_revisions FROM {}", role.name));
    let missing = role.missing(&workspace, &["up"], 6);
    assert_eq!(missing, format!("GRANT UPDATE ON {HISTORY} TO me;"));
    database.execute(&format!(
        "GRANT INSERT ON a TO {0}; GRANT UPDATE ON _migrate_revisions TO {0}",
        role.name
    ));
    workspace.migrate(["up", "-d", &role.url()]).succeeds();
    assert_eq!(applied(&database), ["aaaa1111", "bbbb2222"]);
}
