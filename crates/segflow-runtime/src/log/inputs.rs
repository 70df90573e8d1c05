//! The inputs of the tasks: their records, and the proof of their ends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use segflow_core::event::Family;
use segflow_core::time::Timestamp;

use super::{LogResult, Offsets, Record, TaskId};

/// The latest offsets of each task's inputs as the leaders answered, open transactions included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ends {
    /// Wall time, taken before the question was sent.
    pub w: Timestamp,
    /// What was answered; an input without an answer is missing and counts as unfinished.
    pub latest: BTreeMap<(TaskId, Family), u64>,
}

/// Reads the inputs of the tasks that run.
pub trait Inputs {
    /// Reads the inputs of a task from these offsets on; anything fetched beyond them is dropped.
    fn seek(&mut self, task: TaskId, offsets: &Offsets) -> LogResult<()>;

    /// Stops reading the inputs of a task, and forgets what was fetched of its past.
    fn release(&mut self, task: TaskId);

    /// The next committed records of the tasks being read: at most `max`, waiting at most `wait` for the first.
    fn read(&mut self, max: usize, wait: Duration) -> LogResult<Vec<Record>>;

    /// The next offset of each input of a task, past what [`Inputs::read`] returned and past transaction markers.
    fn positions(&mut self, task: TaskId) -> LogResult<Offsets>;

    /// Takes `w`, then asks the leaders for the latest offsets of the inputs of these tasks.
    fn ends(&mut self, tasks: &BTreeSet<TaskId>) -> LogResult<Ends>;
}
