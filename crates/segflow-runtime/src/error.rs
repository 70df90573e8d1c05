//! Failures of a task or a worker, by what is done about them.

use segflow_store::StoreError;

use crate::log::{LogError, TaskId};
use crate::task::stored::StoredError;

/// What ends a worker.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WorkerError {
    /// Another member has taken over, or the client is beyond use. Drop the worker with its log, and build both anew.
    #[error("fenced: {0}")]
    Fenced(String),
    /// An operator must act.
    #[error("{0}")]
    Stop(String),
}

/// What keeps a task from going on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TaskError {
    /// The log refused.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Another worker still has the store open. Try again.
    #[error("{0}")]
    Busy(String),
    /// No room is left: the worker must stop before anything is committed.
    #[error("{0}")]
    DiskFull(String),
    /// The store's bytes are not those that were written: it is to be replaced.
    #[error("{0}")]
    Damaged(String),
    /// The journal does not reach back to the store: only a newer one helps.
    #[error("{0}; bring back a snapshot, or a newer copy of the store's directory")]
    Gone(String),
    /// An operator must act; other tasks go on.
    #[error("{0}")]
    Stop(String),
}

impl From<StoreError> for TaskError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Locked { .. } => Self::Busy(error.to_string()),
            StoreError::DiskFull { .. } => Self::DiskFull(error.to_string()),
            StoreError::Damaged { .. } => Self::Damaged(error.to_string()),
            StoreError::Failed { .. } => Self::Stop(error.to_string()),
        }
    }
}

impl From<StoredError> for TaskError {
    fn from(error: StoredError) -> Self {
        match error {
            StoredError::Store(error) => error.into(),
            error => Self::Stop(error.to_string()),
        }
    }
}

impl TaskError {
    pub(crate) fn stop(task: TaskId, reason: impl std::fmt::Display) -> Self {
        Self::Stop(format!("task {}: {reason}", task.0))
    }
}
