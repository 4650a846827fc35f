//! The library as an application has it, with revisions that are read from a folder.

use std::fs;
use std::path::Path;

use migrate_model::RevisionFile;
use migrate_runtime::{CrateInfo, Migrator, Registry};

/// A migrator of the scripts in a folder.
pub fn migrator(folder: &Path) -> Migrator {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scripts = paths.filter(|path| path.extension().is_some_and(|it| it == "sql"));
    let files = scripts.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        RevisionFile::parse(name, name, &fs::read(&path).unwrap()).unwrap()
    });
    let tests = CrateInfo::new("tests", "0.1.0");
    Migrator::new(Registry::from_files(files.collect(), tests).unwrap().into())
}
