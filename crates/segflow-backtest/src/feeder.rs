//! Hands records to the threads that fold: in batches per partition, and no faster than they are folded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use segflow_core::time::Timestamp;

use crate::batch::{Batch, Queued, RecordPlace};
use crate::batch_queue::BatchQueue;
use crate::rejected::Rejected;
use crate::sample::Sample;

/// The most records that wait in batches that are being filled, over all partitions of one reader.
const OPEN_MAX: usize = 65_536;
/// A batch goes into the queue at this many records, or earlier where there are many partitions.
const BATCH_RECORDS: usize = 1_024;
/// A batch goes into the queue at this many bytes.
const BATCH_BYTES: usize = 256 << 10;

/// How far a backtest has come, and the wish to end it. It may be looked at at any time.
#[derive(Default, Debug)]
pub struct Progress {
    /// How much is read, in the unit of `total`: bytes of archives, records of topics.
    pub done: AtomicU64,
    /// How much there is; 0 while that is not known.
    pub total: AtomicU64,
    /// Records read.
    pub records: AtomicU64,
    /// The greatest timestamp read, in milliseconds.
    pub greatest_ms: AtomicI64,
    /// Set it to end early.
    pub interrupted: Arc<AtomicBool>,
}

/// Puts records into the queue. Each reading thread has its own; the records of a partition all come from one.
pub struct Feeder<'b, P> {
    queue: &'b BatchQueue<P>,
    progress: &'b Progress,
    until: Option<Timestamp>,
    sample: Option<Sample>,
    batch_records: usize,
    open: BTreeMap<u32, Batch>,
    /// By partition, the greatest timestamp of a record outside the sample that is not handed on yet.
    passed: BTreeMap<u32, Timestamp>,
    /// Lines and rows that are no record of an input.
    pub malformed: Rejected,
    /// Records at or after the end of the period.
    pub beyond: u64,
    /// Records of customers outside the sample.
    pub outside: u64,
}

/// The backtest is over: it was interrupted, or a thread that folds has failed. Reading on serves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Over;

impl<'b, P> Feeder<'b, P> {
    pub(crate) fn new(
        queue: &'b BatchQueue<P>,
        progress: &'b Progress,
        until: Option<Timestamp>,
        sample: Option<Sample>,
        partitions: u32,
    ) -> Self {
        let batch_records = (OPEN_MAX / partitions.max(1) as usize).clamp(1, BATCH_RECORDS);
        let (open, passed, malformed) = (BTreeMap::new(), BTreeMap::new(), Rejected::default());
        Self { queue, progress, until, sample, batch_records, open, passed, malformed, beyond: 0, outside: 0 }
    }

    /// Hands on a record of a partition, and waits if the threads that fold are behind.
    ///
    /// # Errors
    /// If the backtest is over.
    pub fn record(&mut self, partition: u32, record: &Queued<'_>) -> Result<(), Over> {
        self.progress.records.fetch_add(1, Ordering::Relaxed);
        if self.until.is_some_and(|until| record.timestamp >= until) {
            self.beyond += 1;
            return Ok(());
        }
        self.progress.greatest_ms.fetch_max(record.timestamp.0, Ordering::Relaxed);
        if self.is_outside(record) {
            self.outside += 1;
            self.pass(partition, record.timestamp);
            return Ok(());
        }
        let queue = self.queue;
        let batch = self.open.entry(partition).or_insert_with(|| queue.empty());
        self.passed.remove(&partition).into_iter().for_each(|timestamp| batch.push_time(timestamp));
        batch.push(record);
        if batch.len() >= self.batch_records || batch.bytes() >= BATCH_BYTES {
            let full = std::mem::replace(batch, queue.empty());
            self.put(partition, full)?;
        }
        Ok(())
    }

    /// Notes how far the clock goes by a record that is not handed on. One beyond the calendar does not move it.
    fn pass(&mut self, partition: u32, timestamp: Timestamp) {
        if timestamp <= Timestamp::LATEST {
            let passed = self.passed.entry(partition).or_insert(timestamp);
            *passed = timestamp.max(*passed);
        }
    }

    /// A record without a key is nobody's: it is handed on, and counted among those that cannot be used.
    fn is_outside(&self, record: &Queued<'_>) -> bool {
        self.sample.zip(record.key).is_some_and(|(sample, key)| !sample.has(key))
    }

    /// Counts a line or row that is no record of an input.
    pub fn malformed(&mut self, place: RecordPlace, reason: &'static str, detail: &str) {
        self.progress.records.fetch_add(1, Ordering::Relaxed);
        self.malformed.add(place, reason, detail);
    }

    /// Says how much of the whole is read now.
    pub fn done(&self, done: u64) {
        self.progress.done.store(done, Ordering::Relaxed);
    }

    /// Says how much more is read, by one of several readers.
    pub fn done_more(&self, more: u64) {
        self.progress.done.fetch_add(more, Ordering::Relaxed);
    }

    /// Hands on the last records of a partition, of which no more come.
    ///
    /// # Errors
    /// If the backtest is over.
    pub fn finish(&mut self, partition: u32) -> Result<(), Over> {
        let queue = self.queue;
        let mut batch = self.open.remove(&partition).unwrap_or_else(|| queue.empty());
        self.passed.remove(&partition).into_iter().for_each(|timestamp| batch.push_time(timestamp));
        if batch.is_empty() { Ok(()) } else { self.put(partition, batch) }
    }

    /// Hands on the last records of every partition.
    ///
    /// # Errors
    /// If the backtest is over.
    pub fn finish_all(&mut self) -> Result<(), Over> {
        let open: BTreeSet<u32> = self.open.keys().chain(self.passed.keys()).copied().collect();
        open.into_iter().try_for_each(|partition| self.finish(partition))
    }

    fn put(&self, partition: u32, batch: Batch) -> Result<(), Over> {
        let wanted = !self.progress.interrupted.load(Ordering::Relaxed) && self.queue.put(partition, batch);
        if wanted { Ok(()) } else { Err(Over) }
    }
}
