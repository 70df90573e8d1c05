//! Replay: records in arrival order through the same epochs, with no broker. `fold` and backtests both run it.
//!
//! Each record is a cycle of its own. Each partition has one clock, which shows the greatest timestamp read; it ends as
//! the record-time clock does, or is settled up to an instant. Partitions share nothing: they may be replayed in any order
//! and by any number of threads, with the same outcome.
//!
//! ```
//! use std::sync::Arc;
//!
//! use segflow_core::event::Family;
//! use segflow_core::segmentation::Segmentation;
//! use segflow_engine::replay::Replay;
//! use segflow_wire::{Encoding, Headers, Intake, Partitioner, RawRecord};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "name: s\nversion: 1\ncurrency: EUR\ntimezone: Europe/Rome\ndimensions:\n  - name: stage\n    \
//!             segments: [{name: early, when: overdue.days >= 1}]\n    otherwise: current\n";
//! let segmentation = Arc::new(Segmentation::load("s.yaml", text)?.segmentation);
//! let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, segmentation.currency.clone());
//! let mut replay = Replay::new(segmentation, Arc::new(intake));
//!
//! let value = br#"{"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-01T10:00:00Z","kind":"ISSUED",
//!                  "invoice_id":"I-1","amount_minor":1250,"currency":"EUR","due_date":"2026-05-31"}"#;
//! let (topic, timestamp) = ("collections.invoices", "2026-05-01T10:00:00Z".parse()?);
//! let (key, value, headers) = (Some(&b"C-1"[..]), Some(&value[..]), &Headers::new());
//! let family = Family::Invoices;
//! replay.record(&RawRecord { family, topic, partition: 0, offset: 0, timestamp, key, value, headers });
//!
//! let changes = replay.settle("2026-06-02T00:00:00Z".parse()?);
//! let told: Vec<_> = changes.iter().map(|change| (change.core.to.as_deref(), change.core.effective_at)).collect();
//! assert_eq!(told, [
//!     (Some("current"), "2026-05-01T10:00:00Z".parse()?),
//!     (Some("early"), "2026-05-31T22:00:00Z".parse()?),
//! ]);
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use segflow_core::change::{Change, Decided};
use segflow_core::clock::Clock;
use segflow_core::digest::{self, Digest};
use segflow_core::event::{CustomerId, Family};
use segflow_core::journal::Counts;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_wire::{Intake, RawRecord, Rejection};

use crate::envelope;
use crate::epoch::{Epoch, Plan, Target, decide};
use crate::intake::{Accepted, accept, only_time};
use crate::rules::Rules;
use crate::states::{Memory, States};
use crate::unreadable::Unreadable;

/// One partition being replayed by one segmentation.
#[derive(Default)]
pub struct Partition<S> {
    /// The customers' states.
    pub states: S,
    /// How far it has come.
    pub clock: Clock,
    /// The greatest timestamp read.
    greatest: Option<Timestamp>,
    /// The fates of the records so far.
    pub counts: Counts,
    /// The digest of all changes so far.
    pub digest: Digest,
}

/// The outcome of a record in its partition.
#[derive(Debug)]
pub struct ReplayStep {
    /// In order of (customer, `effective_at`, dimension).
    pub changes: Vec<Decided>,
    /// Why its fact goes to the dead letters after all, if it does.
    pub refused: Option<Rejection>,
    /// The values of its event that cannot be read as their attributes are declared.
    pub unreadable: Vec<Unreadable>,
}

impl<S: States> Partition<S> {
    /// A partition of which nothing is read yet.
    #[must_use]
    pub fn new(states: S) -> Self {
        let (clock, counts, digest) = (Clock::default(), Counts::default(), Digest::default());
        Self { states, clock, greatest: None, counts, digest }
    }

    /// Folds in what was accepted of a record.
    ///
    /// # Errors
    /// If a state cannot be read.
    pub fn record(&mut self, rules: &Rules, accepted: Accepted) -> Result<ReplayStep, S::Error> {
        self.greatest = accepted.greatest.values().copied().max().max(self.greatest);
        let to = self.greatest.map_or(self.clock.facts, |greatest| greatest.max(self.clock.facts));
        self.epoch(rules, accepted, to)
    }

    /// Ends as the record-time clock ends: 1 ms past the greatest timestamp read.
    ///
    /// # Errors
    /// If a state cannot be read.
    pub fn finish(&mut self, rules: &Rules) -> Result<Vec<Decided>, S::Error> {
        let Some(greatest) = self.greatest else { return Ok(Vec::new()) };
        self.settle(rules, greatest.plus_ms(1))
    }

    /// Goes on in time, without records, up to but not including an instant.
    ///
    /// # Errors
    /// If a state cannot be read.
    pub fn settle(&mut self, rules: &Rules, until: Timestamp) -> Result<Vec<Decided>, S::Error> {
        self.epoch(rules, Accepted::default(), until).map(|step| step.changes)
    }

    /// One epoch up to an instant, without grace.
    fn epoch(&mut self, rules: &Rules, accepted: Accepted, to: Timestamp) -> Result<ReplayStep, S::Error> {
        let clock = self.clock.at(to.max(self.clock.facts), 0);
        let target = Target::Proven { clock, grace_ms: 0, timers_max: usize::MAX };
        let plan = Plan { rules, before: &self.clock, target: &target, migration: None };
        let epoch = decide(&mut self.states, plan, accepted, Vec::new())?;
        self.digest.merge(epoch.digest(digest::PRESENT));
        let Epoch { clock, changes, counts, refused, unreadable, .. } = epoch;
        self.counts.add(&counts);
        self.clock = clock;
        let refused = refused.into_iter().next().map(|refused| refused.rejection);
        Ok(ReplayStep { changes, refused, unreadable })
    }
}

/// Every partition in memory, one record after the other.
pub struct Replay {
    rules: Rules,
    intake: Arc<Intake>,
    partitions: BTreeMap<u32, Partition<Memory>>,
    topics: [String; Family::ALL.len()],
}

/// The outcome of a record.
#[derive(Debug)]
pub struct Outcome {
    /// In order of (customer, `effective_at`, dimension).
    pub changes: Vec<Change>,
    /// Why it could not be used, if so.
    pub rejection: Option<Rejection>,
    /// The values of its event that were folded in and cannot be read as their attributes are declared.
    pub unreadable: Vec<Unreadable>,
}

impl Replay {
    /// A replay that has read nothing yet. The intake says how many partitions there are, and how records are accepted.
    #[must_use]
    pub fn new(segmentation: Arc<Segmentation>, intake: Arc<Intake>) -> Self {
        let topics = Family::ALL.map(Family::default_topic);
        Self { rules: Rules::new(segmentation), intake, partitions: BTreeMap::new(), topics }
    }

    /// Another replay, of one customer alone, which goes on from where this one stands; nothing is counted in it yet.
    /// None if no event of theirs was folded.
    #[must_use]
    pub fn alone(&self, customer: &CustomerId) -> Option<Self> {
        let (number, known) = self.partitions.iter().find(|(_, known)| known.states.get(customer).is_some())?;
        let mut states = Memory::default();
        let Ok(()) =
            states.change(customer, |alone| *alone = known.states.get(customer).expect("found").clone().into());
        let partition =
            Partition { states, clock: known.clock.clone(), greatest: known.greatest, ..Partition::default() };
        Some(Self {
            rules: self.rules.clone(),
            intake: Arc::clone(&self.intake),
            partitions: BTreeMap::from([(*number, partition)]),
            topics: self.topics.clone(),
        })
    }

    /// Reads one record of the partition that it names.
    pub fn record(&mut self, record: &RawRecord<'_>) -> Outcome {
        let (accepted, rejection) = accept(record, &self.intake);
        if self.topics[record.family.index()] != record.topic {
            record.topic.clone_into(&mut self.topics[record.family.index()]);
        }
        let partition = self.partitions.entry(record.partition).or_default();
        let step: Result<ReplayStep, Infallible> = partition.record(&self.rules, accepted);
        let Ok(ReplayStep { changes, refused, unreadable }) = step;
        let facts = partition.clock.facts;
        let changes = changes.into_iter().map(|decided| self.change(decided, record.partition, facts)).collect();
        Outcome { changes, rejection: refused.or(rejection), unreadable }
    }

    /// Reads a record that is of no customer and no partition: every partition's clock has come as far. One beyond the calendar
    /// moves none.
    pub fn pass(&mut self, timestamp: Timestamp) -> Vec<Change> {
        if timestamp > Timestamp::LATEST {
            return Vec::new();
        }
        self.each(|partition, rules| {
            let step = partition.record(rules, only_time(timestamp))?;
            Ok(step.changes)
        })
    }

    /// Ends as the record-time clock ends: every partition's clock goes to 1 ms past the greatest timestamp read.
    pub fn finish(&mut self) -> Vec<Change> {
        self.each(Partition::finish)
    }

    /// Goes on in time, without records, up to but not including an instant.
    pub fn settle(&mut self, until: Timestamp) -> Vec<Change> {
        self.each(|partition, rules| partition.settle(rules, until))
    }

    /// The fates of the records so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.partitions.values().for_each(|partition| counts.add(&partition.counts));
        counts
    }

    /// The digest of all changes so far.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        self.partitions.values().for_each(|partition| digest.merge(partition.digest));
        digest
    }

    /// A customer's state, and up to which instant (exclusive) it is decided; none if no event of theirs was folded.
    #[must_use]
    pub fn state(&self, customer: &CustomerId) -> Option<(&State, Timestamp)> {
        self.partitions
            .values()
            .find_map(|Partition { states, clock, .. }| states.get(customer).map(|state| (state, clock.facts)))
    }

    /// Every customer's state.
    pub fn states(&self) -> impl Iterator<Item = (&CustomerId, &State)> {
        self.partitions.values().flat_map(|partition| partition.states.all())
    }

    /// How many customers are in each segment, by dimension and segment.
    #[must_use]
    pub fn population(&self) -> BTreeMap<(String, String), u64> {
        let mut population = BTreeMap::new();
        for (_, state) in self.states() {
            for (dimension, membership) in self.rules.present.dimensions.iter().zip(&state.decision.dimensions) {
                let Some(current) = membership.current else { continue };
                let segment = dimension.segments[usize::from(current)].name.clone();
                *population.entry((dimension.name.clone(), segment)).or_default() += 1;
            }
        }
        population
    }

    fn each(&mut self, go: impl Fn(&mut Partition<Memory>, &Rules) -> Result<Vec<Decided>, Infallible>) -> Vec<Change> {
        let mut decided = Vec::new();
        for (number, partition) in &mut self.partitions {
            let Ok(changes) = go(partition, &self.rules);
            let facts = partition.clock.facts;
            decided.extend(changes.into_iter().map(|change| (change, *number, facts)));
        }
        decided.into_iter().map(|(decided, number, facts)| self.change(decided, number, facts)).collect()
    }

    /// The change with its envelope. There is no wall clock here, and so no change may be acted upon.
    fn change(&self, decided: Decided, partition: u32, decided_at: Timestamp) -> Change {
        let envelope = envelope::of(&decided, decided_at, partition, |family| self.topics[family.index()].clone());
        Change { core: decided.core, envelope }
    }
}
