//! The format of the corpus (tests/cases/traversal/README.md), and its graphs as ours.

use std::collections::BTreeMap;
use std::path::PathBuf;

use migrate_model::revision::{HeaderLines, Kind};
use migrate_model::{Checksum, Graph, GraphError, Revision};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Corpus {
    pub(crate) graphs: Vec<CorpusGraph>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct CorpusGraph {
    pub(crate) name: String,
    pub(crate) revisions: Vec<CorpusRevision>,
    pub(crate) facts: Option<Facts>,
    pub(crate) load: Option<Expected>,
}

#[derive(Deserialize)]
pub(crate) struct CorpusRevision {
    pub(crate) id: String,
    pub(crate) down: Vec<String>,
    pub(crate) depends_on: Vec<String>,
    pub(crate) labels: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Facts {
    #[serde(default)]
    pub(crate) warnings: Vec<String>,
    #[serde(default)]
    pub(crate) heads: Vec<String>,
    #[serde(default)]
    pub(crate) effective_heads: Vec<String>,
    #[serde(default)]
    pub(crate) bases: Vec<String>,
    #[serde(default)]
    pub(crate) history: Vec<String>,
    #[serde(default)]
    pub(crate) branch_points: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) merge_points: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) graph: String,
    pub(crate) op: String,
    pub(crate) arg: Option<Argument>,
    #[serde(default)]
    pub(crate) start: Vec<String>,
    #[serde(default)]
    pub(crate) purge: bool,
    #[serde(default)]
    pub(crate) splice: bool,
    #[serde(default)]
    pub(crate) depends_on: Vec<String>,
    pub(crate) order: Option<String>,
    #[serde(default)]
    pub(crate) row_order_matters: bool,
    pub(crate) expect: Expected,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Argument {
    One(String),
    Several(Vec<String>),
}

impl Argument {
    pub(crate) fn words(&self) -> Vec<&str> {
        match self {
            Self::One(word) => vec![word],
            Self::Several(words) => words.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Expected {
    pub(crate) error: Option<String>,
    pub(crate) detail: Option<String>,
    #[serde(default)]
    pub(crate) crash: bool,
    pub(crate) warning: Option<serde_json::Value>,
    pub(crate) steps: Option<Vec<(String, String)>>,
    pub(crate) heads: Option<Vec<String>>,
    pub(crate) heads_minimal: Option<Vec<String>>,
    pub(crate) rows_after_each_step: Option<Vec<Vec<String>>>,
    pub(crate) revisions: Option<Vec<String>>,
    /// `null` is the base.
    #[serde(default)]
    pub(crate) revision: serde_json::Value,
    pub(crate) down: Option<Vec<String>>,
    pub(crate) depends_on: Option<Vec<String>>,
    pub(crate) at_heads: Option<bool>,
}

/// Names another corpus.
const OTHER: &str = "MIGRATE_TRAVERSAL_CORPUS";

impl Corpus {
    /// Whether it is the corpus of this repository.
    pub(crate) fn is_ours() -> bool {
        std::env::var_os(OTHER).is_none()
    }

    /// The corpus of this repository, or the one that `MIGRATE_TRAVERSAL_CORPUS` names.
    pub(crate) fn read() -> Self {
        let ours = migrate_tests::repository().join("tests/cases/traversal/traversal_open.json");
        let path = std::env::var_os(OTHER).map_or(ours, PathBuf::from);
        let text = std::fs::read_to_string(&path).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

impl CorpusGraph {
    /// Our graph, or the code of the error that there is instead.
    pub(crate) fn load(&self) -> Result<Graph, &'static str> {
        let revisions = self.revisions.iter().map(CorpusRevision::as_revision);
        let revisions = revisions.collect::<Option<Vec<_>>>().ok_or("graph.illegal_identifier")?;
        Graph::new(revisions).map_err(|error: GraphError| error.code())
    }
}

impl CorpusRevision {
    fn as_revision(&self) -> Option<Revision> {
        fn all<T: std::str::FromStr>(names: &[String]) -> Option<Vec<T>> {
            names.iter().map(|name| name.parse().ok()).collect()
        }
        Some(Revision {
            id: self.id.parse().ok()?,
            revises: all(&self.down)?,
            depends_on: all(&self.depends_on)?,
            labels: all(&self.labels)?,
            message: self.id.clone(),
            created: None,
            file: format!("{}.sql", self.id),
            kind: Kind::Sql,
            checksum: Checksum::of(self.id.as_bytes()),
            lines: HeaderLines::default(),
        })
    }
}
