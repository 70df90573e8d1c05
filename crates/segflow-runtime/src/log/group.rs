//! The group: which tasks this member owns, and when nothing about a task is undecided any more.

use std::collections::BTreeSet;

use super::{LogResult, TaskId};

/// Whether one of recovery's two barriers still holds a task up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Barrier {
    /// Something is undecided. Ask again.
    Holds,
    /// Nothing is undecided any more.
    Lifted,
}

/// Membership of a group that shares the tasks out, and what its former owners may have left undecided.
pub trait Group {
    /// Serves the group and returns the tasks owned now. Called between cycles and again just before a commit. A task
    /// that was taken is missing at least once, also if it is back already.
    fn tasks(&mut self) -> LogResult<BTreeSet<TaskId>>;

    /// Leaves the group for good, whereupon its tasks go to others at once. Waits for the group's word, for some seconds.
    fn leave(&mut self) -> LogResult<()>;

    /// Recovery, first barrier: whether an offset of the task's partitions is pending in an undecided transaction.
    /// Returns at once or after a short wait.
    fn offsets_barrier(&mut self, task: TaskId) -> LogResult<Barrier>;

    /// Recovery, second barrier: whether the tail of the task's journal is decided: the latest offset that a
    /// `read_committed` reader may reach is the high watermark taken after the first barrier.
    fn journal_barrier(&mut self, task: TaskId) -> LogResult<Barrier>;

    /// The mark that [`Transaction::mark`](super::Transaction::mark) left with the last commit of the task, by any member,
    /// as the first barrier of its recovery found it. None if that commit left none, or if it cannot be told.
    fn marked(&mut self, task: TaskId) -> Option<String>;
}

impl Barrier {
    /// The barrier before something that is settled, or is not.
    pub const fn before(settled: bool) -> Self {
        if settled { Self::Lifted } else { Self::Holds }
    }
}
