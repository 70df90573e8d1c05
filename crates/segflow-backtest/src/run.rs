//! The run of a backtest: a reader puts batches into a queue, and threads take partitions from it and replay them.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use segflow_core::digest::Digest;
use segflow_core::journal::Counts;
use segflow_core::time::Timestamp;

use crate::batch_queue::{BatchQueue, Taken};
use crate::feeder::{Feeder, Over, Progress};
use crate::observe::Tally;
use crate::partition_replay::{PartitionReplay, ReplayContext, ReplayError, Spent};
use crate::rejected::Rejected;
use crate::sample::Sample;

/// The reasons why a backtest has no result.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError<E> {
    /// It was asked to end.
    #[error("interrupted after {records} records, read up to {up_to}")]
    Interrupted {
        /// Records read.
        records: u64,
        /// The greatest timestamp among them.
        up_to: Timestamp,
    },
    /// The events cannot be read further.
    #[error(transparent)]
    Events(E),
    /// A partition cannot be replayed further: the disk refused.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// What a reader has left out.
#[derive(Default, Debug)]
pub struct LeftOut {
    /// Lines and rows that are no record of an input.
    pub malformed: Rejected,
    /// Records at or after the end of the period.
    pub beyond: u64,
    /// Records of customers outside the sample.
    pub outside: u64,
}

/// Everything replayed.
pub struct Replayed {
    /// The partitions that have a record.
    pub partitions: BTreeMap<u32, PartitionReplay>,
    /// What the readers have left out.
    pub left_out: LeftOut,
}

/// Gives each reading thread its feeder.
pub struct Feeding<'b> {
    queue: &'b BatchQueue<PartitionReplay>,
    progress: &'b Progress,
    until: Option<Timestamp>,
    sample: Option<Sample>,
    partitions: u32,
}

impl<'b> Feeding<'b> {
    /// A feeder for one reading thread.
    #[must_use]
    pub fn feeder(&self) -> Feeder<'b, PartitionReplay> {
        Feeder::new(self.queue, self.progress, self.until, self.sample, self.partitions)
    }

    /// How far the backtest has come. All feeders share it.
    #[must_use]
    pub const fn progress(&self) -> &'b Progress {
        self.progress
    }
}

/// The reasons why reading stops before the last event.
#[derive(Debug)]
pub enum Ended<E> {
    /// The backtest is over.
    Over,
    /// The events cannot be read further.
    Events(E),
}

impl<E> From<Over> for Ended<E> {
    fn from(Over: Over) -> Self {
        Self::Over
    }
}

/// Replays the records that `feed` reads, with `threads` threads beside it.
///
/// # Errors
/// If it was interrupted, the events cannot be read, or the disk refuses. Only `context.spill` and `context.parts` are left
/// behind then.
pub fn run<E>(
    context: &ReplayContext,
    threads: NonZero<usize>,
    progress: &Progress,
    feed: impl FnOnce(&Feeding<'_>) -> Result<LeftOut, Ended<E>>,
) -> Result<Replayed, BacktestError<E>> {
    let queue = BatchQueue::default();
    let failed = Mutex::new(None);
    let fed = std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| {
                if let Err(error) = work(context, &queue, progress) {
                    failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    queue.stop();
                }
            });
        }
        let (until, sample, partitions) = (context.period.to, context.sample, context.intake.partitions);
        let fed = feed(&Feeding { queue: &queue, progress, until, sample, partitions });
        if fed.is_ok() {
            queue.close()
        } else {
            queue.stop()
        }
        fed
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(BacktestError::Replay(error));
    }
    let left_out = match fed {
        Ok(left_out) => left_out,
        Err(Ended::Events(error)) => return Err(BacktestError::Events(error)),
        Err(Ended::Over) => return Err(interrupted(progress)),
    };
    let partitions = settle(context, threads, progress, queue.into_partitions())?;
    if progress.interrupted.load(Ordering::Relaxed) {
        return Err(interrupted(progress));
    }
    Ok(Replayed { partitions, left_out })
}

/// Replays batches until none is left.
fn work(context: &ReplayContext, queue: &BatchQueue<PartitionReplay>, progress: &Progress) -> Result<(), ReplayError> {
    while let Some(Taken { number, partition, batches }) = queue.take() {
        let mut partition = partition.unwrap_or_else(|| PartitionReplay::new(number, context));
        for batch in &batches {
            if progress.interrupted.load(Ordering::Relaxed) {
                queue.stop();
                return Ok(());
            }
            partition.batch(context, batch)?;
        }
        queue.give_back(number, partition, batches);
    }
    Ok(())
}

/// Takes every partition to its end, several at a time.
fn settle(
    context: &ReplayContext,
    threads: NonZero<usize>,
    progress: &Progress,
    partitions: BTreeMap<u32, PartitionReplay>,
) -> Result<BTreeMap<u32, PartitionReplay>, ReplayError> {
    let (left, done) = (Mutex::new(partitions), Mutex::new(BTreeMap::new()));
    let go = || -> Result<(), ReplayError> {
        loop {
            let next = left.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            let Some((number, mut partition)) = next else { return Ok(()) };
            if !progress.interrupted.load(Ordering::Relaxed) {
                partition.end(context)?;
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(number, partition);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.get()).map(|_| scope.spawn(go)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a thread that settles does not panic"))
    })?;
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn interrupted<E>(progress: &Progress) -> BacktestError<E> {
    let records = progress.records.load(Ordering::Relaxed);
    BacktestError::Interrupted { records, up_to: Timestamp(progress.greatest_ms.load(Ordering::Relaxed)) }
}

/// Sums over all partitions, of one side.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// What became of the records, and how many changes there were from the first record on.
    pub counts: Counts,
    /// The digest of these changes.
    pub digest: Digest,
    /// Changes within the period.
    pub reported_count: u64,
    /// The digest of the changes within the period.
    pub reported: Digest,
}

impl Replayed {
    /// The totals of one side.
    #[must_use]
    pub fn totals(&self, context: &ReplayContext, side: usize) -> Totals {
        let mut totals = Totals::default();
        for partition in self.partitions.values() {
            let side = &partition.sides[side];
            totals.counts.add(&side.replay.counts);
            totals.digest.merge(side.replay.digest);
            totals.reported_count += side.reported_count;
            totals.reported.merge(side.digest(&context.period));
        }
        totals
    }

    /// Every record that could not be used.
    #[must_use]
    pub fn rejected(&self) -> Rejected {
        let mut rejected = self.left_out.malformed.clone();
        self.partitions.values().for_each(|partition| rejected.merge(partition.rejected.clone()));
        rejected
    }

    /// Takes the counts for the report out.
    #[must_use]
    pub fn take_tally(&mut self) -> Tally {
        let mut tally = Tally::default();
        self.partitions.values_mut().for_each(|partition| tally.merge(std::mem::take(&mut partition.tally)));
        tally
    }

    /// The time that the threads spent on each task.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let mut spent = Spent::default();
        self.partitions.values().for_each(|partition| spent.add(partition.spent));
        spent
    }
}
