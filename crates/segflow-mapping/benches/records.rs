//! What one record costs: a plain event through the intake, and the samples of the shipped mappings through theirs, mapped
//! alone and mapped and accepted.
//!
//! `cargo bench --profile release -p segflow-mapping --bench records`

#![allow(clippy::disallowed_methods, reason = "samples are files")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use segflow_core::money::Currency;
use segflow_core::time::Timestamp;
use segflow_mapping::{ForeignRecord, Mapping};
use segflow_wire::envelope::{self, Line};
use segflow_wire::{Encoding, Intake, Partitioner, accept};

/// A mapping, its currency, and the line of its samples that is measured.
const MEASURED: [(&str, &str, usize); 5] = [
    ("debezium-loans", "GBP", 0),
    ("stripe", "GBP", 5),
    ("gocardless", "GBP", 2),
    ("camt054", "EUR", 0),
    ("erp-invoices", "EUR", 0),
];

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn line(name: &str, place: usize) -> Line {
    let file = root().join("tests/mappings").join(name).join("records.ndjson");
    let records = fs::read_to_string(file).expect("samples");
    envelope::parse(records.lines().nth(place).expect("a sample").as_bytes()).expect("a record")
}

fn record(line: &Line) -> ForeignRecord<'_> {
    let (partition, offset) = (0, line.offset.unwrap_or_default());
    let (topic, key, value) = (line.topic.as_str(), line.key.as_deref(), line.value.as_deref());
    ForeignRecord { topic, partition, offset, timestamp: line.timestamp, key, value, headers: &line.headers }
}

fn records(criterion: &mut Criterion) {
    for (name, currency, place) in MEASURED {
        let text = fs::read(root().join(format!("deploy/mappings/{name}.yaml"))).expect("a shipped mapping");
        let mapping = Mapping::load(name, text).unwrap_or_else(|error| panic!("{error}"));
        let currency = Currency::new(currency).expect("a currency");
        let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 12, currency);
        let line = line(name, place);
        let record = record(&line);
        let mapped = mapping.map(&record).unwrap_or_else(|rejection| panic!("{rejection}"));
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(line.value.as_ref().map_or(0, Vec::len) as u64));
        group.bench_function("its events, read plainly", |bencher| {
            bencher.iter(|| {
                let events = black_box(&mapped.events).iter();
                events.map(|event| accept(&event.raw(&record, &intake), &intake, Timestamp::LATEST)).for_each(drop);
            });
        });
        group.bench_function("mapped", |bencher| bencher.iter(|| mapping.map(black_box(&record))));
        group.bench_function("mapped and accepted", |bencher| {
            bencher.iter(|| mapping.accept(black_box(&record), &intake, Timestamp::LATEST));
        });
        group.finish();
    }
}

criterion_group!(benches, records);
criterion_main!(benches);
