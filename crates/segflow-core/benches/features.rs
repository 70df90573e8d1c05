//! What it costs to read every feature of a segmentation, and to evaluate every rule of it, for one customer of two years.
//!
//! `cargo bench --profile release -p segflow-core --bench features`

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use segflow_core::event::{Body, Channel, CustomerId, Direction, Named, Outcome};
use segflow_core::fact::Fact;
use segflow_core::feature::reading::Moment;
use segflow_core::feature::view::View;
use segflow_core::in_effect::InEffect;
use segflow_core::rule::Rule;
use segflow_core::rule::eval::Evaluation;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Span, Timestamp, Zone};

const FILE: &str = include_str!("../../../deploy/segmentations/consumer-collections.yaml");
const MONTHS: i32 = 24;

/// Each month an invoice, two contacts, a promise, and a payment of most of the invoice, ten days late.
fn facts(zone: &Zone, from: Timestamp) -> Vec<Fact> {
    let mut facts = Vec::new();
    for month in 0..MONTHS {
        let mut add = |day: i32, body: Body| {
            let at = zone.plus(from, Span::Days(30 * month + day));
            let event_id = format!("event-{month:02}-{day:02}");
            facts.push(Fact { occurred_at: at, recorded_at: at, event_id, body });
        };
        let due_date = zone.date_of(from).plus_days(30 * month + 14);
        let invoice_id = format!("invoice-{month:02}");
        let amount_minor = 12_000;
        add(
            0,
            Body::Issued { invoice_id: invoice_id.clone(), amount_minor, due_date, debt_type: None, discount: None },
        );
        for day in [16, 19] {
            let (direction, channel, outcome) = (Direction::Outbound, Channel::Sms, Outcome::Delivered);
            add(
                day,
                Body::Contact {
                    contact_id: format!("contact-{month}-{day}"),
                    direction,
                    channel,
                    outcome,
                    machine: false,
                },
            );
        }
        let due_date = due_date.plus_days(9);
        add(20, Body::Made { promise_id: format!("promise-{month:02}"), amount_minor, due_date, plan_id: None });
        let payment_id = format!("payment-{month:02}");
        add(
            24,
            Body::Received { payment_id, amount_minor: 11_500, names: vec![Named::whole(invoice_id)], method: None },
        );
    }
    facts
}

/// Reads every feature; counts those that may change without a fact.
fn read<'a>(segmentation: &'a Segmentation, view: &View<'a>, moment: Moment<'a>) -> usize {
    let evaluation = Evaluation::new(segmentation, view, moment);
    (0..segmentation.features.len()).filter(|slot| evaluation.feature(*slot, &[]).until < Timestamp::NEVER).count()
}

fn features(criterion: &mut Criterion) {
    let segmentation =
        Segmentation::load("consumer-collections.yaml", FILE).expect("a shipped segmentation").segmentation;
    let zone = &segmentation.zone;
    let from: Timestamp = "2024-06-01T10:00:00Z".parse().expect("an instant");
    let (customer, facts) = (CustomerId::new("C-1").expect("an id"), facts(zone, from));
    let in_effect = || InEffect { facts: facts.iter().collect(), pruned_from: None };
    let moment = Moment::new(zone.plus(from, Span::Days(30 * MONTHS)), zone);
    let segments = segmentation.dimensions.iter().flat_map(|dimension| &dimension.segments);
    let rules: Vec<&Rule> = segments.filter_map(|segment| segment.when.as_ref()).collect();
    let mut group = criterion.benchmark_group("one customer");
    group.bench_function("index the facts and read every feature", |bencher| {
        bencher.iter(|| read(&segmentation, black_box(&View::new(&customer, in_effect(), &segmentation)), moment));
    });
    let view = View::new(&customer, in_effect(), &segmentation);
    group.bench_function("read every feature, the facts being indexed", |bencher| {
        bencher.iter(|| read(&segmentation, black_box(&view), moment));
    });
    let evaluation = Evaluation::new(&segmentation, &view, moment);
    group.bench_function("evaluate every rule, the features being read", |bencher| {
        bencher.iter(|| rules.iter().filter(|rule| evaluation.eval(&rule.root, &[]).until > moment.at).count());
    });
    group.finish();
}

criterion_group!(benches, features);
criterion_main!(benches);
