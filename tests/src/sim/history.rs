//! What the customers of a run do, and under which clock and rules.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use segflow_core::clock::{ClockSettings, Idle, Role};
use segflow_core::event::{Body, Channel, CustomerId, Direction, Event, Family, Outcome};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp};
use segflow_runtime::config::{Commit, Config, Input, Outputs};
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::task::cache::CacheMemory;
use segflow_store::StoreMemory;
use segflow_wire::{Encoding, Intake, Partitioner, partition_of};

const SEGMENTATION: &str = r#"
name: simulation
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
      - {name: late, when: overdue.days >= 10}
      - {name: early, when: overdue.days >= 1, for: 36h}
      - {name: pre_due, when: next_due.days <= 2}
    otherwise: current
  - name: payer
    segments:
      - {name: paying, when: 'payments.count("5d") >= 1', keep: 2d, bypass: 'segment("promise") == "broken"'}
      - {name: pursued, when: 'contacts.outbound("3d") >= 2', stay: 'contacts.outbound("3d") >= 1'}
    otherwise: quiet
"#;

/// The second version drops `payer`, adds `size` and has other limits; the third is the first again, but for a limit.
static LATER: LazyLock<[Arc<Segmentation>; 2]> = LazyLock::new(|| {
    let load =
        |text: String| Arc::new(Segmentation::load("later.yaml", text).expect("a valid segmentation").segmentation);
    let payer = SEGMENTATION.find("  - name: payer").expect("a dimension");
    let size = "  - name: size\n    segments:\n      - {name: large, when: balance >= 150.00}\n    otherwise: small\n";
    let second = format!("{}{size}", &SEGMENTATION[..payer]).replace("overdue.days >= 10", "overdue.days >= 4");
    let third = SEGMENTATION.replace("overdue.days >= 10", "overdue.days >= 7");
    [(second, "version: 2"), (third, "version: 3")].map(|(text, version)| load(text.replace("version: 1", version)))
});

/// The version of the segmentation after this one; none if it is the last.
#[must_use]
pub fn next_version(present: &Segmentation) -> Option<Arc<Segmentation>> {
    LATER.iter().find(|later| later.version > present.version).cloned()
}

/// What is evaluated beside the rules in some runs; no version that is activated is higher.
#[must_use]
pub fn candidate() -> Arc<Segmentation> {
    let text = SEGMENTATION.replace("version: 1", "version: 9").replace("overdue.days >= 10", "overdue.days >= 6");
    let text = text.replace("keep: 2d", "keep: 1d").replace("for: 36h", "for: 12h");
    Arc::new(Segmentation::load("candidate.yaml", text).expect("a valid segmentation").segmentation)
}

/// The customer who is erased now and then.
const ERASED: &str = "c0";

/// A record before it is appended.
#[derive(Clone)]
pub struct Draft {
    /// Its partition.
    pub partition: u32,
    /// Its input.
    pub family: Family,
    /// Its timestamp; greater than every earlier one's.
    pub timestamp: Timestamp,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value; none is an erasure.
    pub value: Option<Vec<u8>>,
}

/// The rules of all runs.
#[must_use]
pub fn segmentation() -> Arc<Segmentation> {
    Arc::new(Segmentation::load("simulation.yaml", SEGMENTATION).expect("a valid segmentation").segmentation)
}

/// A configuration: small cycles and slices, either clock. `late`: contacts are a hint.
#[must_use]
pub fn config(
    rng: &mut ChaCha8Rng,
    rules: &Arc<Segmentation>,
    store: &StoreMemory,
    late: bool,
    partitions: u32,
) -> Config {
    let role = |family| if late && family == Family::Contacts { Role::Hint } else { Role::Gate };
    let input = |family: Family| (family, Input { topic: family.default_topic(), role: role(family) });
    let idle = if rng.random_range(0..2) == 0 { Idle::WallTime } else { Idle::RecordTime };
    Config {
        segmentation: Rulebook::new(rules.clone()),
        intake: Arc::new(Intake::uniform(Encoding::Json, Partitioner::Murmur2, partitions, rules.currency.clone())),
        inputs: Family::ALL.map(input).into(),
        outputs: Outputs { changes: Encoding::Json, segments: Encoding::Json },
        clock: ClockSettings { grace_ms: [0, 5_000][rng.random_range(0..2)], idle },
        max_host_skew_ms: None,
        commit: Commit {
            interval: Duration::ZERO,
            interval_min: Duration::ZERO,
            max_records: rng.random_range(2..=8),
            timers_max: rng.random_range(1..=4),
            resegmented_max: rng.random_range(1..=4),
        },
        cache: CacheMemory::new(rng.random_range(0..=40 << 10)),
        state_dir: Path::new("").to_owned(),
        shadow: None,
        snapshots: None,
        store: store.clone(),
        time: segflow_runtime::time::Monotonic::Real,
        store_pool: segflow_runtime::worker::store_pool::StorePool::default(),
        release: segflow_runtime::config::Release::default(),
    }
}

/// A month of a few customers, with copies and rubbish. `late`: some events are reported after the fact.
#[must_use]
pub fn drafts(rng: &mut ChaCha8Rng, config: &Config, late: bool) -> Vec<Draft> {
    let mut at: Timestamp = "2026-03-20T08:00:00Z".parse().expect("an instant");
    let mut drafts: Vec<Draft> = Vec::new();
    for number in 0..rng.random_range(30..60) {
        at = at.plus_ms(rng.random_range(1..20 * 3_600_000));
        let copy = (!drafts.is_empty() && rng.random_range(0..12) == 0).then(|| rng.random_range(0..drafts.len()));
        drafts.push(match copy {
            // Sent again after an erasure it would be news from the past.
            Some(earlier) if drafts[earlier].key != ERASED.as_bytes() => {
                Draft { timestamp: at, ..drafts[earlier].clone() }
            }
            _ => draft(rng, config, number, at, late),
        });
    }
    drafts
}

fn draft(rng: &mut ChaCha8Rng, config: &Config, number: u32, at: Timestamp, late: bool) -> Draft {
    let customer = CustomerId::new(format!("c{}", rng.random_range(0..7))).expect("an id");
    let behind = if late && rng.random_range(0..4) == 0 { rng.random_range(0..72 * 3_600_000) } else { 0 };
    let erased = customer.as_str() == ERASED && rng.random_range(0..6) == 0;
    let body = if erased { Body::Erased } else { body(rng, number, config.segmentation.offered().zone.date_of(at)) };
    let family = body.family();
    let key = customer.as_str().as_bytes().to_vec();
    let (event_id, occurred_at) = (format!("e{number}"), at.plus_ms(-behind));
    let event = match body {
        Body::Erased => Event::erasure(customer, at),
        body => Event { event_id, customer_id: customer, occurred_at, recorded_at: at, body },
    };
    let value = match rng.random_range(0..15) {
        0 => Some(b"{\"event_id\": 7".to_vec()),
        _ => segflow_wire::event::encode(&event, &config.segmentation.offered().currency, Encoding::Json),
    };
    let partition = partition_of(&key, config.intake.partitions, Partitioner::Murmur2);
    Draft { partition, family, timestamp: at, key, value }
}

fn body(rng: &mut ChaCha8Rng, number: u32, today: Date) -> Body {
    let due_date = today.plus_days(rng.random_range(-12..8));
    let amount_minor = rng.random_range(1..50_000);
    let earlier = rng.random_range(0..=number);
    match rng.random_range(0..16) {
        0..4 => {
            Body::Issued { invoice_id: format!("i{number}"), amount_minor, due_date, debt_type: None, discount: None }
        }
        4..7 => Body::Received { payment_id: format!("p{number}"), amount_minor, names: Vec::new(), method: None },
        7..9 => Body::Made { promise_id: format!("m{number}"), amount_minor, due_date, plan_id: None },
        9 => Body::Adjusted {
            invoice_id: format!("i{earlier}"),
            delta_minor: -amount_minor / 2,
            due_date: Some(due_date),
        },
        10 => Body::WrittenOff { invoice_id: format!("i{earlier}") },
        11 => Body::Reversed { payment_id: format!("p{earlier}"), amount_minor: None },
        12 => Body::Opened { dispute_id: format!("d{number}"), invoice_id: None, amount_minor: None },
        13 => Body::Resolved { dispute_id: format!("d{earlier}"), upheld: Some(false) },
        _ => Body::Contact {
            contact_id: format!("k{number}"),
            direction: Direction::Outbound,
            channel: Channel::Call,
            outcome: Outcome::NoAnswer,
            machine: false,
        },
    }
}
