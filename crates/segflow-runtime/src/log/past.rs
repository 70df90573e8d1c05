//! The past: what is committed for good, read back by recovery, standbys and audits.

use std::task::Poll;

use segflow_core::event::Family;

use super::{LogResult, Record, TaskId};

/// A record of a task's journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalEntry {
    /// The epoch, from the record's key.
    pub epoch: u64,
    /// The record's value.
    pub bytes: Vec<u8>,
}

/// A part of an input, read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    /// Its committed records, in order.
    pub records: Vec<Record>,
    /// Where it ends: everything before it has been returned, now or earlier.
    pub next: u64,
}

/// Reads back journals, slices of inputs and the texts of segmentations.
///
/// No call waits longer than a moment for records: what has not come yet is [`Poll::Pending`] or a slice cut short, and
/// is asked for again. What has come is kept meanwhile, and what follows is fetched ahead.
pub trait Past {
    /// The last committed record of the task's journal; none if it has none. For recovery only after both barriers.
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>>;

    /// The committed records of the task's journal with an epoch above `after`, in order: at least one and at most `max`;
    /// empty if the journal has none.
    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>>;

    /// The committed records of an input from `from` on, up to but not including `to`, as far as they have come. `Stop` if
    /// the input no longer reaches back to `from`.
    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice>;

    /// The text of the segmentation of this hash, as some committed epoch wrote it; none if none did. Not before every
    /// transaction that may hold it is decided.
    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>>;

    /// Nothing more of this task is asked for: drops what was fetched ahead.
    fn forget(&mut self, task: TaskId);
}
