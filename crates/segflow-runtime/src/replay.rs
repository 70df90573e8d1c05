//! `fold`: records in arrival order through the same epochs, with no broker and no disk.
//!
//! Each record is a cycle of its own. Per partition there is one clock, which shows the greatest timestamp read; it
//! ends as the record-time clock does, or is settled up to an instant.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use segflow_core::ENGINE_VERSION;
use segflow_core::change::{Change, Decided, Envelope};
use segflow_core::clock::Clock;
use segflow_core::digest::Digest;
use segflow_core::event::{CustomerId, Family};
use segflow_core::fact::Facts;
use segflow_core::journal::Counts;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Instant;
use segflow_wire::{Intake, RawRecord, Rejection};

use crate::epoch::{Accepted, Epoch, Target, decide};
use crate::rules::Rules;
use crate::states::Memory;

/// See the module.
pub struct Replay {
    rules: Rules,
    intake: Arc<Intake>,
    partitions: BTreeMap<u32, Partition>,
    topics: [String; Family::ALL.len()],
    counts: Counts,
    digest: Digest,
}

#[derive(Default)]
struct Partition {
    states: Memory,
    clock: Clock,
    /// The greatest timestamp read.
    greatest: Option<Instant>,
}

/// What a record brought about.
#[derive(Debug)]
pub struct Outcome {
    /// In order of (customer, `effective_at`, dimension).
    pub changes: Vec<Change>,
    /// Why it could not be used, if so.
    pub rejection: Option<Rejection>,
}

impl Replay {
    /// Nothing read yet. How many partitions there are, and how records are accepted, the intake says.
    #[must_use]
    pub fn new(segmentation: Arc<Segmentation>, intake: Arc<Intake>) -> Self {
        let topics = Family::ALL.map(Family::default_topic);
        let (counts, digest) = (Counts::default(), Digest::default());
        let rules = Rules::new(segmentation);
        Self { rules, intake, partitions: BTreeMap::new(), topics, counts, digest }
    }

    /// Reads one record of the partition that it names.
    pub fn record(&mut self, record: &RawRecord<'_>) -> Outcome {
        let mut accepted = Accepted::default();
        // There is no wall clock. `Intake::max_skew_ms` is for one; without a limit the argument does not matter.
        let mut rejection = accepted.take(record, &self.intake, Instant::LATEST).err();
        if self.topics[record.family.index()] != record.topic {
            record.topic.clone_into(&mut self.topics[record.family.index()]);
        }
        let partition = self.partitions.entry(record.partition).or_default();
        partition.greatest = accepted.greatest.get(&record.family).copied().max(partition.greatest);
        let to = partition.greatest.map_or(partition.clock.facts, |greatest| greatest.max(partition.clock.facts));
        let (changes, refused) = self.epoch(record.partition, accepted, to);
        if refused {
            rejection = Some(Rejection::customer_full(Facts::MAX_BYTES));
        }
        Outcome { changes, rejection }
    }

    /// Ends as the record-time clock ends: every partition's clock goes to 1 ms past the greatest timestamp read.
    pub fn finish(&mut self) -> Vec<Change> {
        self.each(|partition| partition.greatest.map(|greatest| greatest.plus_ms(1)))
    }

    /// Goes on in time, without records, up to but not including an instant.
    pub fn settle(&mut self, until: Instant) -> Vec<Change> {
        self.each(|_| Some(until))
    }

    /// What became of the records so far.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Of all changes so far.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// A customer's state, and up to which instant (exclusive) it is decided; none if no event of theirs was folded.
    #[must_use]
    pub fn state(&self, customer: &CustomerId) -> Option<(&State, Instant)> {
        self.partitions
            .values()
            .find_map(|Partition { states, clock, .. }| states.get(customer).map(|state| (state, clock.facts)))
    }

    /// How many customers are in each segment, by dimension and segment.
    #[must_use]
    pub fn population(&self) -> BTreeMap<(String, String), u64> {
        let mut population = BTreeMap::new();
        for (_, state) in self.partitions.values().flat_map(|partition| partition.states.all()) {
            for (dimension, membership) in self.rules.present.dimensions.iter().zip(&state.decision.dimensions) {
                let Some(current) = membership.current else { continue };
                let segment = dimension.segments[usize::from(current)].name.clone();
                *population.entry((dimension.name.clone(), segment)).or_default() += 1;
            }
        }
        population
    }

    fn each(&mut self, to: impl Fn(&Partition) -> Option<Instant>) -> Vec<Change> {
        let ends = self.partitions.iter().filter_map(|(number, partition)| Some((*number, to(partition)?)));
        let ends: Vec<(u32, Instant)> = ends.collect();
        ends.into_iter().flat_map(|(number, to)| self.epoch(number, Accepted::default(), to).0).collect()
    }

    /// One epoch of one partition, up to an instant, without grace; and whether its record was refused.
    fn epoch(&mut self, number: u32, accepted: Accepted, to: Instant) -> (Vec<Change>, bool) {
        let partition = self.partitions.entry(number).or_default();
        let clock = partition.clock.at(to.max(partition.clock.facts), 0);
        let target = Target::Settled { clock, grace_ms: 0, timers_max: usize::MAX };
        let decided: Result<Epoch, Infallible> =
            decide(&mut partition.states, &self.rules, &partition.clock, accepted, &target, None);
        let Ok(epoch) = decided;
        self.counts.add(&epoch.counts);
        self.digest.merge(epoch.digest);
        let facts = epoch.clock.facts;
        partition.clock = epoch.clock;
        let changes = epoch.changes.into_iter().map(|decided| self.change(decided, number, facts)).collect();
        (changes, !epoch.refused.is_empty())
    }

    /// Without a wall clock no change may be acted upon.
    fn change(&self, decided: Decided, partition: u32, decided_at: Instant) -> Change {
        let Decided { core, origin } = decided;
        let envelope = Envelope {
            actionable: false,
            decided_at,
            lag_ms: decided_at.since_ms(core.effective_at),
            engine_version: ENGINE_VERSION.to_owned(),
            topic: origin.map(|(family, _)| self.topics[family.index()].clone()),
            partition: origin.map(|_| partition),
            offset: origin.map(|(_, offset)| offset),
        };
        Change { core, envelope }
    }
}
