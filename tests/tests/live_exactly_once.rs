//! I4 and I6 on a real broker: three processes write the changes that `fold` decides, although they are killed at any
//! time.
//!
//! The scale is small enough for every run; `SEGFLOW_EVENTS`, `SEGFLOW_CUSTOMERS` and `SEGFLOW_KILLS` make it larger.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Changes, Service, run};

const PARTITIONS: u32 = 12;
const RECORD_TIME: &str = "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\n";

fn scale(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a whole number"))
}

fn segmentation() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml")
}

/// Writes the portfolio to a file and the same onto Kafka; returns the number of events and what `fold` decides.
fn portfolio(service: &Service<'_>) -> (u64, Changes) {
    let (events, customers) = (scale("SEGFLOW_EVENTS", 20_000), scale("SEGFLOW_CUSTOMERS", 1_000));
    let file = service.dir().join("events.ndjson");
    let what = ["generate".to_owned(), format!("--customers={customers}"), format!("--events={events}")];
    run(segflow().args(&what).arg("--out").arg(&file));
    run(segflow().args(&what).arg("--config").arg(service.config(0)));
    let partitions = format!("--partitions={PARTITIONS}");
    let changes = run(segflow().arg("fold").arg("--segmentation").arg(segmentation()).arg(partitions).arg(file));
    (events, Changes::read(&changes))
}

fn check(service: &mut Service<'_>, events: u64, expected: &Changes) {
    let journal = service.wait_until_finished(events);
    service.stop();
    let counts = |count: fn(&segflow_core::journal::Counts) -> u64| {
        journal.values().flatten().map(|epoch| count(&epoch.counts)).sum::<u64>()
    };
    assert_eq!(counts(|counts| counts.late), 0, "late facts");
    assert_eq!(counts(|counts| counts.folded + counts.duplicates + counts.dead_letters), events, "I7");
    assert_eq!(counts(|counts| counts.changes), expected.0.len() as u64);
    service.changes().assert_same(expected);
}

#[test]
fn three_processes_write_the_changes_of_fold() {
    let mut service = Service::new(Broker::shared(), "calm", PARTITIONS, &segmentation(), RECORD_TIME);
    let (events, expected) = portfolio(&service);
    (0..3).for_each(|instance| service.start(instance));
    check(&mut service, events, &expected);
}

#[test]
fn kills_and_broker_crashes_change_nothing() {
    let broker = Broker::start();
    let settings = format!("{RECORD_TIME}commit.max_records = 20\nkafka.session_timeout = \"6s\"\n");
    let mut service = Service::new(&broker, "killed", PARTITIONS, &segmentation(), &settings);
    let (events, expected) = portfolio(&service);
    (0..3).for_each(|instance| service.start(instance));
    let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(20);
    let kills = scale("SEGFLOW_KILLS", 6);
    for kill in 0..kills {
        let recovered = service.log(0).matches(RECOVERED).count();
        service.wait_until("a task is recovered", |service| {
            kill == 0 || service.log(0).matches(RECOVERED).count() > recovered
        });
        std::thread::sleep(Duration::from_millis(chance.random_range(0..1_500)));
        service.kill(0);
        service.start(0);
        if kill == kills / 3 || kill == 2 * kills / 3 {
            service.crash_broker();
        }
    }
    let started = Instant::now();
    check(&mut service, events, &expected);
    let log = service.log(0);
    let forwarded: u64 = log.lines().filter(|line| line.contains(RECOVERED)).map(rolled_forward).sum();
    let elapsed = started.elapsed();
    println!("{} deaths by the client library itself", service.crashes);
    println!("{kills} kills, {forwarded} epochs rolled forward in all, finished {elapsed:?} after the last kill");
    assert_nothing_rebuilt(&log);
}

/// A task that this instance has had before is found on its disk, and at most rolled forward.
fn assert_nothing_rebuilt(log: &str) {
    let mut had = std::collections::BTreeSet::new();
    for line in log.lines().filter(|line| line.contains(RECOVERED)) {
        let field =
            |name: &str| line.split_whitespace().find(|word| word.starts_with(name)).expect("a field").to_owned();
        let rebuilt = line.contains("rebuilt");
        assert!(!(rebuilt && had.contains(&field("task="))), "a restart rebuilds a store: {line}\n{log}");
        if field("epoch=") != "epoch=0" {
            had.insert(field("task="));
        }
    }
}

/// The log's message about a task that is ready, with the number of epochs that were rolled forward.
const RECOVERED: &str = "task recovered";

fn rolled_forward(line: &str) -> u64 {
    let said = line.split_whitespace().find_map(|word| word.strip_prefix("rolled_forward="));
    said.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("the log says how many: {line}"))
}
