//! The goldens: each folder of `tests/cases` runs through `segflow fold`, and its changes and dead letters are
//! compared line by line. `UPDATE_CASES=1 cargo test --release -p segflow-cli --test cases` writes what was found; read the diff.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{repository, segflow};

#[test]
fn every_case_gives_the_changes_of_its_folder() {
    let cases = repository("tests/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 10, "{} cases in {}", folders.len(), cases.display());
    let wrong: Vec<String> = folders.iter().filter_map(|folder| check(folder).err()).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check(folder: &Path) -> Result<(), String> {
    let scratch = tempfile::tempdir().unwrap();
    let dead_letters = scratch.path().join("dead-letters.ndjson");
    // Dead letters name the file as it was given: relative, so that a case does not depend on where the clone is.
    let mut command = segflow();
    command.current_dir(folder).args(["fold", "--segmentation", "segmentation.yaml", "--dead-letters"]);
    command.arg(&dead_letters);
    if let Ok(until) = fs::read_to_string(folder.join("until")) {
        command.args(["--until", until.trim()]);
    }
    if let Ok(arguments) = fs::read_to_string(folder.join("arguments")) {
        command.args(arguments.split_whitespace());
    }
    let output = command.arg("events.ndjson").output().unwrap();
    if !output.status.success() {
        return Err(format!("{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr)));
    }
    // The release is not what a case is about.
    let changes = String::from_utf8(output.stdout).unwrap().replace(segflow_core::ENGINE_VERSION, "(this release)");
    compare(&folder.join("changes.ndjson"), &changes)?;
    compare(&folder.join("dead-letters.ndjson"), &fs::read_to_string(&dead_letters).unwrap())
}

fn compare(golden: &Path, found: &str) -> Result<(), String> {
    let expected = fs::read_to_string(golden).unwrap_or_default();
    if std::env::var_os("UPDATE_CASES").is_some() {
        match found {
            "" => drop(fs::remove_file(golden)),
            found => fs::write(golden, found).unwrap(),
        }
        return Ok(());
    }
    let differs = |(line, (a, b)): (usize, (&str, &str))| {
        (a != b).then(|| format!("{}:{}:\n  expected {a}\n  found    {b}", golden.display(), line + 1))
    };
    let pairs = expected.lines().zip(found.lines()).enumerate();
    match pairs.into_iter().find_map(differs) {
        Some(difference) => Err(difference),
        None if expected.lines().count() != found.lines().count() => Err(format!(
            "{}: expected {} lines, found {}",
            golden.display(),
            expected.lines().count(),
            found.lines().count()
        )),
        None => Ok(()),
    }
}
