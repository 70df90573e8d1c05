//! What can go wrong with snapshots, by what the caller does about it.

use std::path::Path;

/// Why something could not be done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The object store did not answer, or refused. Try again later; nothing that was there is lost.
    #[error("the snapshot store: {0}")]
    Store(String),
    /// The configuration is not as it must be. An operator must act.
    #[error("{0}")]
    Refused(String),
    /// The local disk failed.
    #[error("{0}")]
    Disk(String),
    /// A manifest or a file is not what was written.
    #[error("{0}")]
    Damaged(String),
    /// A manifest is of a form that this release does not know.
    #[error("{0}")]
    Unknown(String),
    /// The caller gave up.
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
