//! `cargo xtask demo`: the main job on SQLite, shown. Every step says what it does and is checked
//! to have done it; the demo fails with the first that has not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Outcome, build_tool, cargo, repository, target};

/// The application: it brings its database up to date, then answers a question from it.
const APPLICATION: &str = r#"//! The shop. Its database is brought up to date before anything else happens.

use migrations::migrate::sqlx::{self, Row, sqlite::{SqliteConnectOptions, SqlitePool}};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("the database's file")?;
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await?;
    match migrations::migrator().run(&pool).await {
        Ok(report) => println!("{} revisions applied, now at {}", report.steps.len(), report.after.join(", ")),
        Err(error) => {
            eprintln!("{}: {error}", error.code());
            std::process::exit(1);
        }
    }
    let row = sqlx::query("SELECT count(*), sum(total_cents) FROM orders").fetch_one(&pool).await?;
    println!("{} orders worth {} cents", row.get::<i64, _>(0), row.get::<Option<i64>, _>(1).unwrap_or(0));
    Ok(())
}
"#;

/// The revisions: message, up, down.
const REVISIONS: [(&str, &str, &str); 5] = [
    (
        "add customers",
        "CREATE TABLE customers (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL,\n    email TEXT NOT NULL\n);",
        "DROP TABLE customers;",
    ),
    (
        "add orders",
        "CREATE TABLE orders (\n    id INTEGER PRIMARY KEY,\n    customer_id INTEGER NOT NULL REFERENCES customers (id),\n    placed_at TEXT NOT NULL\n);\n\nCREATE TABLE order_lines (\n    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,\n    position INTEGER NOT NULL,\n    article TEXT NOT NULL,\n    cents INTEGER NOT NULL,\n    PRIMARY KEY (order_id, position)\n);",
        "DROP TABLE order_lines;\nDROP TABLE orders;",
    ),
    (
        "index customer emails",
        "CREATE UNIQUE INDEX ix_customers_email ON customers (lower(email));",
        "DROP INDEX ix_customers_email;",
    ),
    (
        "first customers",
        "INSERT INTO customers VALUES (1, 'Ada; or -- not', 'ada@example.org'), (2, 'Grace', 'grace@example.org');\nINSERT INTO orders VALUES (1, 1, '2026-11-20'), (2, 2, '2026-11-21');\nINSERT INTO order_lines VALUES (1, 1, 'teapot', 4200), (1, 2, 'tea', 650), (2, 1, 'kettle', 3900);",
        "DELETE FROM order_lines;\nDELETE FROM orders;\nDELETE FROM customers;",
    ),
    (
        "order totals",
        "ALTER TABLE orders ADD COLUMN total_cents INTEGER NOT NULL DEFAULT 0;\n\n-- a data migration: what was sold so far\nUPDATE orders SET total_cents =\n    (SELECT sum(cents) FROM order_lines WHERE order_lines.order_id = orders.id);",
        "ALTER TABLE orders DROP COLUMN total_cents;",
    ),
];

pub(crate) fn run() -> Outcome {
    println!("# cargo-migrate is being built; this takes a minute on a fresh machine");
    let tool = build_tool("dev")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let shop = Shop { root: folder.path().join("shop"), tool };
    shop.write_application()?;

    say("a migrations crate joins the workspace");
    shop.migrate("init", 0)?;
    shop.depend_on_migrations()?;
    shop.write(".env", "DATABASE_URL=sqlite:shop.db\n")?;

    say("five revisions: tables with foreign keys, an index, rows, a data migration");
    let mut files = Vec::new();
    for (message, up, down) in REVISIONS {
        shop.migrate(&format!("new {message:?}"), 0)?;
        files.push(shop.fill_in(message, up, down)?);
    }

    say("the command line applies them to a first database");
    expect(&shop.migrate("up", 0)?, "5 revisions applied")?;
    expect(&shop.migrate("status", 0)?, "5 applied, 0 pending, 0 edited, 0 unknown, 0 partial")?;

    say("the application carries them, and brings a second database up by itself");
    expect(&shop.application("second.db", 0)?, "5 revisions applied")?;
    expect(&shop.application("second.db", 0)?, "0 revisions applied")?;
    expect(&shop.application("second.db", 0)?, "2 orders worth 8750 cents")?;

    say("one revision down, and up again");
    expect(&shop.migrate("down", 0)?, "1 revision taken down")?;
    expect(&shop.migrate("history -i", 0)?, "(pending, head)")?;
    expect(&shop.migrate("up", 0)?, "1 revision applied")?;

    say("somebody edits an applied revision: everything refuses, and shows the difference");
    let original = shop.edit(&files[0], "email TEXT NOT NULL", "email TEXT NOT NULL UNIQUE")?;
    let refusal = shop.migrate("up", 10)?;
    expect(&refusal, "error[integrity.edited]")?;
    expect(&refusal, " -     email TEXT NOT NULL")?;
    expect(&refusal, " +     email TEXT NOT NULL UNIQUE")?;
    shop.migrate("verify", 1)?;
    expect(&shop.application("second.db", 1)?, "integrity.edited")?;

    say("the applied text comes back out of the database, and all is well");
    let id = files[0].split('_').nth(1).unwrap_or_default().to_owned();
    shop.migrate(&format!("restore {id}"), 0)?;
    shop.migrate("verify", 0)?;
    expect(&shop.application("second.db", 0)?, "0 revisions applied")?;
    if shop.read(&files[0])? != original {
        return Err("restore did not write the applied text".to_owned());
    }
    println!("\nThe demo did all that it said.");
    Ok(())
}

fn say(what: &str) {
    println!("\n# {what}");
}

fn expect(output: &str, text: &str) -> Outcome {
    if output.contains(text) { Ok(()) } else { Err(format!("`{text}` is not in the output above")) }
}

/// A small application workspace in a temporary folder.
struct Shop {
    root: PathBuf,
    tool: PathBuf,
}

impl Shop {
    fn write(&self, name: impl AsRef<Path>, text: &str) -> Outcome {
        let path = self.root.join(name);
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    fn read(&self, name: &str) -> Outcome<String> {
        fs::read_to_string(self.root.join(name)).map_err(|error| format!("{name}: {error}"))
    }

    fn write_application(&self) -> Outcome {
        self.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"app\"]\n")?;
        self.write("app/src/main.rs", APPLICATION)?;
        self.write(
            "app/Cargo.toml",
            "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        )?;
        // The versions that this repository was tested with.
        fs::copy(repository().join("Cargo.lock"), self.root.join("Cargo.lock"))
            .map(drop)
            .map_err(|error| format!("Cargo.lock: {error}"))
    }

    fn depend_on_migrations(&self) -> Outcome {
        let manifest = self.read("app/Cargo.toml")?
            + "\n[dependencies]\nshop-migrations = { path = \"../migrations\" }\n\
               tokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n";
        self.write("app/Cargo.toml", &manifest)
    }

    /// Puts the statements into the revision that `new` wrote; gives its path.
    fn fill_in(&self, message: &str, up: &str, down: &str) -> Outcome<String> {
        let slug = message.replace(' ', "_");
        let folder = self.root.join("migrations/revisions");
        let names = fs::read_dir(&folder).map_err(|error| error.to_string())?;
        let mut names = names.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let name = names.find(|name| name.ends_with(&format!("{slug}.sql")));
        let name = format!("migrations/revisions/{}", name.ok_or("`new` wrote no file")?);
        let text = self.read(&name)?;
        let text = text.replace("-- migrate:up\n", &format!("-- migrate:up\n{up}\n"));
        let text = text.replace("-- migrate:down\n", &format!("-- migrate:down\n{down}\n"));
        self.write(&name, &text)?;
        Ok(name)
    }

    /// Replaces a text in a file; gives what the file was before.
    fn edit(&self, name: &str, from: &str, to: &str) -> Outcome<String> {
        println!("$ sed -i 's/{from}/{to}/' {name}");
        let text = self.read(name)?;
        self.write(name, &text.replace(from, to))?;
        Ok(text)
    }

    fn migrate(&self, words: &str, code: i32) -> Outcome<String> {
        println!("$ cargo migrate {words}");
        let mut command = Command::new(&self.tool);
        command.arg("migrate").args(split_words(words)).current_dir(&self.root);
        shown(&mut command, code)
    }

    fn application(&self, database: &str, code: i32) -> Outcome<String> {
        println!("$ cargo run -q -p shop -- {database}");
        let mut command = cargo(["run", "-q", "-p", "shop", "--", database]);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", target().join("e2e"));
        shown(command.env("CARGO_PROFILE_DEV_DEBUG", "0"), code)
    }
}

/// Words, with `"several words"` as one.
fn split_words(words: &str) -> Vec<String> {
    let parts = words.split('"').enumerate();
    parts
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

/// Runs a command, prints what it says, and checks its exit code.
fn shown(command: &mut Command, code: i32) -> Outcome<String> {
    command.env_remove("DATABASE_URL");
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    print!("{text}");
    match output.status.code() {
        Some(found) if found == code => Ok(text),
        found => Err(format!("exit code {found:?}, where {code} was expected")),
    }
}
