//! Time waits for the log (I5): gates, hints, and backlogs.

use segflow_core::clock::{ClockSettings, Idle};
use segflow_core::event::{Body, Channel, Direction, Family, Outcome};

use super::support::{Bench, P0, at, issued, made, received};

fn call(id: &str) -> Body {
    Body::Contact {
        contact_id: id.to_owned(),
        direction: Direction::Outbound,
        channel: Channel::Call,
        outcome: Outcome::NoAnswer,
        machine: false,
    }
}

/// The payment lies two hours back in a backlog, and midnight, at which the promise is due, is inside the backlog.
#[test]
fn a_promise_paid_within_a_backlog_is_never_called_broken() {
    let mut bench = Bench::new();
    bench.config.commit.max_records = 7;
    // Due on Tuesday 3 March, two business days of grace: the deadline is midnight after Thursday the 5th, in Rome.
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-01"));
    bench.event("c1", at("2026-03-01T10:00:01Z"), "e2", made("2026-03-03"));
    for minute in 0..60 {
        let instant = at("2026-03-05T22:00:00Z").plus_ms(minute * 120_000);
        bench.event("other", instant, &format!("o{minute}"), received(1, &format!("o{minute}")));
        if minute == 29 {
            bench.event("c1", instant, "e3", received(10_000, "pay"));
        }
    }
    bench.broker.set_time(at("2026-03-06T00:00:00Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let broken: Vec<String> = bench.changes().into_iter().filter(|change| change.contains("-> broken")).collect();
    assert_eq!(broken, Vec::<String>::new());
    assert!(bench.changes().iter().any(|change| change.starts_with("c1 promise open -> none at 2026-03-05T22:58:00")));
}

/// The same without the payment: the timer fires, with no event of the customer's.
#[test]
fn a_promise_unpaid_is_called_broken_by_the_timer_alone() {
    let bench = Bench::new();
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-01"));
    bench.event("c1", at("2026-03-01T10:00:01Z"), "e2", made("2026-03-03"));
    bench.broker.set_time(at("2026-03-05T22:59:59Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    assert!(!bench.changes().iter().any(|change| change.contains("-> broken")));
    bench.broker.set_time(at("2026-03-05T23:00:01Z"));
    assert_eq!(bench.settle(&mut worker), 1);
    assert_eq!(bench.changes().last().unwrap(), "c1 promise open -> broken at 2026-03-05T23:00:00.000Z");
}

/// A gating input that stopped short of its end holds silence back for ever.
#[test]
fn no_silence_is_judged_past_an_unread_record_of_a_gate() {
    let mut bench = Bench::new();
    bench.config.commit.max_records = 1;
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-03-02"));
    bench.event("other", at("2026-03-01T10:00:00Z"), "o1", received(1, "o1"));
    bench.event("other", at("2026-03-01T12:00:00Z"), "o2", received(1, "o2"));
    bench.broker.set_time(at("2026-06-01T00:00:00Z"));
    let mut worker = bench.worker("a");
    while bench.journal().len() < 2 {
        worker.cycle().unwrap();
    }
    let clock = &bench.journal()[1].clock;
    assert_eq!(clock.silence, at("2026-03-01T10:00:00Z"), "payments are read up to there");
    assert!(!bench.changes().iter().any(|change| change.contains("stage current -> early")));
    bench.settle(&mut worker);
    assert!(bench.changes().iter().any(|change| change == "c1 stage current -> early at 2026-03-02T23:00:00.000Z"));
}

/// Contacts are a hint: their hour of backlog is folded in slices, while the payment counts at once.
#[test]
fn a_backlog_of_contacts_does_not_hold_up_a_payment() {
    let mut bench = Bench::new();
    bench.config.commit.max_records = 4;
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-01"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    for minute in 0..60 {
        bench.event(
            "c2",
            at("2026-03-01T11:00:00Z").plus_ms(minute * 60_000),
            &format!("k{minute}"),
            call(&format!("k{minute}")),
        );
    }
    bench.event("c1", at("2026-03-01T11:00:30Z"), "e2", received(10_000, "pay"));
    bench.broker.set_time(at("2026-03-01T12:00:00Z"));
    worker.cycle().unwrap();
    let paid = "c1 stage mid -> current at 2026-03-01T11:00:30.000Z".replace("mid", "early");
    assert!(bench.changes().contains(&paid), "{:?}", bench.changes());
    assert!(bench.journal().pop().unwrap().inputs[&Family::Contacts].offset < 60, "contacts are still being read");
    bench.settle(&mut worker);
    let late = bench.journal().iter().map(|record| record.counts.late).sum::<u64>();
    assert!(late > 0, "the price: contacts read after the clock had passed them are late");
}

/// An idle cycle says nothing, and the journalled clock stays what it was.
#[test]
fn a_task_with_nothing_to_say_commits_nothing() {
    let bench = Bench::new();
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-05-01"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    assert_eq!(bench.settle(&mut worker), 1);
    bench.broker.set_time(at("2026-03-01T11:00:00Z"));
    assert_eq!(bench.settle(&mut worker), 0);
    assert_eq!(bench.journal().len(), 1);
    assert_eq!(bench.status.snapshot().tasks[&P0.0].clock.facts, at("2026-03-01T11:00:00Z"), "but it is reported");
}

/// The record-time clock ends 1 ms past the greatest timestamp, hints included.
#[test]
fn the_record_time_clock_ends_just_past_the_last_record() {
    let mut bench = Bench::new();
    bench.config.clock = ClockSettings { grace_ms: 5_000, idle: Idle::RecordTime };
    bench.event("c1", at("2026-03-01T10:00:00Z"), "e1", issued("2026-05-01"));
    bench.event("c1", at("2026-03-01T10:00:07Z"), "e2", call("k"));
    bench.broker.set_time(at("2026-08-01T00:00:00Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let end = at("2026-03-01T10:00:07.001Z");
    let clock = bench.journal().pop().unwrap().clock;
    assert_eq!((clock.facts, clock.silence, clock.cursor.instant, clock.cursor.customer), (end, end, end, None));
}
