//! The steps of an upload and of a collection after which a watcher is called. Tests end the real process there.

use crate::error::SnapshotError;

/// A step that is done.
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

/// A watcher: it is called after each step. Its error ends the upload or the collection, as that of a store would.
pub type Watch = fn(SnapshotStep) -> Result<(), SnapshotError>;

pub(crate) const fn unwatched(_: SnapshotStep) -> Result<(), SnapshotError> {
    Ok(())
}
