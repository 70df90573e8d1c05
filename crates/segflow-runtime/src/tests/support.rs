//! A bench: an embedded log, a worker on it, and events by the line.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::clock::{ClockSettings, Idle, Role};
use segflow_core::event::{Body, CustomerId, Event, Family};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp, Zone};
use segflow_wire::{Encoding, Intake, Partitioner, event, journal, partition_of};
use tempfile::TempDir;

use crate::config::{Commit, Config, Input, Outputs, Release};
use crate::log::local::{LocalBroker, LocalLog, NewRecord};
use crate::log::{Sink, TaskId};
use crate::rulebook::Rulebook;
use crate::status::Status;
use crate::task::cache::CacheMemory;
use crate::worker::Worker;

pub const SEGMENTATION: &str = r#"
name: bench
version: 1
currency: EUR
timezone: Europe/Rome
dimensions:
  - name: promise
    segments:
      - {name: broken, when: promises.broken("90d") >= 1}
      - {name: open, when: promises.open >= 1}
    otherwise: none
  - name: stage
    segments:
      - {name: mid, when: overdue.days >= 30}
      - {name: early, when: overdue.days >= 1}
    otherwise: current
  - name: reached
    segments:
      - {name: "yes", when: contacts.outbound("90d") >= 1}
    otherwise: "no"
"#;

pub const P0: TaskId = TaskId(0);

pub struct Bench {
    pub config: Config,
    pub broker: LocalBroker,
    pub status: Arc<Status>,
    /// Lives as long as the stores.
    pub _directory: TempDir,
}

impl Bench {
    /// One partition; payments, invoices and promises gate, contacts hint; grace 0; wall time.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let segmentation = Segmentation::load("bench.yaml", SEGMENTATION).unwrap().segmentation;
        let currency = segmentation.currency.clone();
        let input = |family: Family| {
            let role = if family == Family::Contacts { Role::Hint } else { Role::Gate };
            (family, Input { topic: family.default_topic(), role })
        };
        let families = [Family::Invoices, Family::Payments, Family::Contacts, Family::Promises, Family::Profiles];
        let config = Config {
            segmentation: Rulebook::new(Arc::new(segmentation)),
            intake: Arc::new(Intake {
                max_skew_ms: Some(300_000),
                ..Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, currency)
            }),
            inputs: families.map(input).into(),
            outputs: Outputs { changes: Encoding::Json, segments: Encoding::Json },
            clock: ClockSettings { grace_ms: 0, idle: Idle::WallTime },
            max_host_skew_ms: Some(60_000),
            commit: Commit::default(),
            cache: CacheMemory::new(40 << 10),
            state_dir: directory.path().to_owned(),
            shadow: None,
            snapshots: None,
            store: segflow_store::StoreMemory::new(segflow_store::StoreSettings {
                block_cache_bytes: 1 << 20,
                write_buffer_bytes: 1 << 20,
                open_files_max: 64,
                reserve_bytes: 0,
            }),
            time: crate::time::Monotonic::Real,
            store_pool: crate::worker::store_pool::StorePool::default(),
            release: Release::default(),
        };
        Self { config, broker: LocalBroker::new(1), status: Arc::default(), _directory: directory }
    }

    /// From now on this release decides, by a time-zone database in which the rules' zone is as another one is in ours.
    pub fn decides_as(&mut self, engine_version: &str, text: &str, zone: &str) {
        let loaded = Segmentation::load("bench.yaml", text).unwrap().segmentation;
        let segmentation = Segmentation { zone: Zone::named(zone).unwrap(), ..loaded };
        self.config.segmentation = Rulebook::new(Arc::new(segmentation));
        self.config.release.engine_version = engine_version.to_owned();
    }

    pub fn worker(&self, name: &str) -> Worker<LocalLog> {
        Worker::new(name, Arc::new(self.config.clone()), self.broker.attach(name), self.status.clone())
    }

    /// Appends an event whose record timestamp is its instant.
    pub fn event(&self, customer: &str, at: Timestamp, id: &str, body: Body) -> u64 {
        let family = body.family();
        let (event_id, customer_id) = (id.to_owned(), CustomerId::new(customer).unwrap());
        let event = Event { event_id, customer_id, occurred_at: at, recorded_at: at, body };
        let value = event::encode(&event, &self.config.segmentation.offered().currency, Encoding::Json);
        let task = TaskId(partition_of(customer.as_bytes(), self.config.intake.partitions, Partitioner::Murmur2));
        self.broker.append(
            task,
            family,
            NewRecord { timestamp: at, key: Some(customer.as_bytes().to_vec()), value, headers: Vec::new() },
        )
    }

    /// Cycles until nothing more happens; the number of commits.
    pub fn settle(&self, worker: &mut Worker<LocalLog>) -> usize {
        let mut commits = 0;
        for _ in 0..10_000 {
            let cycle = worker.cycle().unwrap();
            commits += usize::from(cycle.committed);
            if !cycle.busy {
                return commits;
            }
        }
        panic!("it did not come to rest");
    }

    /// `customer dimension from -> to at INSTANT`, as published.
    pub fn changes(&self) -> Vec<String> {
        let text = |value: &serde_json::Value, field: &str| value[field].as_str().unwrap_or("-").to_owned();
        self.outputs(Sink::Changes)
            .map(|bytes| serde_json::from_slice(&bytes).unwrap())
            .map(|value: serde_json::Value| {
                let [customer, dimension, from, to, at] =
                    ["customer_id", "dimension", "from", "to", "effective_at"].map(|field| text(&value, field));
                format!("{customer} {dimension} {from} -> {to} at {at}")
            })
            .collect()
    }

    /// The values of a sink, which are JSON.
    pub fn values(&self, sink: Sink) -> Vec<serde_json::Value> {
        self.outputs(sink).map(|bytes| serde_json::from_slice(&bytes).unwrap()).collect()
    }

    pub fn journal(&self) -> Vec<segflow_core::journal::JournalRecord> {
        self.outputs(Sink::Journal).map(|bytes| journal::decode(&bytes).unwrap()).collect()
    }

    fn outputs(&self, sink: Sink) -> impl Iterator<Item = Vec<u8>> {
        self.broker.outputs(sink, P0, 0).into_iter().filter_map(|output| output.value)
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn issued(due: &str) -> Body {
    Body::Issued {
        invoice_id: format!("i-{due}"),
        amount_minor: 10_000,
        due_date: date(due),
        debt_type: None,
        discount: None,
    }
}

pub fn received(amount_minor: i64, id: &str) -> Body {
    Body::Received { payment_id: id.to_owned(), amount_minor, names: Vec::new(), method: None }
}

pub fn made(due: &str) -> Body {
    Body::Made { promise_id: format!("p-{due}"), amount_minor: 10_000, due_date: date(due), plan_id: None }
}

/// How many dead letters there were of each reason, from their headers.
pub fn reasons(bench: &Bench) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for letter in bench.broker.outputs(Sink::DeadLetters, P0, 0) {
        let (_, reason) = letter.headers.iter().rev().find(|(name, _)| name == "segflow.reason").unwrap();
        *reasons.entry(String::from_utf8(reason.clone().unwrap()).unwrap()).or_default() += 1;
    }
    reasons
}
