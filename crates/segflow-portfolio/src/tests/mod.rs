//! The portfolio as its readers see it: its events.

mod agreement;
mod behaviours;
mod conduct;
mod demo;
mod kinds;
mod references;
mod shipped;

use std::collections::{BTreeMap, BTreeSet};

use expect_test::{Expect, expect};
use segflow_core::event::{Body, Event};
use segflow_core::time::Zone;
use sha2::{Digest, Sha256};

use crate::{Portfolio, PortfolioSettings, ZONE};

fn portfolio(customers: u32, days: u32) -> Portfolio {
    Portfolio::new(PortfolioSettings { customers, days, ..PortfolioSettings::default() })
}

fn check(actual: impl Into<String>, expected: Expect) {
    expected.assert_eq(&actual.into());
}

fn digest(events: impl Iterator<Item = Event>) -> String {
    let mut hash = Sha256::new();
    events.for_each(|event| hash.update(format!("{event:?}\n")));
    hex::encode(hash.finalize())
}

#[test]
fn same_seed_same_events_on_every_machine() {
    let first = digest(portfolio(500, 120).events().take(5_000));
    assert_eq!(first, digest(portfolio(500, 120).events().take(5_000)));
    check(first, expect!["02c4b0b6c4b42fe0d0a048a7576c584ab0f1cec9508ede6ea4b2de29a7418c12"]);
}

#[test]
fn another_seed_another_portfolio() {
    let settings = portfolio(500, 120).settings();
    let other = Portfolio::new(PortfolioSettings { seed: settings.seed + 1, ..settings });
    assert_ne!(digest(other.events()), digest(Portfolio::new(settings).events()));
}

#[test]
fn records_arrive_in_order_and_end_with_the_last_day() {
    let zone = Zone::named(ZONE).expect("a zone");
    let start = PortfolioSettings::default().start;
    let mut last = zone.midnight(start);
    for event in portfolio(500, 40).events() {
        assert!(event.recorded_at >= last, "{event:?} after {last}");
        assert!(event.recorded_at >= event.occurred_at, "{event:?}");
        last = event.recorded_at;
    }
    assert!(last >= zone.midnight(start.plus_days(39)) && last < zone.midnight(start.plus_days(40)), "{last}");
}

#[test]
fn ids_are_unique() {
    let (mut events, mut named) = (BTreeSet::new(), BTreeSet::new());
    for event in portfolio(1_000, 400).events() {
        let of = (event.body.family(), event.customer_id.clone(), event.event_id.clone());
        assert!(events.insert(of), "{event:?}");
        if let Body::Issued { invoice_id: id, .. }
        | Body::Made { promise_id: id, .. }
        | Body::Opened { dispute_id: id, .. }
        | Body::Credited { credit_note_id: id, .. } = &event.body
        {
            assert!(named.insert(id.clone()), "{event:?}");
        }
    }
}

fn of(customer: u32, events: impl Iterator<Item = Event>) -> Vec<Event> {
    let id = Portfolio::customer_id(customer);
    events.filter(|event| event.customer_id == id).collect()
}

#[test]
fn a_customer_does_not_depend_on_the_others() {
    let (few, many) = (portfolio(20, 500), portfolio(200, 500));
    let mut seen = 0;
    for customer in 0..20 {
        let alone = of(customer, few.events());
        seen += alone.len();
        assert_eq!(alone, of(customer, many.events()));
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn a_longer_run_begins_with_the_shorter() {
    let short: Vec<_> = portfolio(50, 60).events().collect();
    let long: Vec<_> = portfolio(50, 90).events().take(short.len()).collect();
    assert_eq!(short, long);
}

#[test]
fn everybody_begins_with_a_profile_and_nothing_follows_an_erasure() {
    let mut known: BTreeMap<_, bool> = BTreeMap::new();
    for event in portfolio(3_000, 730).events() {
        let erased = matches!(event.body, Body::Erased);
        match known.insert(event.customer_id.clone(), erased) {
            Some(before) => assert!(!before, "{event:?} after an erasure"),
            None => match &event.body {
                Body::Updated { attributes } => assert!(attributes.contains_key("customer_since"), "{event:?}"),
                _ => panic!("{event:?} before a profile"),
            },
        }
    }
    assert!(known.len() > 2_900, "{}", known.len());
    assert!(known.values().any(|erased| *erased), "nobody is erased");
}

#[test]
fn ten_thousand_customers_make_at_least_200_000_events_in_the_default_days() {
    let events = portfolio(10_000, PortfolioSettings::default().days).events().count();
    assert!(events >= 200_000, "{events}");
}
