//! The independent checker finds nothing wrong with what Segflow writes, and finds each wrong that is done to it.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use segflow_tests::broker::{Broker, Record};
use segflow_tests::chaos::Load;
use segflow_tests::checker::{Checker, Fault, Position, SEGMENTATION, Verdict};
use segflow_tests::service::Service;
use serde_json::Value;

const PARTITIONS: usize = 4;
const ZONE: &str = "Pacific/Kiritimati";
const FAMILIES: [&str; 4] = ["invoices", "payments", "contacts", "promises"];

/// Everything that was written in a short run.
struct Topics {
    inputs: Vec<Vec<Record>>,
    journal: Vec<Record>,
    changes: Vec<Record>,
}

fn short_run() -> Topics {
    let broker = Broker::shared();
    let dir = tempfile::tempdir().unwrap();
    let segmentation = dir.path().join("chaos.yaml");
    std::fs::write(&segmentation, SEGMENTATION.replace("timezone: ZONE", &format!("timezone: {ZONE}"))).unwrap();
    let partitions = u32::try_from(PARTITIONS).unwrap();
    let mut service = Service::new(broker, "checked", partitions, &segmentation, "");
    service.start(0);
    let (bootstrap, prefix, zone) = (broker.bootstrap().to_owned(), "checked".to_owned(), ZONE.to_owned());
    let mut load = Load { bootstrap, prefix, customers: 200, generation: 0, zone }.sender();
    load.begin(Duration::from_secs(60));
    load.flow(400, |delivered| delivered.count() >= 4_000);
    let sent = load.delivered().count();
    let started = Instant::now();
    let read = |service: &Service<'_>| -> u64 { service.journal().values().flatten().map(|it| it.counts.read).sum() };
    while read(&service) < sent {
        assert!(started.elapsed() < Duration::from_secs(120), "{} of {sent} read\n{}", read(&service), service.log(0));
        service.supervise();
        std::thread::sleep(Duration::from_millis(200));
    }
    service.stop();
    let topic = |name: &str| broker.read_committed(&service.topic(name));
    Topics { inputs: FAMILIES.map(topic).into(), journal: topic("journal"), changes: topic("changes") }
}

/// The verdict on these changes.
fn verdict(topics: &Topics, changes: &[Record]) -> Verdict {
    let mut checker = Checker::new(ZONE, PARTITIONS);
    let partition = |record: &Record| usize::try_from(record.partition).unwrap();
    for record in changes {
        checker.change(partition(record), record.offset.unwrap(), record.key.as_deref(), record.value.as_deref());
    }
    for (family, records) in topics.inputs.iter().enumerate() {
        for record in records {
            let (offset, timestamp) = (record.offset.unwrap(), record.timestamp_ms.unwrap());
            checker.input(
                family,
                Position { partition: partition(record), offset, timestamp },
                record.value.as_deref(),
            );
        }
    }
    for record in &topics.journal {
        checker.journal(partition(record), record.value.as_deref().unwrap());
    }
    checker.finish()
}

fn value(record: &Record) -> Value {
    serde_json::from_slice(record.value.as_deref().unwrap()).unwrap()
}

/// The place in `changes` of a change that has one of its customer and dimension before it and one after it.
fn between(changes: &[Record]) -> Vec<usize> {
    let mut lanes: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (place, record) in changes.iter().enumerate() {
        let value = value(record);
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        lanes.entry((text("customer_id"), text("dimension"))).or_default().push(place);
    }
    lanes.into_values().find(|lane| lane.len() >= 4).expect("a customer who has moved four times")
}

fn altered(record: &Record, change: impl FnOnce(&mut Value)) -> Record {
    let mut value = value(record);
    change(&mut value);
    Record { value: Some(value.to_string().into_bytes()), ..record.clone() }
}

#[test]
fn the_checker_finds_no_fault_in_sound_output_and_every_fault_put_into_it() {
    let topics = short_run();
    let sound = verdict(&topics, &topics.changes);
    println!("{sound}");
    assert!(sound.is_sound(), "{sound}");
    assert_eq!((sound.matched, sound.undecidable), (topics.changes.len() as u64, 0));
    assert!(sound.matched > 1_000 && sound.late > 0 && sound.timed > 0, "{sound}");

    let lane = between(&topics.changes);
    let (second, last) = (lane[1], *lane.last().unwrap());
    let expect = |what: &str, fault: Fault, tamper: &dyn Fn(&mut Vec<Record>)| {
        let mut changes = topics.changes.clone();
        tamper(&mut changes);
        let verdict = verdict(&topics, &changes);
        assert!(verdict.count(fault) > 0, "{what}: expected {fault:?}, found {verdict}");
    };
    expect("one left out", Fault::Lost, &|changes| drop(changes.remove(second)));
    expect("one left out", Fault::Gap, &|changes| drop(changes.remove(second)));
    expect("the last one left out", Fault::Lost, &|changes| drop(changes.remove(last)));
    expect("one doubled", Fault::Repeated, &|changes| changes.insert(last, changes[second].clone()));
    expect("two swapped", Fault::OutOfOrder, &|changes| changes.swap(second, lane[2]));
    expect("a seq said again under another id", Fault::Repeated, &|changes| {
        let again = altered(&changes[second], |change| change["change_id"] = "another".into());
        changes.insert(last, again);
    });
    type Alter = fn(&mut Value);
    let alter: [(&str, Alter); 6] = [
        ("to", |change| change["to"] = "elsewhere".into()),
        ("from", |change| change["from"] = "elsewhere".into()),
        ("effective_at", |change| change["effective_at"] = "2026-01-01T00:00:00.000Z".into()),
        ("event_id", |change| {
            change["event_id"] = "another".into();
            change["cause"] = "FACT".into();
        }),
        ("balance_minor", |change| change["balance_minor"] = (change["balance_minor"].as_i64().unwrap() + 1).into()),
        ("entered_previous_at", |change| change["entered_previous_at"] = "2026-01-01T00:00:00.000Z".into()),
    ];
    for (field, alter) in alter {
        expect(field, Fault::Altered, &|changes| changes[second] = altered(&changes[second], alter));
    }
    expect("one on another partition", Fault::Misplaced, &|changes| {
        changes[second].partition = (changes[second].partition + 1) % i32::try_from(PARTITIONS).unwrap();
    });
    expect("one under another key", Fault::Misplaced, &|changes| changes[second].key = Some(b"C".to_vec()));
    expect("one more", Fault::Invented, &|changes| {
        let more = altered(&changes[last], |change| {
            change["seq"] = (change["seq"].as_u64().unwrap() + 1).into();
            change["change_id"] = "one more".into();
        });
        changes.push(more);
    });

    let mut fewer = Topics { journal: topics.journal.clone(), inputs: topics.inputs.clone(), changes: Vec::new() };
    fewer.journal.remove(topics.journal.len() / 2);
    assert!(verdict(&fewer, &topics.changes).count(Fault::Journal) > 0, "an epoch left out");
    fewer.journal.clone_from(&topics.journal);
    fewer.inputs[1].remove(topics.inputs[1].len() / 2);
    assert!(!verdict(&fewer, &topics.changes).is_sound(), "a payment left out");
}
