//! A task's journal, read back: the last committed record, and those after an epoch.
//!
//! Markers and aborted epochs occupy offsets, so that neither a count nor an offset says where a record stands: the
//! search goes back from the end in steps that double.

use segflow_runtime::log::{JournalEntry, LogError, LogResult, Task};

use crate::range::{Found, RangeReader};

/// The first step back, in offsets: the records and markers of a few epochs.
const STEP: u64 = 16;

/// A reader of journals.
pub(crate) struct Journal {
    ranges: RangeReader,
    topic: String,
    /// Where the record after an epoch is to be looked for: what the last page ended with.
    page: Option<Page>,
}

#[derive(Clone, Copy)]
struct Page {
    task: Task,
    epoch: u64,
    next: u64,
}

impl Journal {
    pub(crate) fn new(ranges: RangeReader, topic: &str) -> Self {
        Self { ranges, topic: topic.to_owned(), page: None }
    }

    /// The reader below.
    pub(crate) fn ranges(&self) -> &RangeReader {
        &self.ranges
    }

    /// The last committed record; none if there is none.
    pub(crate) fn last(&mut self, task: Task) -> LogResult<Option<JournalEntry>> {
        let (low, mut end) = self.ranges.bounds(task)?;
        let mut step = STEP;
        while end > low {
            let from = end.saturating_sub(step).max(low);
            if let Some(last) = self.ranges.read(task, from, end, usize::MAX)?.pop() {
                return self.entry(task, last).map(Some);
            }
            end = from;
            step = step.saturating_mul(2);
        }
        Ok(None)
    }

    /// The committed records with an epoch above `after`, in order, at most `max`.
    pub(crate) fn after(&mut self, task: Task, after: u64, max: usize) -> LogResult<Vec<JournalEntry>> {
        let (low, end) = self.ranges.bounds(task)?;
        let mut from = match self.page {
            Some(page) if page.task == task && page.epoch == after => page.next.max(low),
            _ => self.start(task, after, low, end)?,
        };
        let mut entries = Vec::new();
        while entries.len() < max {
            let Some(found) = self.ranges.read(task, from, end, 1)?.pop() else {
                break;
            };
            from = found.offset + 1;
            let entry = self.entry(task, found)?;
            if entry.epoch > after {
                self.page = Some(Page { task, epoch: entry.epoch, next: from });
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// An offset at or before the first record with an epoch above `after`.
    fn start(&mut self, task: Task, after: u64, low: u64, end: u64) -> LogResult<u64> {
        let mut step = STEP;
        loop {
            let from = end.saturating_sub(step).max(low);
            if from == low {
                return Ok(low);
            }
            if let Some(first) = self.ranges.read(task, from, end, 1)?.pop()
                && self.entry(task, first)?.epoch <= after
            {
                return Ok(from);
            }
            step = step.saturating_mul(2);
        }
    }

    fn entry(&self, task: Task, found: Found) -> LogResult<JournalEntry> {
        let epoch = found.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()?.parse().ok());
        match (epoch, found.value) {
            (Some(epoch), Some(bytes)) => Ok(JournalEntry { epoch, bytes }),
            _ => Err(LogError::Stop(format!(
                "{} [{}] at {}: expected an epoch as key and a decision as value, found something else: \
                 who else writes to this topic?",
                self.topic, task.0, found.offset
            ))),
        }
    }
}
