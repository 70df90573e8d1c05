//! The host's clock is not trusted alone: no epoch is committed by a clock that the log's own contradicts.

use super::support::{Bench, P0, at, issued, made, reasons, received};
use crate::log::Sink;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// A customer with a promise that is due on Tuesday 3 March, and whose deadline is midnight after Thursday the 5th, in Rome.
fn promised() -> Bench {
    let bench = Bench::new();
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-01"));
    bench.event("c1", at("2026-03-01T10:00:01Z"), "e2", made("2026-03-03"));
    bench.broker.set_time(at("2026-03-05T12:00:00Z"));
    bench
}

/// The reason for which the worker gives its cycles up.
fn refusal(bench: &Bench) -> String {
    let snapshot = bench.status.snapshot();
    assert!(snapshot.workers["a"].failing);
    snapshot.workers["a"].last_error.clone().unwrap()
}

#[test]
fn a_host_ten_minutes_behind_makes_no_dead_letter_of_a_live_record() {
    let bench = promised();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let epochs = bench.journal().len();
    bench.event("c1", at("2026-03-05T12:00:00Z"), "e3", received(10_000, "pay"));
    bench.broker.set_host_error(-10 * MINUTE_MS);
    for _ in 0..5 {
        worker.cycle().unwrap();
    }
    assert_eq!(reasons(&bench).len(), 0, "{:?}", reasons(&bench));
    assert_eq!(bench.journal().len(), epochs);
    assert_eq!(
        refusal(&bench),
        "the host clock stands at 2026-03-05T11:50:00.000Z: expected at most 60 s before 2026-03-05T12:00:00.000Z, by which \
         task 0 decided its last epoch; set the clock of this host, and keep it by NTP; no epoch is decided until then"
    );
    bench.broker.set_host_error(0);
    bench.broker.set_time(at("2026-03-05T12:00:01Z"));
    bench.settle(&mut worker);
    assert!(bench.changes().iter().any(|change| change.starts_with("c1 promise open -> none at 2026-03-05T12:00:00")));
}

/// Nothing was decided yet that the clock could be compared with: the journal's own record tells.
#[test]
fn a_host_ten_minutes_behind_from_the_start_makes_no_dead_letter_either() {
    let bench = Bench::new();
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-01"));
    bench.broker.set_time(at("2026-03-01T10:00:00Z"));
    bench.broker.set_host_error(-10 * MINUTE_MS);
    let mut worker = bench.worker("a");
    for _ in 0..10 {
        worker.cycle().unwrap();
    }
    assert_eq!((bench.journal().len(), reasons(&bench).len()), (0, 0));
    assert_eq!(bench.broker.outputs(Sink::Changes, P0, 0), []);
    assert!(bench.status.snapshot().workers["a"].aborts > 0);
    bench.broker.set_host_error(0);
    bench.settle(&mut worker);
    assert_eq!(bench.journal().len(), 1);
}

#[test]
fn a_host_a_day_ahead_judges_no_silence() {
    let bench = promised();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let (epochs, changes) = (bench.journal().len(), bench.changes());
    bench.broker.set_host_error(DAY_MS);
    worker.cycle().unwrap();
    assert_eq!(bench.changes(), changes);
    assert_eq!(bench.journal().len(), epochs);
    assert_eq!(
        refusal(&bench),
        "the host clock stood at 2026-03-06T12:00:00.000Z: expected at most 60 s from 2026-03-05T12:00:00.000Z, when the \
         broker of the journal of task 0 took its record; set the clock of this host, or of that broker, and keep both by \
         NTP; no epoch is decided until then"
    );
    bench.broker.set_host_error(0);
    bench.settle(&mut worker);
    assert_eq!(bench.changes(), changes, "the day that was not over was not judged");
    bench.broker.set_time(at("2026-03-06T12:00:00Z"));
    bench.settle(&mut worker);
    assert!(bench.changes().iter().any(|change| change.starts_with("c1 promise open -> broken")));
}

/// The worker goes on being seen to fail while the clock is wrong, also while it consults its journal in between.
#[test]
fn the_refusal_stays_in_sight() {
    let bench = promised();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.broker.set_host_error(DAY_MS);
    for _ in 0..8 {
        worker.cycle().unwrap();
        assert!(refusal(&bench).starts_with("the host clock"));
    }
}

#[test]
fn a_host_a_minute_off_is_near_enough() {
    let bench = promised();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    for (number, error_ms) in [(0, MINUTE_MS), (1, -MINUTE_MS)] {
        bench.broker.set_host_error(error_ms);
        bench.broker.set_time(at("2026-03-05T12:05:00Z").plus_ms(number * 5 * MINUTE_MS));
        let id = format!("p{number}");
        bench.event("c1", bench.broker.time(), &id, received(10, &id));
        assert_eq!(bench.settle(&mut worker), 1);
    }
}
