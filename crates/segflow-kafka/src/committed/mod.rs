//! What is committed, read back: journals, slices of inputs, texts of segmentations, whole topics for backtests.

pub(crate) mod committed_reader;
pub(crate) mod journal;
pub(crate) mod prefetch;
pub(crate) mod range_reader;
pub(crate) mod segmentation_topic;
pub(crate) mod topic_scan;

use std::task::Poll;

use segflow_core::event::Family;
use segflow_runtime::log::{JournalEntry, LogResult, Past, Slice, TaskId};

use crate::log::KafkaLog;

/// As its own [`committed_reader::KafkaPast`] does.
impl Past for KafkaLog {
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>> {
        self.past.journal_last(task)
    }

    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        self.past.journal_after(task, after, max)
    }

    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice> {
        self.past.slice(task, family, from, to)
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>> {
        self.past.segmentation(hash)
    }

    fn forget(&mut self, task: TaskId) {
        self.past.forget(task);
    }
}
