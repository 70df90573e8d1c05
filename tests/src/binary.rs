//! The `segflow` command under test: the one that was built beside the tests.

use std::path::PathBuf;
use std::process::Command;

/// Its path.
///
/// # Panics
///
/// Where it was not built: run `cargo build --release` first, as `make test` does.
#[must_use]
pub fn path() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.parent().and_then(std::path::Path::parent).expect("tests lie in a folder of their profile");
    let path = profile.join("segflow");
    assert!(path.exists(), "{} is missing: run `cargo build --release` first", path.display());
    path
}

/// A call of it.
#[must_use]
pub fn segflow() -> Command {
    Command::new(path())
}
