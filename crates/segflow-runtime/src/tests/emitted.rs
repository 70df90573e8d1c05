//! A task that decides otherwise than it has emitted goes on from what was emitted, if a release explains that.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use segflow_core::change::Core;
use segflow_core::digest::{FIRST, Form};
use segflow_core::event::{Attribute, Body, Family};
use segflow_core::state::State;
use serde_json::Value;

use super::activation::{check_sequences, running, second, states};
use super::support::{Bench, P0, SEGMENTATION, at, issued, received};
use crate::config::Release;
use crate::log::local::{LocalBroker, NewRecord};
use crate::log::{Output, Record, Sink, TEXTS};
use crate::recovery::standbys::Standbys;
use crate::status::Phase;

const OLD: &str = "0.1.0+tzdb-old";
const NEW: &str = "0.1.0+tzdb-new";
/// Where each day begins eight hours before it does in Rome, and five after.
const ZONES: [(&str, &str); 2] = [("Asia/Tokyo", "2026-03-21T18:00:00Z"), ("America/New_York", "2026-03-22T01:00:00Z")];

/// Eight customers who owe, and two who were erased, of whom one has returned.
fn history(bench: &Bench) {
    for number in 0..8 {
        bench.event(&format!("c{number}"), at("2026-03-01T10:00:00Z"), &format!("e{number}"), issued("2026-02-20"));
    }
    for (customer, erased_at) in [("gone", "2026-03-01T10:00:00.500Z"), ("back", "2026-03-01T10:00:00.600Z")] {
        bench.event(customer, at("2026-03-01T10:00:00Z"), &format!("e-{customer}"), issued("2026-02-20"));
        bench.event(customer, at(erased_at), &format!("x-{customer}"), Body::Erased);
    }
    bench.event("back", at("2026-03-01T10:00:00.700Z"), "e-again", issued("2026-02-20"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
}

/// What a release decided whose time-zone database has another Rome, up to an instant at which ours would differ. By then
/// `c3` has paid, also shortly before that instant, so that an epoch reaches it; the eight others who owe differ.
fn decided_in(zone: &str, until: &str) -> Bench {
    let mut bench = Bench::new();
    history(&bench);
    bench.decides_as(OLD, SEGMENTATION, zone);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    for (instant, payment) in [("2026-03-05T10:00:01Z", "p1"), (until, "p2")] {
        bench.event("c3", at(instant).plus_ms(-1), payment, received(10_000, payment));
        bench.broker.set_time(at(instant));
        bench.settle(&mut worker);
    }
    drop(worker);
    bench
}

fn lose(bench: &Bench) {
    std::fs::remove_dir_all(bench.config.task_dir(P0)).unwrap();
}

fn stopped(bench: &Bench) -> String {
    match &bench.status.snapshot().tasks[&0].phase {
        Phase::Stopped { reason } => reason.clone(),
        phase => panic!("expected a stopped task, found {phase:?}"),
    }
}

/// Whether every customer in the store stands as the last record of theirs says.
fn check_told(bench: &Bench) {
    let states = states(bench);
    let mut told = std::collections::BTreeMap::new();
    for Output { key, value, .. } in bench.broker.outputs(Sink::Segments, P0, 0) {
        told.insert(key.unwrap(), value);
    }
    for (customer, value) in &told {
        let Some(value) = value else { continue };
        let value: Value = serde_json::from_slice(value).unwrap();
        let state: &State = &states[customer];
        let dimensions = value["dimensions"].as_array().unwrap();
        assert_eq!(dimensions.len(), state.decision.dimensions.len(), "{value}");
        for (told, ours) in dimensions.iter().zip(&state.decision.dimensions) {
            assert_eq!(told["seq"].as_u64(), Some(ours.seq), "{value}");
            assert_eq!(told["entered_at"].as_str().map(at), ours.entered_at, "{value}");
        }
    }
}

#[test]
fn another_time_zone_release_is_taken_over_and_nothing_is_told_twice() {
    for (zone, until) in ZONES {
        let mut bench = decided_in(zone, until);
        let (told, epochs) = (bench.changes(), bench.journal().len());
        lose(&bench);
        bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
        let mut worker = bench.worker("b");
        bench.settle(&mut worker);
        running(&bench);
        let changes = bench.changes();
        assert_eq!(changes[..told.len()], told);
        let since = changes[told.len()..].to_vec();
        let moved = if zone == "Asia/Tokyo" { "mid -> early" } else { "early -> mid" };
        assert_eq!(since.len(), 8, "{zone}: {since:?}");
        assert!(since.iter().all(|change| change.contains(moved)), "{zone}: {since:?}");
        for change in bench.values(Sink::Changes).split_off(told.len()) {
            assert_eq!((change["cause"].as_str(), change["actionable"].as_bool()), (Some("SEGMENTATION"), Some(false)));
        }
        check_sequences(&bench);
        assert!(bench.journal()[epochs..].iter().all(|record| record.engine_version == NEW));

        // Time goes on, and a customer who was erased returns.
        bench.event("gone", at("2026-03-22T09:00:00Z"), "e-back", issued("2026-02-20"));
        bench.broker.set_time(at("2026-03-22T09:00:01Z"));
        bench.settle(&mut worker);
        check_sequences(&bench);
        drop(worker);
        check_told(&bench);

        // The journal now holds epochs of both releases: it is taken over again, and nothing is left to be told.
        let told = bench.changes();
        lose(&bench);
        let mut worker = bench.worker("c");
        assert_eq!(bench.settle(&mut worker), 0, "{zone}");
        running(&bench);
        assert_eq!(bench.changes(), told);
        drop(worker);
        check_told(&bench);
    }
}

#[test]
fn the_same_difference_by_the_same_release_stops_the_task() {
    let mut bench = decided_in("Asia/Tokyo", "2026-03-21T18:00:00Z");
    lose(&bench);
    bench.decides_as(OLD, SEGMENTATION, "Europe/Rome");
    let mut worker = bench.worker("b");
    bench.settle(&mut worker);
    let reason = stopped(&bench);
    assert!(reason.contains("epoch 1 decided again gives") && reason.contains("segflow audit"), "{reason}");
}

/// Steps of recovery of one part each; the process dies after each of them in turn.
#[test]
fn a_crash_between_rolling_forward_and_taking_over_forgets_nothing() {
    let (mut amid, mut steps) = (0, 1);
    loop {
        let mut bench = decided_in("America/New_York", "2026-03-22T01:00:00Z");
        let (told, journal) = (bench.changes(), bench.journal().len() as u64);
        lose(&bench);
        bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
        bench.config.commit.interval = Duration::ZERO;
        let mut worker = bench.worker("b");
        for _ in 0..steps {
            worker.cycle().unwrap();
        }
        let task = bench.status.snapshot().tasks[&0].clone();
        if task.phase == Phase::Running {
            break;
        }
        amid += usize::from(task.epoch == journal);
        drop(worker);
        let mut worker = bench.worker("b");
        bench.settle(&mut worker);
        running(&bench);
        assert_eq!(bench.changes().len(), told.len() + 8, "after {steps} steps");
        check_sequences(&bench);
        steps += 1;
    }
    assert!(amid >= 4, "it died {amid} times between the last epoch and the end of the takeover");
}

#[test]
fn who_was_told_nothing_has_nothing_decided() {
    let mut bench = decided_in("Asia/Tokyo", "2026-03-21T18:00:00Z");
    let mine = |output: &Output| output.key.as_deref() == Some(b"c5");
    let broker = bench.broker.clone();
    bench.broker = LocalBroker::new(1);
    for family in Family::ALL {
        for Record { timestamp, key, value, headers, .. } in broker.records(P0, family, 0, u64::MAX) {
            bench.broker.append(P0, family, NewRecord { timestamp, key, value, headers });
        }
    }
    bench.broker.set_time(broker.time());
    for (sink, task) in [(Sink::Journal, P0), (Sink::Segmentations, TEXTS)] {
        bench.broker.commit(broker.outputs(sink, task, 0));
    }
    for sink in [Sink::Changes, Sink::Segments] {
        bench.broker.commit(broker.outputs(sink, P0, 0).into_iter().filter(|output| !mine(output)).collect());
    }
    lose(&bench);
    let told = bench.changes().len();
    bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
    let mut worker = bench.worker("b");
    bench.settle(&mut worker);
    bench.broker.set_time(at("2026-03-21T18:00:01Z"));
    bench.settle(&mut worker);
    running(&bench);
    let changes = bench.values(Sink::Changes).split_off(told);
    let firsts: Vec<_> = changes.iter().filter(|change| change["customer_id"] == "c5").collect();
    assert_eq!(firsts.len(), 3, "{firsts:?}");
    assert!(firsts.iter().all(|change| change["seq"] == 1 && change["actionable"] == false), "{firsts:?}");
    check_sequences(&bench);
}

/// It says so, and goes on rolling; whoever takes the task runs only after taking over.
#[test]
fn a_standby_that_decides_otherwise_leaves_the_takeover_to_the_worker() {
    let mut bench = decided_in("America/New_York", "2026-03-22T01:00:00Z");
    let told = bench.changes().len();
    lose(&bench);
    bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
    bench.config.store_pool =
        crate::worker::store_pool::StorePool::new(Duration::from_secs(600), crate::time::Monotonic::Real);
    let mut past = bench.broker.attach("standby");
    crate::log::Group::leave(&mut past).unwrap();
    let mut standbys = Standbys::new(Arc::new(bench.config.clone()), past, bench.status.clone(), [P0]);
    while standbys.cycle().unwrap() {}
    let status = bench.status.snapshot();
    assert_eq!(status.tasks[&0].epoch, bench.journal().len() as u64, "{status:?}");
    let mut worker = bench.worker("b");
    while bench.status.snapshot().tasks[&0].phase != Phase::Running {
        standbys.cycle().unwrap();
        worker.cycle().unwrap();
    }
    bench.settle(&mut worker);
    assert_eq!(bench.changes().len(), told + 8);
    check_sequences(&bench);
}

/// The other release had begun to take customers over to another segmentation.
#[test]
fn what_was_told_by_another_segmentation_amid_a_migration_is_taken_over() {
    for (zone, until) in ZONES {
        let mut bench = decided_in(zone, until);
        bench.decides_as(OLD, &second(), zone);
        bench.config.commit.resegmented_max = 3;
        let mut worker = bench.worker("a");
        while bench.journal().last().unwrap().resegmented_to.is_none() {
            worker.cycle().unwrap();
        }
        bench.event("c7", at(until).plus_ms(500), "p7", received(1_000, "p7"));
        bench.broker.set_time(at(until).plus_ms(1_000));
        worker.cycle().unwrap();
        assert!(!bench.journal().last().unwrap().former.is_empty());
        drop(worker);
        lose(&bench);
        bench.decides_as(NEW, &second(), "Europe/Rome");
        let mut worker = bench.worker("b");
        bench.settle(&mut worker);
        running(&bench);
        check_sequences(&bench);
        assert_eq!(bench.journal().last().unwrap().former, Vec::<String>::new());
        let version = |state: &State| state.decision.segmentation.map_or(0, NonZeroU32::get);
        let versions: Vec<u32> = states(&bench).values().map(version).collect();
        assert!(versions.iter().all(|version| [0, 2].contains(version)), "{versions:?}");
        drop(worker);
        check_told(&bench);
    }
}

#[test]
fn profiles_that_were_compacted_away_explain_a_difference_and_other_inputs_do_not() {
    let mut bench = Bench::new();
    bench.decides_as(NEW, &with_region(), "Europe/Rome");
    let region =
        |region: &str| Body::Updated { attributes: [("region".to_owned(), Attribute::Text(region.to_owned()))].into() };
    let mut worker = bench.worker("a");
    bench.event("c", at("2026-03-01T10:00:00Z"), "e", issued("2026-02-20"));
    for (number, name) in ["north", "south", "north"].into_iter().enumerate() {
        let instant = at("2026-03-01T10:00:01Z").plus_ms(1_000 * number as i64);
        bench.event("c", instant, &format!("u{number}"), region(name));
        bench.broker.set_time(instant.plus_ms(100));
        bench.settle(&mut worker);
    }
    drop(worker);
    lose(&bench);
    let broker = bench.broker.clone();
    // Without the last record of an input, but for the offset that it had.
    let without = |family: Family| {
        let copy = LocalBroker::new(1);
        for of in Family::ALL {
            let end = broker.latest(P0, of) - u64::from(of == family);
            for Record { timestamp, key, value, headers, .. } in broker.records(P0, of, 0, end) {
                copy.append(P0, of, NewRecord { timestamp, key, value, headers });
            }
        }
        copy.set_time(broker.time());
        let sinks = [(Sink::Segmentations, TEXTS), (Sink::Journal, P0), (Sink::Changes, P0), (Sink::Segments, P0)];
        sinks.into_iter().for_each(|(sink, task)| copy.commit(broker.outputs(sink, task, 0)));
        copy
    };
    bench.broker = without(Family::Profiles);
    let mut worker = bench.worker("b");
    bench.settle(&mut worker);
    running(&bench);
    check_sequences(&bench);
    drop(worker);
    check_told(&bench);

    lose(&bench);
    bench.broker = without(Family::Invoices);
    let mut worker = bench.worker("c");
    bench.settle(&mut worker);
    assert!(stopped(&bench).contains("decided again gives"), "{}", stopped(&bench));
}

/// The bench's rules, and a dimension that a profile alone decides.
fn with_region() -> String {
    let dimension = "  - name: region\n    segments:\n      - {name: north, when: profile.region == \"north\"}\n    \
                     otherwise: elsewhere\n  - name: reached";
    let rules = SEGMENTATION.replace("  - name: reached", dimension);
    rules.replace("dimensions:", "attributes: {region: string}\ndimensions:")
}

/// A form with a field more than form 1 has.
fn wider(core: &Core, bytes: Vec<u8>) -> Vec<u8> {
    [(FIRST.append)(core, bytes), vec![1]].concat()
}

static WIDER: Form = Form { number: 2, append: wider };
static BOTH: [Form; 2] = [FIRST, Form { number: 2, append: wider }];

#[test]
fn epochs_of_two_digest_forms_are_decided_again_and_an_unknown_form_is_taken_over() {
    let mut bench = decided_in("Europe/Rome", "2026-03-06T10:00:00Z");
    let former = bench.config.release.clone();
    bench.config.release = Release { digest_form: &WIDER, known_forms: &BOTH, ..former.clone() };
    let mut worker = bench.worker("a");
    bench.broker.set_time(at("2026-03-22T10:00:00Z"));
    bench.settle(&mut worker);
    drop(worker);
    let forms: Vec<u32> = bench.journal().iter().map(|record| record.digest_form).collect();
    assert!(forms.is_sorted() && forms.first() == Some(&1) && forms.last() == Some(&2), "{forms:?}");
    let decided = |record: &segflow_core::journal::JournalRecord| record.digest_form == 2 && record.counts.changes > 0;
    assert!(bench.journal().iter().any(decided));
    let (told, before) = (bench.changes(), states(&bench));

    // The same engine on both sides: a form that is known must give the same digest, or the task would stop.
    for release in [bench.config.release.clone(), former] {
        lose(&bench);
        bench.config.release = release;
        let mut worker = bench.worker("b");
        assert_eq!(bench.settle(&mut worker), 0);
        running(&bench);
        drop(worker);
        assert_eq!(states(&bench), before);
        assert_eq!(bench.changes(), told);
    }
}

/// Rules that remember: since when a segment has held, and when one was entered.
const REMEMBERING: &str = r#"
name: bench
version: 1
currency: EUR
timezone: Europe/Rome
dimensions:
  - name: stage
    segments:
      - {name: mid, when: overdue.days >= 10, for: 48h}
      - {name: early, when: overdue.days >= 1, keep: 2d, bypass: balance == 0.00}
    otherwise: current
  - name: silent
    segments:
      - {name: "yes", when: payments.sum("5d") == 0.00 && overdue.days >= 3, for: 1d}
    otherwise: "no"
"#;

/// The next of some numbers that look random, below a bound.
fn next_below(seed: &mut u64, bound: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % bound
}

/// Two processes of either release take turns, for as long as they like. A disk is lost now and then.
#[test]
fn a_task_that_moves_between_releases_and_disks_never_stops_and_tells_everything_once() {
    for start in 0..12_u64 {
        let (mut seed, mut bench) = (start, Bench::new());
        let root = bench.config.state_dir.clone();
        bench.config.commit.resegmented_max = 3;
        let mut now = at("2026-03-01T10:00:00Z");
        for number in 0..8 {
            let due = format!("2026-03-{:02}", 1 + number % 4);
            bench.event(&format!("c{number}"), now, &format!("e{number}"), issued(&due));
        }
        for turn in 0..24 {
            let process = next_below(&mut seed, 4);
            bench.config.state_dir = root.join(format!("process-{process}"));
            let (engine, zone) = [(OLD, "Asia/Tokyo"), (NEW, "Europe/Rome")][process as usize % 2];
            bench.decides_as(engine, REMEMBERING, zone);
            if next_below(&mut seed, 3) == 0 && bench.config.task_dir(P0).exists() {
                lose(&bench);
            }
            now = now.plus_ms(3_600_000 * (1 + next_below(&mut seed, 30) as i64));
            if next_below(&mut seed, 2) == 0 {
                let customer = format!("c{}", next_below(&mut seed, 8));
                let amount = if next_below(&mut seed, 3) == 0 { 10_000 } else { 100 };
                bench.event(&customer, now, &format!("p{turn}"), received(amount, &format!("p{turn}")));
            }
            bench.broker.set_time(now.plus_ms(1_000));
            let mut worker = bench.worker("w");
            let cycles = if next_below(&mut seed, 2) == 0 { 1_000 } else { 3 + next_below(&mut seed, 9) };
            for _ in 0..cycles {
                if !worker.cycle().unwrap().busy {
                    break;
                }
            }
            let phase = bench.status.snapshot().tasks[&0].phase.clone();
            assert!(!matches!(phase, Phase::Stopped { .. }), "{start}, turn {turn}, process {process}: {phase:?}");
            check_sequences(&bench);
        }
        bench.decides_as(NEW, REMEMBERING, "Europe/Rome");
        let mut worker = bench.worker("w");
        bench.settle(&mut worker);
        running(&bench);
        check_sequences(&bench);
        drop(worker);
        check_told(&bench);
    }
}
