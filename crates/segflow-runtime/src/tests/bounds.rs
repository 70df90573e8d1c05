//! Timers drain in slices: a bound on every epoch, events in between.

use segflow_core::time::Timestamp;
use segflow_store::{Batch, Store, TimerKind};

use super::support::{Bench, P0, at, issued, received};
use crate::log::local::NewRecord;

fn early(bench: &Bench) -> usize {
    bench.changes().iter().filter(|change| change.contains("stage current -> early")).count()
}

/// Fifty customers fall overdue at one midnight; at most eight are judged per epoch, and a payment gets through.
#[test]
fn timers_of_one_midnight_drain_in_slices_between_events() {
    let mut bench = Bench::new();
    bench.config.commit.timers_max = 8;
    for customer in 0..50 {
        bench.event(
            &format!("c{customer:02}"),
            at("2026-03-01T10:00:00Z"),
            &format!("e{customer}"),
            issued("2026-03-02"),
        );
    }
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    assert_eq!(early(&bench), 0);
    bench.broker.set_time(at("2026-03-03T09:00:00Z"));
    assert!(worker.cycle().unwrap().committed);
    assert_eq!(early(&bench), 8);
    let cursor = bench.journal().pop().unwrap().clock.cursor;
    assert_eq!(cursor.instant, at("2026-03-02T23:00:00Z"));
    assert_eq!(cursor.customer.unwrap().as_str(), "c07");
    bench.event("c49", at("2026-03-03T08:59:00Z"), "pay", received(10_000, "pay"));
    assert!(worker.cycle().unwrap().committed);
    let paid = "c49 stage early -> current at 2026-03-03T08:59:00.000Z";
    assert!(bench.changes().iter().any(|change| change == paid), "the payment does not wait for the slices");
    bench.settle(&mut worker);
    assert_eq!(early(&bench), 50);
    let cursor = bench.journal().pop().unwrap().clock.cursor;
    assert_eq!((cursor.instant, cursor.customer), (at("2026-03-03T09:00:00Z"), None), "drained");
}

/// Facts dated ahead come into effect in slices too: the clock is lowered to the first instant beyond the bound.
#[test]
fn facts_coming_into_effect_lower_the_clock_to_their_bound() {
    let mut bench = Bench::new();
    bench.config.commit.timers_max = 4;
    bench.config.intake = {
        let mut intake = (*bench.config.intake).clone();
        intake.max_skew_ms = None;
        intake.into()
    };
    let first = at("2026-03-02T10:00:00Z");
    let plus = |second: i64| -> Timestamp { first.plus_ms(second * 1_000) };
    for customer in 0..10 {
        let event = issued("2026-02-01");
        ahead(&bench, &format!("c{customer}"), plus(customer), event);
    }
    for customer in 0..6 {
        ahead(&bench, &format!("same{customer}"), plus(20), issued("2026-02-01"));
    }
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    assert_eq!(bench.changes().len(), 0, "none is in effect");
    bench.broker.set_time(at("2026-03-03T00:00:00Z"));
    assert!(worker.cycle().unwrap().committed);
    assert_eq!(bench.journal().pop().unwrap().clock.facts, plus(4), "the instant of the fifth");
    assert!(worker.cycle().unwrap().committed);
    assert!(worker.cycle().unwrap().committed);
    assert_eq!(bench.journal().pop().unwrap().clock.facts, plus(20), "the last two of the ten");
    assert!(worker.cycle().unwrap().committed);
    assert_eq!(bench.journal().pop().unwrap().clock.facts, plus(20).plus_ms(1), "all share one instant");
    bench.settle(&mut worker);
    assert_eq!(bench.journal().pop().unwrap().counts.late, 0);
    let entered = bench.changes().iter().filter(|change| change.contains(" - -> ")).count();
    assert_eq!(entered, 16 * 3, "each enters each dimension");
}

/// An event that happens later than its record says: it was announced.
fn ahead(bench: &Bench, customer: &str, occurred_at: Timestamp, body: segflow_core::event::Body) {
    let event = segflow_core::event::Event {
        event_id: format!("{customer}-ahead"),
        customer_id: segflow_core::event::CustomerId::new(customer).unwrap(),
        occurred_at,
        recorded_at: at("2026-03-01T10:00:00Z"),
        body,
    };
    let family = event.body.family();
    let value = segflow_wire::event::encode(
        &event,
        &bench.config.segmentation.offered().currency,
        segflow_wire::Encoding::Json,
    );
    let key = customer.as_bytes().to_vec();
    bench.broker.append(
        P0,
        family,
        NewRecord { timestamp: at("2026-03-01T10:00:00Z"), key: Some(key), value, headers: Vec::new() },
    );
}

/// The state says when it must be looked at; rows that disagree, or that are nobody's, are passed over.
#[test]
fn stale_timer_rows_are_ignored() {
    let bench = Bench::new();
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-03-02"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    let store = Store::open(&bench.config.task_dir(P0), &bench.config.store).unwrap();
    let mut batch = Batch::new(&store);
    for kind in [TimerKind::Fact, TimerKind::Silence] {
        batch.put_timer(kind, at("2026-03-01T11:00:00Z").0, b"c1");
        batch.put_timer(kind, at("2026-03-01T11:00:00Z").0, b"nobody");
    }
    store.write(&batch.encode()).unwrap();
    drop(store);
    let before = bench.changes();
    let mut worker = bench.worker("a");
    bench.broker.set_time(at("2026-03-01T12:00:00Z"));
    assert!(bench.settle(&mut worker) <= 1, "the cursors pass them once");
    assert_eq!(bench.changes(), before);
    bench.broker.set_time(at("2026-03-03T00:00:00Z"));
    bench.settle(&mut worker);
    assert_eq!(bench.changes().last().unwrap(), "c1 stage current -> early at 2026-03-02T23:00:00.000Z");
    drop(worker);
    let store = Store::open(&bench.config.task_dir(P0), &bench.config.store).unwrap();
    assert_eq!(store.customer(b"nobody").unwrap(), None);
}
