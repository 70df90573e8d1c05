//! The errors of snapshots, by what the caller does about each.

use std::path::Path;

/// Why a snapshot could not be made, read, restored or deleted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The object store did not answer, or refused. Try again later: no snapshot is lost.
    #[error("the snapshot store: {0}")]
    Store(String),
    /// The configuration is not as it must be. An operator must act.
    #[error("{0}")]
    Refused(String),
    /// The local disk failed.
    #[error("{0}")]
    Disk(String),
    /// The bytes of a manifest or of a file are not those that were written.
    #[error("{0}")]
    Damaged(String),
    /// A manifest is of a form that this release does not know.
    #[error("{0}")]
    Unknown(String),
    /// The caller cancelled.
    #[error("given up")]
    Cancelled,
}

impl SnapshotError {
    pub(crate) fn disk(doing: &str, path: &Path, error: impl std::fmt::Display) -> Self {
        Self::Disk(format!("{doing} {}: {error}", path.display()))
    }
}

impl From<object_store::Error> for SnapshotError {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error.to_string())
    }
}
