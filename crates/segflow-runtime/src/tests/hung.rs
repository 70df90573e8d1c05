//! Clients that fail for ever are replaced, and a call that never returns is seen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use segflow_core::event::Family;

use super::stalling_log::Slow;
use super::support::{Bench, at, issued};
use crate::time::{Monotonic, Steered};
use crate::worker::Worker;

/// A bench with one record to be told of, and a clock that is moved by hand.
fn bench() -> (Bench, Steered) {
    let (mut bench, steered) = (Bench::new(), Steered::new());
    bench.config.time = Monotonic::Steered(steered.clone());
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-01"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    (bench, steered)
}

/// It aborts in good order each time, and so looked sound.
#[test]
fn a_producer_that_delivers_nothing_is_replaced() {
    let (bench, _) = bench();
    let log = Slow { stuck: true, ..Slow::new(bench.broker.attach("a")) };
    let mut worker = Worker::new("a", Arc::new(bench.config.clone()), log, bench.status.clone());
    let cycles = (1..=60).find(|_| worker.cycle().unwrap().committed);
    assert!(cycles.is_some(), "60 cycles and no commit: the same producer is asked again and again");
    assert!(!worker.log().stuck);
    assert_eq!(bench.status.snapshot().workers["a"].retries, 3);
}

#[test]
fn a_cycle_that_never_ends_tells_its_age() {
    let (bench, steered) = bench();
    let log = Slow::new(bench.broker.attach("a"));
    let delivery = Arc::clone(&log.delivery);
    let mut worker = Worker::new("a", Arc::new(bench.config.clone()), log, bench.status.clone());
    let age = || bench.status.snapshot().workers["a"].cycle_age;
    assert_eq!(age(), None, "between two cycles there is none");
    delivery.shut();
    std::thread::scope(|scope| {
        let cycles = scope.spawn(move || while !worker.cycle().unwrap().committed {});
        let began = Instant::now();
        while delivery.waiting() == 0 {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing is delivered");
            std::thread::yield_now();
        }
        let before = age().unwrap();
        steered.advance(Duration::from_mins(7));
        assert_eq!(age(), Some(before + Duration::from_mins(7)));
        delivery.open();
        cycles.join().unwrap();
    });
    assert_eq!(age(), None);
}

/// No call fails then, and nothing is read: only the answers are missing.
#[test]
fn leaders_that_answer_no_more_are_seen_by_when_they_last_did() {
    let (bench, _) = bench();
    let mut worker =
        Worker::new("a", Arc::new(bench.config.clone()), Slow::new(bench.broker.attach("a")), bench.status.clone());
    let seen = || {
        let task = bench.status.snapshot().tasks[&0].clone();
        let payments = task.inputs[&Family::Payments];
        (task.w, payments.latest, payments.answered)
    };
    while worker.cycle().unwrap().busy {}
    let ten = at("2026-03-01T10:00:01Z");
    assert_eq!(seen(), (Some(ten), Some(0), Some(ten)));
    worker.log().deaf = true;
    bench.broker.set_time(ten.plus_ms(60_000));
    worker.cycle().unwrap();
    assert_eq!(seen(), (Some(ten.plus_ms(60_000)), None, Some(ten)));
}
