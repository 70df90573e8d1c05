//! Between which steps of an upload and of a collection somebody may be watching: tests of the real process end it there.

use crate::error::SnapshotError;

/// A step that was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SnapshotStep {
    /// An upload declared what it needs; nothing of it is there yet.
    Declared,
    /// An upload sent one of its files.
    FileSent,
    /// An upload sent its last file; its manifest is next.
    Sent,
    /// An upload put its manifest: the snapshot is there. Its declaration is too.
    Sealed,
    /// A collection deleted the manifests beyond those to be kept; their files are still there.
    Retained,
}

/// Told of each step once it is done. An error ends the upload or the collection there, as a failing store would.
pub type Watch = fn(SnapshotStep) -> Result<(), SnapshotError>;

pub(crate) const fn unwatched(_: SnapshotStep) -> Result<(), SnapshotError> {
    Ok(())
}
