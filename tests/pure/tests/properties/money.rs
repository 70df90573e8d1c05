//! Invariants of money, over random histories: nothing is lost, credit protects, and what is undone never was.
//!
//! They hold of the facts that have happened at an instant, whatever was decided from them.

use proptest::prelude::*;
use proptest::sample::Index;
use segflow_core::event::{Body, Event, Family};
use segflow_core::fact::Fact;
use segflow_core::feature::reading::Moment;
use segflow_core::feature::view::View;
use segflow_core::in_effect::InEffect;
use segflow_core::rule::eval::Evaluation;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_pure_tests::arbitrary::Case;
use segflow_pure_tests::naive::{Value, World};

use crate::until::read;
use crate::{customer, folded};

/// Every feature of money, of its history, and of promises.
const FEATURES: [&str; 38] = [
    "balance",
    "credit",
    "disputed.amount",
    "written_off.amount",
    "invoices.open",
    "overdue.amount",
    "overdue.amount(\"LOAN\")",
    "overdue.amount_aged(31)",
    "overdue.days",
    "overdue.invoices",
    "held.amount",
    "next_due.days",
    "next_due.amount",
    "invoices.count(\"90d\")",
    "invoices.sum(\"90d\")",
    "written_off.recovered(\"90d\")",
    "episodes(\"90d\")",
    "episode.days",
    "cured.days",
    "roll(\"30d\")",
    "self_cure_ratio(\"90d\")",
    "payments.count(\"90d\")",
    "payments.sum(\"90d\")",
    "payments.last_days",
    "payments.failed(\"90d\")",
    "payments.unmatched",
    "pay_ratio(\"90d\")",
    "days_late.median(6)",
    "pay_day.of_month",
    "dispute_ratio(\"90d\")",
    "silent.days",
    "promises.open",
    "promises.kept(\"90d\")",
    "promises.broken(\"90d\")",
    "plans.open",
    "plans.kept(\"90d\")",
    "plans.broken(\"90d\")",
    "plans.missed",
];
/// The places of the first feature of promises.
const PROMISES: usize = 31;

/// A segmentation that reads each of these features, in this order.
pub fn segmentation(allocate_to_disputed: &str) -> Segmentation {
    let known: Vec<String> = FEATURES.iter().map(|feature| format!("known({feature})")).collect();
    let text = format!(
        "name: money\nversion: 1\ncurrency: EUR\ntimezone: Europe/Rome\nparameters:\n  horizon: 3650d\n  \
         allocate_to_disputed: {allocate_to_disputed}\n  holidays: [2025-04-21]\ndimensions:\n  - name: d\n    \
         segments:\n      - name: s\n        when: '{}'\n    otherwise: o\n",
        known.join(" || ")
    );
    Segmentation::load("money.yaml", &text).expect("a valid file").segmentation
}

/// What has happened at an instant.
fn happened(facts: &[Fact], at: Timestamp) -> Vec<&Fact> {
    facts.iter().filter(|fact| fact.occurred_at <= at).collect()
}

/// The facts of some events, as a customer holds them.
pub fn facts(case: &Case, events: &[Event]) -> Vec<Fact> {
    folded(case, events).state().facts.iter().filter(|fact| fact.body != Body::Erased).cloned().collect()
}

/// The values of the features, in their order.
fn values(segmentation: &Segmentation, facts: &[Fact], at: Timestamp) -> Vec<Option<Value>> {
    let customer = customer();
    let in_effect = InEffect { facts: happened(facts, at), pruned_from: None };
    let view = View::new(&customer, in_effect, segmentation);
    let evaluation = Evaluation::new(segmentation, &view, Moment::new(at, &segmentation.zone));
    let today = segmentation.zone.date_of(at);
    (0..segmentation.features.len()).map(|slot| read(evaluation.feature(slot, &[]).value, today)).collect()
}

fn money(value: &Option<Value>) -> i64 {
    match value {
        Some(Value::Money(minor)) => *minor,
        other => panic!("expected money, found {other:?}"),
    }
}

/// An instant at which something happened, or some days after it.
pub fn instant(facts: &[Fact], which: Index, days: i32, segmentation: &Segmentation) -> Option<Timestamp> {
    let at = (!facts.is_empty()).then(|| which.get(facts).occurred_at)?;
    let zone = &segmentation.zone;
    Some(if days == 0 { at } else { zone.midnight(zone.date_of(at).plus_days(days)) })
}

/// What was received and credited lies on invoices or free, none has more than its amount, and credit protects.
pub fn check_sums(segmentation: &Segmentation, facts: &[Fact], at: Timestamp) -> Result<(), TestCaseError> {
    let customer = customer();
    let world = World::new(segmentation, &customer, happened(facts, at));
    let ledger = &world.ledger;
    let brought: i128 = ledger.money.iter().map(|money| money.amount).sum();
    let allocated: i128 = ledger.invoices.iter().map(|invoice| invoice.allocated()).sum();
    prop_assert_eq!(brought, allocated + ledger.credit());
    for invoice in &ledger.invoices {
        prop_assert!(invoice.allocated() <= invoice.amount(), "{:?}", invoice);
        let open = if invoice.written_off { 0 } else { invoice.amount() - invoice.allocated() };
        prop_assert_eq!(invoice.open(), open);
    }
    let values = values(segmentation, facts, at);
    let [balance, credit, disputed] = [0, 1, 2].map(|slot| money(&values[slot]));
    prop_assert_eq!(i128::from(balance), ledger.invoices.iter().map(|invoice| invoice.open()).sum::<i128>());
    prop_assert_eq!(i128::from(credit), ledger.credit());
    if credit > 0 {
        let spared = if segmentation.parameters.allocates_to_disputed { 0 } else { disputed };
        prop_assert_eq!((balance, money(&values[5])), (spared, 0), "credit {} at {}", credit, at);
    }
    Ok(())
}

/// A void leaves the features as if the invoice had never been issued, but for promises: they end when it is told.
pub fn check_void(segmentation: &Segmentation, facts: &[Fact], id: &str, at: Timestamp) -> Result<(), TestCaseError> {
    let is_of_it = |fact: &Fact| fact.family() == Family::Invoices && fact.body.subject() == Some(id);
    let never: Vec<Fact> = facts.iter().filter(|fact| !is_of_it(fact)).cloned().collect();
    let mut voided = facts.to_vec();
    voided.push(added("void", at, Body::Voided { invoice_id: id.to_owned() }));
    let later = at.plus_ms(86_400_000);
    let (with, without) = (values(segmentation, &voided, later), values(segmentation, &never, later));
    check_equal(segmentation, &with[..PROMISES], &without[..PROMISES])
}

/// What is taken back and comes again leaves everything as if neither had been; `reversed` and the like are not compared.
pub fn check_undone(
    segmentation: &Segmentation,
    facts: &[Fact],
    pair: [Body; 2],
    (then, at): (Timestamp, Timestamp),
) -> Result<(), TestCaseError> {
    let mut both = facts.to_vec();
    both.extend(["zz1", "zz2"].into_iter().zip(pair).map(|(event_id, body)| added(event_id, then, body)));
    both.sort_by(|a, b| (a.occurred_at, &a.event_id).cmp(&(b.occurred_at, &b.event_id)));
    check_equal(segmentation, &values(segmentation, &both, at), &values(segmentation, facts, at))
}

/// No plan is two of open, broken and kept.
pub fn check_plans(segmentation: &Segmentation, facts: &[Fact], at: Timestamp) -> Result<(), TestCaseError> {
    let plan = |fact: &&Fact| match &fact.body {
        Body::Made { plan_id, .. } => plan_id.clone(),
        _ => None,
    };
    let plans: std::collections::BTreeSet<String> = happened(facts, at).iter().filter_map(plan).collect();
    let values = values(segmentation, facts, at);
    let told: i64 =
        [34, 35, 36].into_iter().map(|slot| if let Some(Value::Int(count)) = values[slot] { count } else { 0 }).sum();
    prop_assert!(told <= plans.len() as i64, "{} of {:?}", told, plans);
    Ok(())
}

fn added(event_id: &str, at: Timestamp, body: Body) -> Fact {
    Fact { occurred_at: at, recorded_at: at, event_id: event_id.to_owned(), body }
}

fn check_equal(
    segmentation: &Segmentation,
    one: &[Option<Value>],
    other: &[Option<Value>],
) -> Result<(), TestCaseError> {
    for ((one, other), slot) in one.iter().zip(other).zip(&segmentation.features) {
        prop_assert_eq!(one, other, "{}", slot.text);
    }
    Ok(())
}
