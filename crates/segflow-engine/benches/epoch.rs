//! What an epoch costs: the first 1,000 and the first 10,000 events of the simulated portfolio, accepted and decided in
//! one epoch, with the states in memory.
//!
//! `cargo bench --profile release -p segflow-engine --bench epoch`

use std::path::Path;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use segflow_core::money::Currency;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_engine::intake::Accepted;
use segflow_engine::replay::Partition;
use segflow_engine::rules::Rules;
use segflow_engine::states::Memory;
use segflow_portfolio::{CURRENCY, Portfolio, PortfolioSettings};
use segflow_wire::{Encoding, Headers, Intake, Partitioner, RawRecord, event};

const EVENTS: [usize; 2] = [1_000, 10_000];

fn rules() -> Rules {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/segmentations/demo.yaml");
    let text = std::fs::read_to_string(file).expect("a shipped segmentation");
    Rules::new(Arc::new(Segmentation::load("demo", text).expect("it loads").segmentation))
}

/// The first events of 500 customers, as one batch of records that were accepted.
fn accepted(events: usize) -> Accepted {
    let currency = Currency::new(CURRENCY).expect("the portfolio's currency is one");
    let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, currency.clone());
    let settings = PortfolioSettings { customers: 500, days: 365, ..PortfolioSettings::default() };
    let headers = Headers::new();
    let mut accepted = Accepted::default();
    for (offset, event) in (0..).zip(Portfolio::new(settings).events().take(events)) {
        let (family, value) = (event.body.family(), event::encode(&event, &currency, Encoding::Json));
        let record = RawRecord {
            family,
            topic: &family.default_topic(),
            partition: 0,
            offset,
            timestamp: event.recorded_at,
            key: Some(event.customer_id.as_str().as_bytes()),
            value: value.as_deref(),
            headers: &headers,
        };
        accepted.take(&record, &intake, Timestamp::LATEST).expect("an event of the portfolio can be used");
    }
    accepted
}

fn epoch(criterion: &mut Criterion) {
    let rules = rules();
    let mut group = criterion.benchmark_group("epoch");
    for events in EVENTS {
        let accepted = accepted(events);
        group.throughput(Throughput::Elements(events as u64));
        group.bench_function(format!("{events} events"), |bencher| {
            let decided = |accepted: Accepted| {
                let mut partition = Partition::<Memory>::default();
                let Ok(step) = partition.record(&rules, accepted);
                (partition.digest, step.changes)
            };
            bencher.iter_batched(|| accepted.clone(), decided, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, epoch);
criterion_main!(benches);
