//! What is in a database, counted; and what must be in it by what its history says.

use std::collections::BTreeMap;

use crate::place::Look;
use crate::revisions::{Revision, Statement};

/// Things by name, and how many there are of each.
pub(crate) type World = BTreeMap<String, usize>;

/// Which way a round goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

/// A revision that is there in part, and how many of its statements are done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partial {
    pub(crate) id: String,
    pub(crate) done: usize,
}

/// What was found.
pub(crate) struct Found {
    world: World,
    /// A row a revision: id, state, statements that are done.
    rows: Vec<(String, String, usize)>,
}

impl Found {
    pub(crate) fn by(look: &Look<'_>) -> Self {
        look.assert_sound();
        let tables = look.tables();
        let has = |name: &str| tables.iter().any(|table| table == name);
        let mut world = World::new();
        let mut count =
            |kind: &str, name: String| *world.entry(format!("{kind} {name}")).or_default() += 1;
        look.query("SELECT mark AS x FROM ledger").into_iter().for_each(|it| count("mark", it));
        let ours = tables.iter().filter(|name| name.starts_with("item"));
        ours.for_each(|name| count("table", name.clone()));
        let indexes = look.indexes().into_iter().filter(|name| name.starts_with("by_item"));
        indexes.for_each(|name| count("index", name));
        let mut rows = Vec::new();
        // Where tables are made outside of a transaction, one may be there without the other.
        if has("_migrate_log") {
            let logged = "SELECT concat(action, ' ', revision) AS x FROM _migrate_log \
                          WHERE outcome = 'ok'";
            look.query(logged).into_iter().for_each(|it| count("log", it));
        }
        if has("_migrate_revisions") {
            let sql = "SELECT concat(id, ' ', state, ' ', coalesce(done, 0)) AS x \
                       FROM _migrate_revisions ORDER BY seq";
            rows.extend(look.query(sql).iter().map(|row| {
                let words: Vec<&str> = row.split(' ').collect();
                (words[0].to_owned(), words[1].to_owned(), words[2].parse().unwrap())
            }));
        }
        Self { world, rows }
    }

    /// How many revisions have a row.
    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn partial(&self) -> Option<Partial> {
        let (id, _, done) = self.rows.iter().find(|(_, state, _)| state != "applied")?;
        Some(Partial { id: id.clone(), done: *done })
    }

    /// Whether the statement that the partial revision stopped at took effect. Fails if what is
    /// there is neither of what can be there by the history.
    #[track_caller]
    pub(crate) fn in_flight_is_done(&self, revisions: &[Revision], way: Way) -> bool {
        let [without, with] = self.expected(revisions, way);
        assert!(
            self.world == without || self.world == with,
            "the history and what is there don't agree\nrows: {:?}\nthere: {:#?}\nexpected: {:#?}",
            self.rows,
            self.world,
            without,
        );
        self.world == with && with != without
    }

    /// What must be there: without and with the effect of a statement that was in flight.
    fn expected(&self, revisions: &[Revision], way: Way) -> [World; 2] {
        let (mut world, mut in_flight) = (World::new(), None);
        for revision in revisions {
            let row = self.rows.iter().find(|(id, ..)| *id == revision.id);
            let state = row.map(|(_, state, done)| (state.as_str(), *done));
            let mut take = |statements: &[Statement]| {
                for statement in statements {
                    apply(&mut world, statement);
                }
            };
            match (state, way) {
                (None, Way::Up) => {}
                (Some(("up_partial", done)), Way::Up) => {
                    take(&revision.up[..done]);
                    in_flight = revision.up.get(done);
                }
                (Some(("applied", _)), _) => {
                    take(&revision.up);
                    log(&mut world, "up", revision);
                }
                (Some(("down_partial", done)), Way::Down) => {
                    take(&revision.up);
                    take(&revision.down[..done]);
                    log(&mut world, "up", revision);
                    in_flight = revision.down.get(done);
                }
                (None, Way::Down) => {
                    take(&revision.up);
                    take(&revision.down);
                    log(&mut world, "up", revision);
                    log(&mut world, "down", revision);
                }
                (Some(other), way) => panic!("{other:?} on the way {way:?}"),
            }
        }
        let mut with = world.clone();
        if let Some(statement) = in_flight {
            apply(&mut with, statement);
        }
        [world, with]
    }
}

fn apply(world: &mut World, statement: &Statement) {
    for name in &statement.adds {
        *world.entry(name.clone()).or_default() += 1;
    }
    for name in &statement.removes {
        world.remove(name);
    }
}

fn log(world: &mut World, action: &str, revision: &Revision) {
    *world.entry(format!("log {action} {}", revision.id)).or_default() += 1;
}
