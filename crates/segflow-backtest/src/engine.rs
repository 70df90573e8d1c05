//! The backtest itself: whoever reads feeds a board, threads take partitions from it and replay them.

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

/// Why there is no result.
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
    /// The events cannot be read on.
    #[error(transparent)]
    Events(E),
    /// The disk refused.
    #[error(transparent)]
    PartitionReplay(#[from] ReplayError),
}

/// What reading came to, once everything was handed on.
#[derive(Default, Debug)]
pub struct Read {
    /// Lines and rows that are no record of an input.
    pub malformed: Rejected,
    /// Records at or after the end of the period.
    pub beyond: u64,
}

/// Everything replayed.
pub struct Replayed {
    /// Every partition of which there was a record.
    pub lanes: BTreeMap<u32, PartitionReplay>,
    /// What reading came to.
    pub read: Read,
}

/// Where readers get what they feed.
pub struct Feeding<'b> {
    board: &'b BatchQueue<PartitionReplay>,
    progress: &'b Progress,
    until: Option<Timestamp>,
    partitions: u32,
}

impl<'b> Feeding<'b> {
    /// A feeder for one reading thread.
    #[must_use]
    pub fn feeder(&self) -> Feeder<'b, PartitionReplay> {
        Feeder::new(self.board, self.progress, self.until, self.partitions)
    }

    /// What the feeder is told, also by others.
    #[must_use]
    pub const fn progress(&self) -> &'b Progress {
        self.progress
    }
}

/// Why reading ended before its end.
#[derive(Debug)]
pub enum Ended<E> {
    /// The backtest is over.
    Over,
    /// The events cannot be read on.
    Events(E),
}

impl<E> From<Over> for Ended<E> {
    fn from(Over: Over) -> Self {
        Self::Over
    }
}

/// Replays what `feed` reads, with `threads` threads beside it.
///
/// # Errors
/// If it was interrupted, the events cannot be read, or the disk refuses. Nothing is left behind then but `context.spill`.
pub fn run<E>(
    context: &ReplayContext,
    threads: NonZero<usize>,
    progress: &Progress,
    feed: impl FnOnce(&Feeding<'_>) -> Result<Read, Ended<E>>,
) -> Result<Replayed, BacktestError<E>> {
    let board = BatchQueue::default();
    let failed = Mutex::new(None);
    let read = std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| {
                if let Err(error) = work(context, &board, progress) {
                    failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    board.stop();
                }
            });
        }
        let (until, partitions) = (context.period.to, context.intake.partitions);
        let read = feed(&Feeding { board: &board, progress, until, partitions });
        if read.is_ok() {
            board.close()
        } else {
            board.stop()
        }
        read
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(BacktestError::PartitionReplay(error));
    }
    let read = match read {
        Ok(read) => read,
        Err(Ended::Events(error)) => return Err(BacktestError::Events(error)),
        Err(Ended::Over) => return Err(interrupted(progress)),
    };
    let lanes = settle(context, threads, progress, board.into_lanes())?;
    if progress.interrupted.load(Ordering::Relaxed) {
        return Err(interrupted(progress));
    }
    Ok(Replayed { lanes, read })
}

fn work(context: &ReplayContext, board: &BatchQueue<PartitionReplay>, progress: &Progress) -> Result<(), ReplayError> {
    while let Some(Taken { partition, lane, batches }) = board.take() {
        let mut lane = lane.unwrap_or_else(|| PartitionReplay::new(partition, context));
        for batch in &batches {
            if progress.interrupted.load(Ordering::Relaxed) {
                board.stop();
                return Ok(());
            }
            lane.batch(context, batch)?;
        }
        board.give_back(partition, lane, batches);
    }
    Ok(())
}

/// Takes every partition to its end, several at a time.
fn settle(
    context: &ReplayContext,
    threads: NonZero<usize>,
    progress: &Progress,
    lanes: BTreeMap<u32, PartitionReplay>,
) -> Result<BTreeMap<u32, PartitionReplay>, ReplayError> {
    let (left, done) = (Mutex::new(lanes), Mutex::new(BTreeMap::new()));
    let go = || -> Result<(), ReplayError> {
        loop {
            let next = left.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            let Some((number, mut lane)) = next else { return Ok(()) };
            if !progress.interrupted.load(Ordering::Relaxed) {
                lane.end(context)?;
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(number, lane);
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

/// What became of everything on one side.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// What became of the records, and how many changes there were from the first record on.
    pub counts: Counts,
    /// Of these changes.
    pub digest: Digest,
    /// Changes within the period.
    pub reported_count: u64,
    /// Of the changes within the period.
    pub reported: Digest,
}

impl Replayed {
    /// The totals of one side.
    #[must_use]
    pub fn totals(&self, context: &ReplayContext, side: usize) -> Totals {
        let mut totals = Totals::default();
        for lane in self.lanes.values() {
            let side = &lane.sides[side];
            totals.counts.add(&side.replay.counts);
            totals.digest.merge(side.replay.digest);
            totals.reported_count += side.reported_count;
            totals.reported.merge(side.digest(&context.period));
        }
        totals
    }

    /// Every record that could not be used.
    #[must_use]
    pub fn bad(&self) -> Rejected {
        let mut bad = self.read.malformed.clone();
        self.lanes.values().for_each(|lane| bad.merge(lane.bad.clone()));
        bad
    }

    /// What was counted for the report.
    #[must_use]
    pub fn tally(&mut self) -> Tally {
        let mut tally = Tally::default();
        self.lanes.values_mut().for_each(|lane| tally.merge(std::mem::take(&mut lane.tally)));
        tally
    }

    /// Where the time went.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let mut spent = Spent::default();
        self.lanes.values().for_each(|lane| spent.add(lane.spent));
        spent
    }
}
