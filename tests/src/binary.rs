//! The `segflow` command under test: the one that was built beside the tests.

use std::path::PathBuf;
use std::process::Command;

/// The path of the command.
///
/// # Panics
///
/// If it was not built: run `cargo build --release` first, as `make test` does.
#[must_use]
pub fn path() -> PathBuf {
    beside("segflow")
}

/// The path of a binary that was built beside this process: a test lies a folder deeper than a binary.
///
/// # Panics
///
/// If it was not built.
#[must_use]
pub fn beside(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("a process knows where it is");
    let mut places = here.ancestors().skip(1).take(2).map(|dir| dir.join(name));
    places.find(|path| path.exists()).unwrap_or_else(|| panic!("{name} is missing: run `cargo build --release` first"))
}

/// A call of the command.
#[must_use]
pub fn segflow() -> Command {
    Command::new(path())
}
