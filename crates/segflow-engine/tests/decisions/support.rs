//! A task in memory: segmentations, events, and epochs over them.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::change::Decided;
use segflow_core::clock::Clock;
use segflow_core::event::{Body, Channel, CustomerId, Direction, Event, Outcome};
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_engine::epoch::{Epoch, Plan, Target, decide};
use segflow_engine::intake::Accepted;
use segflow_engine::migration::Migration;
use segflow_engine::rules::Rules;
use segflow_engine::states::{Memory, States};
use segflow_wire::{Encoding, Headers, Intake, Partitioner, RawRecord};

/// Version 1: `early` from the first day past due.
pub const FIRST: &str = r#"
name: bench
version: 1
currency: EUR
timezone: Europe/Rome
dimensions:
  - name: stage
    segments:
      - {name: mid, when: overdue.days >= 30}
      - {name: early, when: overdue.days >= 1}
    otherwise: current
"#;

/// How far silence stays behind facts.
pub const GRACE_MS: i64 = 5_000;

pub fn load(text: &str) -> Arc<Segmentation> {
    Arc::new(Segmentation::load("bench.yaml", text).unwrap().segmentation)
}

/// Version 2: `mid` from the fifth day past due.
pub fn second() -> Arc<Segmentation> {
    load(&FIRST.replace("version: 1", "version: 2").replace("days >= 30", "days >= 5"))
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn id(text: &str) -> CustomerId {
    CustomerId::new(text).unwrap()
}

pub fn event(customer: &str, event_id: &str, occurred_at: &str, body: Body) -> Event {
    let occurred_at = at(occurred_at);
    Event { event_id: event_id.to_owned(), customer_id: id(customer), occurred_at, recorded_at: occurred_at, body }
}

/// An invoice of 100.00 due on a day, whose id is the event's.
pub fn invoice(customer: &str, event_id: &str, occurred_at: &str, due: &str) -> Event {
    let body = Body::Issued {
        invoice_id: event_id.to_owned(),
        amount_minor: 10_000,
        due_date: due.parse().unwrap(),
        debt_type: None,
        discount: None,
    };
    event(customer, event_id, occurred_at, body)
}

/// A text message, whose id is the event's.
pub fn contact(customer: &str, event_id: &str, occurred_at: &str) -> Event {
    let body = Body::Contact {
        contact_id: event_id.to_owned(),
        direction: Direction::Outbound,
        channel: Channel::Sms,
        outcome: Outcome::Delivered,
        machine: false,
    };
    event(customer, event_id, occurred_at, body)
}

pub fn intake(partitions: u32) -> Intake {
    Intake::uniform(Encoding::Json, Partitioner::Murmur2, partitions, load(FIRST).currency.clone())
}

/// Hands an event to `read` as the record of a partition, at an offset.
pub fn as_record<R>(event: &Event, partition: u32, offset: u64, read: impl FnOnce(&RawRecord<'_>) -> R) -> R {
    let value = segflow_wire::event::encode(event, &load(FIRST).currency, Encoding::Json);
    read(&RawRecord {
        family: event.body.family(),
        topic: &event.body.family().default_topic(),
        partition,
        offset,
        timestamp: event.recorded_at,
        key: Some(event.customer_id.as_str().as_bytes()),
        value: value.as_deref(),
        headers: &Headers::new(),
    })
}

/// The events as the records of one epoch.
pub fn accepted(events: &[Event]) -> Accepted {
    let (mut accepted, intake) = (Accepted::default(), intake(1));
    for (offset, event) in (0..).zip(events) {
        as_record(event, 0, offset, |record| accepted.take(record, &intake, Timestamp::LATEST)).unwrap();
    }
    accepted
}

/// A task whose states are in memory.
pub struct Task<S = Memory> {
    pub states: S,
    pub rules: Rules,
    pub clock: Clock,
    pub timers_max: usize,
}

impl Task {
    /// A task that has read nothing, by version 1.
    pub fn new() -> Self {
        Self::over(Memory::default())
    }

    /// Every customer's state.
    pub fn all(&self) -> BTreeMap<CustomerId, State> {
        self.states.all().into_iter().map(|(id, state)| (id.clone(), state.clone())).collect()
    }
}

impl<S: States<Error: std::fmt::Debug>> Task<S> {
    pub fn over(states: S) -> Self {
        Self { states, rules: Rules::new(load(FIRST)), clock: Clock::default(), timers_max: usize::MAX }
    }

    /// An epoch over some events, whose `F` is to reach an instant.
    pub fn epoch(&mut self, events: &[Event], facts: &str) -> Epoch<Vec<Decided>> {
        self.migrating(events, facts, None)
    }

    /// [`Task::epoch`] in which a migration goes on.
    pub fn migrating(&mut self, events: &[Event], facts: &str, migration: Option<&Migration>) -> Epoch<Vec<Decided>> {
        let clock = self.clock.at(at(facts), GRACE_MS);
        let target = Target::Proven { clock, grace_ms: GRACE_MS, timers_max: self.timers_max };
        self.decide(accepted(events), &target, migration)
    }

    pub fn decide(
        &mut self,
        accepted: Accepted,
        target: &Target,
        migration: Option<&Migration>,
    ) -> Epoch<Vec<Decided>> {
        let plan = Plan { rules: &self.rules, before: &self.clock, target, migration };
        let epoch = decide(&mut self.states, plan, accepted, Vec::new()).unwrap();
        self.clock = epoch.clock.clone();
        epoch
    }
}

/// `c1 stage current -> early at 2026-03-01T23:00:00.000Z`
pub fn told(changes: &[Decided]) -> Vec<String> {
    let told = |Decided { core, .. }: &Decided| {
        let [from, to] = [&core.from, &core.to].map(|segment| segment.as_deref().unwrap_or("-"));
        format!("{} {} {from} -> {to} at {}", core.customer_id, core.dimension, core.effective_at)
    };
    changes.iter().map(told).collect()
}
