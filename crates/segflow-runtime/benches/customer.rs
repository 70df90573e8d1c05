//! The cost of one customer: `fold` of an event, `advance` over it, `advance` over one breakpoint of silence, and the
//! bytes of a state. `SEGFLOW_CUSTOMERS` (default 500) of the simulated portfolio live through `SEGFLOW_DAYS` (default
//! 730); then the one with the state of median size stands for all.
//!
//! `cargo bench --profile release -p segflow-runtime --bench customer`

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use segflow_core::advance::advance;
use segflow_core::customer::{Customer, fold};
use segflow_core::event::{Body, Channel, CustomerId, Direction, Event, Outcome};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_portfolio::{Portfolio, PortfolioSettings};
use segflow_runtime::task::state_format;

const FILES: [&str; 2] = ["demo", "consumer-collections"];

fn scale(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a whole number"))
}

fn segmentation(name: &str) -> Segmentation {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../deploy/segmentations/{name}.yaml"));
    let text = std::fs::read_to_string(&file).expect("a shipped segmentation");
    Segmentation::load(name, text).expect("it loads").segmentation
}

/// Every customer after the last event, and when that was.
fn portfolio(segmentation: &Segmentation) -> (BTreeMap<CustomerId, Customer>, Timestamp) {
    let mut states: BTreeMap<CustomerId, Customer> = BTreeMap::new();
    let mut now = Timestamp::BEGINNING;
    let (customers, days) = (scale("SEGFLOW_CUSTOMERS", 500), scale("SEGFLOW_DAYS", 730));
    for event in Portfolio::new(PortfolioSettings { customers, days, ..PortfolioSettings::default() }).events() {
        let customer = event.customer_id.clone();
        now = event.recorded_at;
        let state = states.entry(customer.clone()).or_default();
        fold(state, event, 0, Timestamp::BEGINNING, segmentation);
        advance(state, &customer, segmentation, now.plus_ms(1));
    }
    (states, now)
}

fn sizes(name: &str, states: &BTreeMap<CustomerId, Customer>) -> CustomerId {
    let mut sizes: Vec<(usize, &CustomerId)> =
        states.iter().map(|(customer, state)| (state_format::encode(state.state()).len(), customer)).collect();
    sizes.sort_unstable();
    let at = |share: usize| sizes[(sizes.len() - 1) * share / 100];
    let facts: usize = states.values().map(|state| state.state().facts.len()).sum();
    println!(
        "{name}: state of a customer: median {} bytes, p99 {}, largest {}; {} facts on average, {} customers",
        at(50).0,
        at(99).0,
        at(100).0,
        facts / states.len(),
        states.len()
    );
    at(50).1.clone()
}

fn contact(customer: &CustomerId, at: Timestamp) -> Event {
    let body = Body::Contact {
        contact_id: "benchmark".to_owned(),
        direction: Direction::Outbound,
        channel: Channel::Sms,
        outcome: Outcome::Delivered,
        machine: false,
    };
    Event { event_id: "benchmark".to_owned(), customer_id: customer.clone(), occurred_at: at, recorded_at: at, body }
}

fn customer(criterion: &mut Criterion) {
    for name in FILES {
        let segmentation = segmentation(name);
        let (states, now) = portfolio(&segmentation);
        let customer = sizes(name, &states);
        let mut state = states[&customer].clone();
        advance(&mut state, &customer, &segmentation, now);
        let event = contact(&customer, now);
        let mut told = state.clone();
        fold(&mut told, event.clone(), 0, now, &segmentation);
        let mut group = criterion.benchmark_group(name);
        group.bench_function("fold one event", |bencher| {
            let folded = |(mut state, event): (Customer, Event)| {
                fold(&mut state, event, 0, now, &segmentation);
                state
            };
            bencher.iter_batched(|| (state.clone(), event.clone()), folded, BatchSize::SmallInput);
        });
        group.bench_function("advance over one fact", |bencher| {
            let advanced = |mut state: Customer| {
                black_box(advance(&mut state, &customer, &segmentation, now.plus_ms(1)));
                state
            };
            bencher.iter_batched(|| told.clone(), advanced, BatchSize::SmallInput);
        });
        let silence = state.state().wake().silence;
        group.bench_function("advance over one breakpoint of silence", |bencher| {
            let advanced = |mut state: Customer| {
                black_box(advance(&mut state, &customer, &segmentation, silence.plus_ms(1)));
                state
            };
            bencher.iter_batched(|| state.clone(), advanced, BatchSize::SmallInput);
        });
        group.finish();
    }
}

criterion_group!(benches, customer);
criterion_main!(benches);
