//! What the tests of the command share.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A call of the command that was built for these tests.
pub fn segflow() -> Command {
    Command::new(env!("CARGO_BIN_EXE_segflow"))
}

/// A file or folder, by its path from the root of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
