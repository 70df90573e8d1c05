//! One partition being replayed: by the candidate, and by the baseline if there is one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parquet::errors::ParquetError;
use segflow_core::change::Decided;
use segflow_core::digest::{Digest, PRESENT};
use segflow_core::event::{Event, Family};
use segflow_core::time::Timestamp;
use segflow_engine::intake::Accepted;
use segflow_engine::intake::{accept, only_time};
use segflow_engine::replay::{Partition, ReplayStep};
use segflow_engine::rules::Rules;
use segflow_engine::states::States as _;
use segflow_runtime::task::stored::StoredError;
use segflow_wire::{Headers, Intake, RawRecord, Rejection};

use crate::batch::{Batch, Given, Queued, RecordPlace};
use crate::changes_parquet::ChangesParquet;
use crate::observe::outcomes::is_telling;
use crate::observe::{Observer, Scope, Tally};
use crate::period::Period;
use crate::rejected::Rejected;
use crate::sample::Sample;
use crate::states::{Customers, SpilledMemory};

/// The settings and the room that the replays of all partitions share.
pub struct ReplayContext {
    /// The candidate, then the baseline if there is one.
    pub rules: Vec<Rules>,
    /// How records are accepted.
    pub intake: Intake,
    /// The period that is reported.
    pub period: Period,
    /// The customers who are looked at; none: everybody.
    pub sample: Option<Sample>,
    /// The most states that all partitions may hold in memory together.
    pub states_max: u64,
    /// How many they hold.
    pub states: AtomicU64,
    /// The folder in which partitions beyond it keep theirs.
    pub spill: PathBuf,
    /// The memory that these partitions share.
    pub spilled_memory: SpilledMemory,
    /// The scope of the counts for the report.
    pub scope: Scope,
    /// The folder in which partitions leave their parts of `changes.parquet`.
    pub parts: PathBuf,
}

/// The name of each side, by its place.
pub const SIDES: [&str; 2] = ["candidate", "baseline"];

/// The reasons why a partition cannot be replayed further.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// States that do not fit into memory cannot be kept on disk.
    #[error("the states of a partition: {0}")]
    States(#[from] StoredError),
    /// Changes cannot be written.
    #[error("changes.parquet: {0}")]
    Changes(#[from] ParquetError),
}

/// A partition, the states of its customers by each segmentation, and the counts for the report.
pub struct PartitionReplay {
    number: u32,
    /// One per segmentation.
    pub sides: Vec<Side>,
    /// Records that could not be used. Lines that are no record never come here.
    pub rejected: Rejected,
    /// The time that threads spent on it.
    pub spent: Spent,
    /// Counts for the report; none once the partition has ended.
    observer: Option<Observer>,
    /// What the observer has counted, once the partition has ended.
    pub tally: Tally,
    changes: ChangesParquet,
    /// How many states it holds of those that `ReplayContext::states` counts.
    in_memory: u64,
}

/// A partition replayed by one segmentation.
#[derive(Default)]
pub struct Side {
    /// The replay.
    pub replay: Partition<Customers>,
    /// The digest of the changes within the period; not kept where the period has no beginning.
    pub reported: Digest,
    /// How many changes are within the period.
    pub reported_count: u64,
}

/// The time spent on each task, added up over the threads that replay.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Spent {
    /// Decoding values and checking them.
    pub decoding: Duration,
    /// Folding and deciding.
    pub folding: Duration,
    /// Counting for the report.
    pub counting: Duration,
}

impl Spent {
    /// Adds that of another.
    pub fn add(&mut self, other: Self) {
        self.decoding += other.decoding;
        self.folding += other.folding;
        self.counting += other.counting;
    }
}

impl PartitionReplay {
    /// Nothing replayed yet.
    #[must_use]
    pub fn new(number: u32, context: &ReplayContext) -> Self {
        let sides = context.rules.iter().map(|_| Side::default()).collect();
        let changes = ChangesParquet::new(&context.parts, number, context.intake.partitions);
        Self {
            number,
            sides,
            rejected: Rejected::default(),
            spent: Spent::default(),
            observer: Some(Observer::new(&context.scope)),
            tally: Tally::default(),
            changes,
            in_memory: 0,
        }
    }

    /// Replays a batch.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn batch(&mut self, context: &ReplayContext, batch: &Batch) -> Result<(), ReplayError> {
        let begun = Instant::now();
        let accepted: Vec<(Option<RecordPlace>, Accepted, Option<Rejection>)> =
            batch.given().map(|given| self.take_in(context, given)).collect();
        let decoded = Instant::now();
        let mut counting = Duration::ZERO;
        for (place, accepted, rejection) in accepted {
            let refused = self.record(context, accepted, &mut counting)?;
            if let (Some(place), Some(rejection)) = (place, refused.or(rejection)) {
                self.rejected.add(place, rejection.reason.word(), &rejection.detail);
            }
        }
        let spent = Spent { decoding: decoded - begun, folding: decoded.elapsed().saturating_sub(counting), counting };
        self.spent.add(spent);
        self.make_room(context)
    }

    /// Goes on to the end of the period; without one, to the end of the record-time clock, 1 ms past the last record.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn end(&mut self, context: &ReplayContext) -> Result<(), ReplayError> {
        let begun = Instant::now();
        let mut changes = Vec::new();
        for (side, rules) in self.sides.iter_mut().zip(&context.rules) {
            changes.push(match context.period.to {
                Some(to) => side.replay.settle(rules, to)?,
                None => side.replay.finish(rules)?,
            });
            side.replay.states.settle()?;
        }
        let folded = Instant::now();
        self.spent.folding += folded - begun;
        self.count(context, &changes)?;
        self.changes.flush()?;
        let Some(observer) = self.observer.take() else { return Ok(()) };
        let ends: Vec<Timestamp> = self.sides.iter().map(|side| side.replay.clock.facts).collect();
        let sides = &mut self.sides;
        self.tally = observer.end(&context.scope, &ends, |side, customer| {
            Ok::<_, StoredError>(sides[side].replay.states.peek(customer)?.clone())
        })?;
        self.spent.counting += folded.elapsed();
        Ok(())
    }

    fn take_in(&self, context: &ReplayContext, given: Given<'_>) -> (Option<RecordPlace>, Accepted, Option<Rejection>) {
        match given {
            Given::Record(record) => {
                let (accepted, rejection) = self.accept(context, &record);
                (Some(record.place), accepted, rejection)
            }
            Given::Time(timestamp) => (None, only_time(timestamp), None),
        }
    }

    fn accept(&self, context: &ReplayContext, record: &Queued<'_>) -> (Accepted, Option<Rejection>) {
        const NO_HEADERS: &Headers = &Vec::new();
        let raw = RawRecord {
            family: record.family,
            topic: Family::name(record.family),
            partition: self.number,
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key,
            value: record.value,
            headers: NO_HEADERS,
        };
        accept(&raw, &context.intake)
    }

    /// Folds one record on each side. Returns a rejection if its customer has no room for it.
    fn record(
        &mut self,
        context: &ReplayContext,
        accepted: Accepted,
        counting: &mut Duration,
    ) -> Result<Option<Rejection>, ReplayError> {
        let telling: Vec<Event> = accepted.events().filter(|event| is_telling(event)).cloned().collect();
        let (mut refused, mut changes) = (None, Vec::with_capacity(self.sides.len()));
        let mut accepted = Some(accepted);
        let last = self.sides.len() - 1;
        for (index, (side, rules)) in self.sides.iter_mut().zip(&context.rules).enumerate() {
            let mine = if index == last { accepted.take() } else { accepted.clone() };
            let mine = mine.expect("taken by the last side alone");
            let ReplayStep { changes: decided, refused: full, .. } = side.replay.record(rules, mine)?;
            side.replay.states.settle()?;
            refused = refused.or(full);
            changes.push(decided);
        }
        if telling.is_empty() && changes.iter().all(Vec::is_empty) {
            return Ok(refused);
        }
        let begun = Instant::now();
        self.count(context, &changes)?;
        self.tell(context, &telling)?;
        *counting += begun.elapsed();
        Ok(refused)
    }

    /// Counts what was decided on each side.
    fn count(&mut self, context: &ReplayContext, changes: &[Vec<Decided>]) -> Result<(), ReplayError> {
        if let Some(observer) = &mut self.observer {
            observer.changes(&context.scope, changes);
        }
        for ((side, changes), name) in self.sides.iter_mut().zip(changes).zip(SIDES) {
            for change in changes.iter().filter(|change| context.period.holds(change.core.effective_at)) {
                side.reported_count += 1;
                if context.period.from.is_some() {
                    side.reported.merge(Digest::of(PRESENT, [&change.core]));
                }
                self.changes.push(name, &change.core)?;
            }
        }
        Ok(())
    }

    /// Shows the observer the events that may decide an outcome.
    fn tell(&mut self, context: &ReplayContext, events: &[Event]) -> Result<(), ReplayError> {
        let Some(observer) = &mut self.observer else { return Ok(()) };
        for event in events {
            for (index, side) in self.sides.iter_mut().enumerate() {
                if !observer.is_watching(&event.customer_id, index) {
                    continue;
                }
                let state = side.replay.states.peek(&event.customer_id)?;
                observer.event(&context.scope, index, state, event);
            }
        }
        Ok(())
    }

    /// Moves the states of this partition to disk once all partitions together hold too many in memory.
    fn make_room(&mut self, context: &ReplayContext) -> Result<(), ReplayError> {
        let held: usize = self.sides.iter().map(|side| side.replay.states.in_memory()).sum();
        let held = held as u64;
        // Wraps where there are fewer now, and so subtracts.
        let all = context.states.fetch_add(held.wrapping_sub(self.in_memory), Ordering::Relaxed);
        let all = all.wrapping_add(held.wrapping_sub(self.in_memory));
        self.in_memory = held;
        if all <= context.states_max || held == 0 {
            return Ok(());
        }
        for (index, side) in self.sides.iter_mut().enumerate() {
            let path = context.spill.join(format!("partition-{}-{index}", self.number));
            side.replay.states.move_to_disk(&path, &context.spilled_memory)?;
        }
        context.states.fetch_sub(held, Ordering::Relaxed);
        self.in_memory = 0;
        Ok(())
    }
}

impl Side {
    /// The digest of the changes within the period. Without a beginning, these are all changes.
    #[must_use]
    pub fn digest(&self, period: &Period) -> Digest {
        if period.from.is_some() { self.reported } else { self.replay.digest }
    }
}
