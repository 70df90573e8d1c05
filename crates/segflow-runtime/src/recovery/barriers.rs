//! What a takeover must know of the log before a store may be trusted: nothing about the task is undecided, and the store
//! is that of its journal.

use segflow_core::journal::JournalRecord;

use crate::error::TaskError;
use crate::log::{Barrier, Group, LogResult, TaskId};
use crate::task::TaskState;
use crate::testing::failpoint::{Point, hit};

/// The first barrier: no offset of the task is pending.
///
/// # Errors
/// What the log says.
pub(super) fn offsets_barrier<G: Group>(log: &mut G, task: TaskId) -> LogResult<Barrier> {
    hit(Point::Opened)?;
    let barrier = log.offsets_barrier(task)?;
    if barrier == Barrier::Lifted {
        hit(Point::OffsetsSettled)?;
    }
    Ok(barrier)
}

/// The second barrier: the tail of the task's journal is decided.
///
/// # Errors
/// What the log says.
pub(super) fn journal_barrier<G: Group>(log: &mut G, task: TaskId) -> LogResult<Barrier> {
    let barrier = log.journal_barrier(task)?;
    if barrier == Barrier::Lifted {
        hit(Point::JournalSettled)?;
    }
    Ok(barrier)
}

/// Compares a store with the last record of its journal, whose epoch is `target`.
///
/// # Errors
/// `Stop` if the store is ahead of the journal, or belongs to another one.
pub(super) fn check_store(state: &TaskState, last: Option<&JournalRecord>, target: u64) -> Result<(), TaskError> {
    if state.epoch() > target {
        return Err(TaskError::stop(
            state.task(),
            format_args!(
                "the store is at epoch {}, but its journal ends at epoch {target}: the journal was truncated or \
                 recreated; restore the journal, or move the store's directory away to go on from the journal",
                state.epoch()
            ),
        ));
    }
    if state.epoch() == target && state.last() != last {
        return Err(TaskError::stop(
            state.task(),
            format_args!(
                "epoch {target} of the store is not the epoch {target} of the journal: the store belongs to another \
                 journal; move its directory away, and it is rebuilt"
            ),
        ));
    }
    Ok(())
}
