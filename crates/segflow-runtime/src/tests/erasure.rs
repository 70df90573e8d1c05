//! Who is erased leaves no id on the disk and nothing in the compacted topic; and who has no room loses no erasure.

use segflow_core::event::{Attribute, Body, CustomerId};
use segflow_core::fact::Facts;
use segflow_store::Store;

use super::support::{Bench, P0, at, issued, reasons};
use crate::log::Sink;
use crate::log::local::NewRecord;
use crate::task::cache::CacheMemory;
use crate::task::stored::Stored;
use segflow_core::event::Family;
use segflow_engine::states::States;

const CUSTOMER: &str = "c1";

fn erase(bench: &Bench, when: &str) {
    bench.broker.append(
        P0,
        Family::Profiles,
        NewRecord { timestamp: at(when), key: Some(CUSTOMER.into()), value: None, headers: Vec::new() },
    );
}

#[test]
fn who_is_erased_leaves_a_stub_without_an_id_and_goes_on_in_seq() {
    let bench = Bench::new();
    bench.event(CUSTOMER, at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-01"));
    erase(&bench, "2026-03-02T10:00:00Z");
    bench.broker.set_time(at("2026-03-03T10:00:00Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    // Read after the erasure, recorded before it.
    bench.event(CUSTOMER, at("2026-03-02T09:00:00Z"), "e2", issued("2026-02-02"));
    bench.settle(&mut worker);
    drop(worker);
    let changes = bench.changes();
    assert_eq!(
        changes.iter().filter(|change| change.contains("-> - at 2026-03-02T10:00:00.000Z")).count(),
        3,
        "{changes:?}"
    );
    let segments = bench.broker.outputs(Sink::Segments, P0, 0);
    assert_eq!(
        segments.last().map(|last| (last.key.as_deref(), &last.value)),
        Some((Some(CUSTOMER.as_bytes()), &None))
    );
    let totals = bench.status.snapshot().totals[&0].counts;
    assert_eq!((totals.read, totals.folded, totals.forgotten), (3, 2, 1));

    {
        let store = Store::open(&bench.config.task_dir(P0), &bench.config.store).unwrap();
        assert_eq!(store.customer(CUSTOMER.as_bytes()).unwrap(), None, "the id is gone");
        let mut states = Stored::new(store, &CacheMemory::new(1 << 20));
        let wake = states.peek(&CustomerId::new(CUSTOMER).unwrap()).unwrap().wake();
        assert_eq!(wake.silence, segflow_core::time::Timestamp::NEVER, "nothing is judged any more");
        assert!(states.peek(&CustomerId::new(CUSTOMER).unwrap()).unwrap().is_stub());
    }

    bench.event(CUSTOMER, at("2026-03-04T10:00:00Z"), "e3", issued("2026-03-03"));
    bench.broker.set_time(at("2026-03-05T10:00:00Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    let last = bench.broker.outputs(Sink::Changes, P0, 0).pop().unwrap().value.unwrap();
    let last: serde_json::Value = serde_json::from_slice(&last).unwrap();
    assert_eq!((&last["from"], last["seq"].as_u64()), (&serde_json::Value::Null, Some(3)), "{last}");
    let store = Store::open(&bench.config.task_dir(P0), &bench.config.store).unwrap();
    assert!(store.customer(CUSTOMER.as_bytes()).unwrap().is_some(), "the customer is back");
}

#[test]
fn a_customer_without_room_refuses_facts_but_no_erasure() {
    let bench = Bench::new();
    let long = "x".repeat(1_024);
    let update = |number: usize| Body::Updated {
        attributes: (0..100).map(|name| (format!("{number}-{name}"), Attribute::Text(long.clone()))).collect(),
    };
    let updates = Facts::MAX_BYTES / (100 * 1_024) + 3;
    for number in 0..updates {
        bench.event(CUSTOMER, at("2026-03-01T10:00:00Z"), &format!("u{number}"), update(number));
    }
    erase(&bench, "2026-03-01T10:00:01Z");
    bench.event(CUSTOMER, at("2026-03-01T10:00:02Z"), "after", update(0));
    bench.broker.set_time(at("2026-03-01T10:00:10Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let refused = reasons(&bench)["customer_full"] as u64;
    let totals = bench.status.snapshot().totals[&0].clone();
    assert!(refused >= 3, "{refused}");
    assert_eq!(totals.dead_letters["customer_full"], refused);
    assert_eq!((totals.counts.dead_letters, totals.counts.folded), (refused, updates as u64 + 2 - refused));
    assert_eq!(bench.changes().iter().filter(|change| change.contains("-> - at")).count(), 3, "the erasure was taken");
}
