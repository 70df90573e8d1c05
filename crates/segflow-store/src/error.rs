//! The errors of a store, by what the caller does about each.

use std::path::{Path, PathBuf};

/// Why a store could not do what was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another worker of this one, has it open. Try again later.
    #[error("the store in {path} is in use by another process or worker: {reason}")]
    Locked {
        /// The store's directory.
        path: PathBuf,
        /// RocksDB's message.
        reason: String,
    },
    /// No room is left, or less than the reserve. Stop before anything is committed.
    #[error("no room left for the store in {path}: {reason}; free some space, then start again")]
    DiskFull {
        /// The store's directory.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// The bytes of the store are not those that were written. It can be rebuilt from the journal.
    #[error("the store in {path} is damaged: {reason}; move the directory away, and it is rebuilt from the journal")]
    Damaged {
        /// The store's directory.
        path: PathBuf,
        /// RocksDB's message.
        reason: String,
    },
    /// The disk or RocksDB refused for another reason.
    #[error("the store in {path} failed: {reason}")]
    Failed {
        /// The store's directory.
        path: PathBuf,
        /// The message of the disk or of RocksDB.
        reason: String,
    },
}

impl StoreError {
    pub(crate) fn of(path: &Path, error: rocksdb::Error) -> Self {
        let kind = error.kind();
        let (path, reason) = (path.to_owned(), error.into_string());
        if reason.contains("No space left on device") {
            Self::DiskFull { path, reason }
        } else if reason.contains("lock hold by") || reason.contains("While lock file") {
            Self::Locked { path, reason }
        } else if kind == rocksdb::ErrorKind::Corruption || is_damage(&reason) {
            Self::Damaged { path, reason }
        } else {
            Self::Failed { path, reason }
        }
    }

    pub(crate) fn io(path: &Path, error: impl Into<std::io::Error>) -> Self {
        let error = error.into();
        let (path, reason) = (path.to_owned(), error.to_string());
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull { path, reason },
            _ => Self::Failed { path, reason },
        }
    }
}

/// RocksDB reports a missing or unreadable file of a database as an argument or an input error, not as corruption.
fn is_damage(reason: &str) -> bool {
    ["does not exist (create_if_missing", "CURRENT file", "No such file or directory", "Column families not opened"]
        .iter()
        .any(|sign| reason.contains(sign))
}
