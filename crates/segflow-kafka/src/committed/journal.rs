//! A task's journal, read back: the last committed record, and those after an epoch.
//!
//! Markers and aborted epochs occupy offsets, so that neither a count nor an offset says where a record stands: the
//! search goes back from the end in steps that double. It is resumed by every call, where the last one left it.

use std::task::Poll;
use std::time::{Duration, Instant};

use segflow_runtime::log::{JournalEntry, LogError, LogResult, TaskId};

use crate::committed::prefetch::Found;
use crate::committed::range_reader::RangeReader;

/// The first step back, in offsets: the records and markers of a few epochs.
const STEP: u64 = 16;

/// How often the end of a journal that brings nothing new is asked for.
const ASKED_EVERY: Duration = Duration::from_secs(1);

/// The journal of one task.
pub(crate) struct Journal {
    topic: String,
    task: TaskId,
    /// The search for the last record, while it lasts.
    last: Option<Back>,
    page: Option<Page>,
}

/// A walk back from the end: the range looked into, how far, and what was found in it last.
struct Back {
    low: u64,
    from: u64,
    at: u64,
    end: u64,
    step: u64,
    found: Option<Found>,
}

/// Where the records after an epoch begin.
struct Page {
    epoch: u64,
    /// The search for the place, while it lasts.
    start: Option<Back>,
    next: u64,
    /// Where the journal ended when that was asked, and whether that was since the last records were returned.
    end: u64,
    asked: Instant,
    fresh: bool,
}

impl Back {
    fn new((low, end): (u64, u64)) -> Self {
        let from = end.saturating_sub(STEP).max(low);
        Self { low, from, at: from, end, step: STEP, found: None }
    }

    /// Steps back, past what was looked into; false at the beginning.
    fn step(&mut self) -> bool {
        if self.from == self.low {
            return false;
        }
        self.end = self.from;
        self.step = self.step.saturating_mul(2);
        self.from = self.end.saturating_sub(self.step).max(self.low);
        self.at = self.from;
        true
    }
}

impl Journal {
    pub(crate) fn new(topic: &str, task: TaskId) -> Self {
        Self { topic: topic.to_owned(), task, last: None, page: None }
    }

    /// The last committed record; none if there is none.
    pub(crate) fn last(&mut self, ranges: &mut RangeReader) -> LogResult<Poll<Option<JournalEntry>>> {
        let mut back = match self.last.take() {
            Some(back) => back,
            None => Back::new(ranges.bounds(&self.topic, self.task)?),
        };
        loop {
            let range = ranges.read(&self.topic, self.task, back.at, Some(back.end), usize::MAX)?;
            back.at = range.next;
            back.found = range.found.into_iter().next_back().or(back.found);
            if back.at < back.end {
                self.last = Some(back);
                return Ok(Poll::Pending);
            }
            if let Some(found) = back.found.take() {
                return self.entry(found).map(|entry| Poll::Ready(Some(entry)));
            }
            if !back.step() {
                return Ok(Poll::Ready(None));
            }
        }
    }

    /// The committed records with an epoch above `after`, in order, at most `max`; empty if there are none.
    pub(crate) fn after(
        &mut self,
        ranges: &mut RangeReader,
        after: u64,
        max: usize,
    ) -> LogResult<Poll<Vec<JournalEntry>>> {
        let mut page = match self.page.take().filter(|page| page.epoch == after) {
            Some(page) => page,
            None => Page::new(after, ranges.bounds(&self.topic, self.task)?),
        };
        let answer = self.turn(ranges, &mut page, max);
        self.page = Some(page);
        answer
    }

    fn turn(&self, ranges: &mut RangeReader, page: &mut Page, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        if self.start(ranges, page)?.is_pending() {
            return Ok(Poll::Pending);
        }
        let mut entries = Vec::new();
        loop {
            let range = ranges.read(&self.topic, self.task, page.next, None, max)?;
            page.next = range.next;
            for found in range.found {
                let entry = self.entry(found)?;
                if entry.epoch > page.epoch {
                    entries.push(entry);
                }
            }
            if let Some(last) = entries.last() {
                (page.epoch, page.fresh) = (last.epoch, false);
                return Ok(Poll::Ready(entries));
            }
            if page.next < page.end {
                return Ok(Poll::Pending);
            }
            if page.fresh {
                page.fresh = false;
                return Ok(Poll::Ready(entries));
            }
            if page.asked.elapsed() < ASKED_EVERY {
                return Ok(Poll::Pending);
            }
            (page.end, page.asked, page.fresh) = (ranges.bounds(&self.topic, self.task)?.1, Instant::now(), true);
        }
    }

    /// Finds an offset at or before the first record with an epoch above the page's.
    fn start(&self, ranges: &mut RangeReader, page: &mut Page) -> LogResult<Poll<()>> {
        while let Some(back) = &mut page.start {
            let range = ranges.read(&self.topic, self.task, back.at, Some(back.end), 1)?;
            back.at = range.next;
            let first = range.found.into_iter().next().map(|found| self.entry(found)).transpose()?;
            match first {
                Some(first) if first.epoch <= page.epoch => (page.next, page.start) = (back.at, None),
                None if back.at < back.end => return Ok(Poll::Pending),
                Some(_) | None if back.step() => {}
                Some(_) | None => (page.next, page.start) = (back.low, None),
            }
        }
        Ok(Poll::Ready(()))
    }

    fn entry(&self, found: Found) -> LogResult<JournalEntry> {
        let epoch = found.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()?.parse().ok());
        match (epoch, found.value) {
            (Some(epoch), Some(bytes)) => Ok(JournalEntry { epoch, bytes }),
            _ => Err(LogError::Stop(format!(
                "{} [{}] at {}: expected an epoch as key and a decision as value, found something else: \
                 who else writes to this topic?",
                self.topic, self.task.0, found.offset
            ))),
        }
    }
}

impl Page {
    fn new(epoch: u64, bounds: (u64, u64)) -> Self {
        let (low, end) = bounds;
        let start = (epoch > 0).then(|| Back::new(bounds));
        Self { epoch, start, next: low, end, asked: Instant::now(), fresh: true }
    }
}
