//! The past of the simulated cluster, as long as the member lives.

use std::task::Poll;

use segflow_core::event::Family;
use segflow_runtime::log::{JournalEntry, LogResult, Past, Slice, TaskId, ToldSlice};

use super::SimLog;

impl Past for SimLog {
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>> {
        self.alive()?;
        self.past.journal_last(task)
    }

    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        self.alive()?;
        self.past.journal_after(task, after, max)
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>> {
        self.alive()?;
        self.past.segmentation(hash)
    }

    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice> {
        self.alive()?;
        self.past.slice(task, family, from, to)
    }

    fn memberships_within(&mut self, task: TaskId) -> LogResult<Poll<(u64, u64)>> {
        self.alive()?;
        self.past.memberships_within(task)
    }

    fn memberships(&mut self, task: TaskId, from: u64, to: u64) -> LogResult<ToldSlice> {
        self.alive()?;
        self.past.memberships(task, from, to)
    }

    fn forget(&mut self, task: TaskId) {
        self.past.forget(task);
    }
}
