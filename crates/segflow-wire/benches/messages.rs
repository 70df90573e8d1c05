//! What one message costs: an event read from JSON and from Avro, and a change written as each.
//!
//! `cargo bench --profile release -p segflow-wire --bench messages`

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use segflow_core::event::{Event, Family};
use segflow_core::money::Currency;
use segflow_core::time::Timestamp;
use segflow_wire::{Encoding, Headers, Intake, Partitioner, RawRecord, accept, change, envelope, event};

const ENCODINGS: [Encoding; 2] = [Encoding::Json, Encoding::Avro];

/// The last line of a file of a case: the richest, since a customer's history grows.
fn last_line(file: &str) -> String {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/consumer-collections");
    let lines = fs::read_to_string(case.join(file)).expect("a file of a case");
    lines.lines().last().expect("a case is not empty").to_owned()
}

fn read(value: &[u8], encoding: Encoding) -> Event {
    let line = envelope::parse(last_line("events.ndjson").as_bytes()).expect("an event of a case");
    let family = Family::ALL.into_iter().find(|family| family.default_topic() == line.topic).expect("an input");
    let intake = Intake::uniform(encoding, Partitioner::Murmur2, 1, currency());
    accept(&record(family, &line, value, &Headers::new()), &intake, Timestamp::LATEST).expect("it can be used")
}

fn record<'a>(family: Family, line: &'a envelope::Line, value: &'a [u8], headers: &'a Headers) -> RawRecord<'a> {
    let key = line.key.as_deref();
    let (topic, timestamp) = (line.topic.as_str(), line.timestamp);
    RawRecord { family, topic, partition: 0, offset: 0, timestamp, key, value: Some(value), headers }
}

fn currency() -> Currency {
    Currency::new("GBP").expect("a currency")
}

fn messages(criterion: &mut Criterion) {
    let line = envelope::parse(last_line("events.ndjson").as_bytes()).expect("an event of a case");
    let json = line.value.clone().expect("no erasure");
    let known = read(&json, Encoding::Json);
    let written = change::decode(last_line("changes.ndjson").as_bytes(), Encoding::Json).expect("a change of a case");
    let headers = Headers::new();
    for encoding in ENCODINGS {
        let value = event::encode(&known, &currency(), encoding).expect("no erasure");
        let intake = Intake::uniform(encoding, Partitioner::Murmur2, 1, currency());
        let record = record(known.body.family(), &line, &value, &headers);
        let mut group = criterion.benchmark_group(encoding.name());
        group.bench_function("read an event", |bencher| {
            bencher.iter(|| accept(black_box(&record), &intake, Timestamp::LATEST));
        });
        group
            .bench_function("write a change", |bencher| bencher.iter(|| change::encode(black_box(&written), encoding)));
        group.finish();
    }
}

criterion_group!(benches, messages);
criterion_main!(benches);
