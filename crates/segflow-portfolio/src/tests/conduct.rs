//! The conduct of the creditor: its hours, and the customers it leaves in peace.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::event::{Attribute, Body, Channel, Direction, Event, Outcome};
use segflow_core::time::{Date, Zone};

use super::portfolio;
use crate::ZONE;

/// Whether the creditor takes a step. The consequence of an earlier step, such as a click, is none.
fn is_step(body: &Body) -> bool {
    match body {
        Body::Contact { direction: Direction::Outbound, channel: Channel::Call | Channel::Visit, outcome, .. } => {
            *outcome != Outcome::Refused
        }
        Body::Contact { direction: Direction::Outbound, outcome: Outcome::Attempted, .. } => true,
        _ => false,
    }
}

#[test]
fn calls_are_made_in_business_hours() {
    let zone = Zone::named(ZONE).expect("a zone");
    let mut calls = 0;
    for Event { occurred_at, body, .. } in portfolio(500, 120).events() {
        let Body::Contact { direction: Direction::Outbound, channel: Channel::Call, .. } = body else {
            continue;
        };
        let date = zone.date_of(occurred_at);
        let minutes = occurred_at.since_ms(zone.midnight(date)) / 60_000;
        let end = if date.weekday() == 6 { 13 } else { 19 };
        assert!(date.weekday() != 7 && minutes >= 8 * 60 && minutes < end * 60 + 5, "{occurred_at}");
        calls += 1;
    }
    assert!(calls > 100, "{calls}");
}

#[test]
fn the_vulnerable_are_not_called() {
    let (mut flagged, mut ever) = (BTreeSet::new(), 0);
    for Event { customer_id, body, .. } in portfolio(2_000, 120).events() {
        match body {
            Body::Updated { attributes } => match attributes.get("vulnerable") {
                Some(Attribute::Bool(true)) => ever += usize::from(flagged.insert(customer_id)),
                Some(_) => drop(flagged.remove(&customer_id)),
                None => {}
            },
            Body::Contact { channel: Channel::Call | Channel::Visit, .. } if is_step(&body) => {
                assert!(!flagged.contains(&customer_id), "{customer_id}");
            }
            _ => {}
        }
    }
    assert!(ever > 40, "{ever}");
}

/// The reasons for which the creditor may not contact a customer.
#[derive(Default)]
struct Reasons {
    flags: BTreeSet<String>,
    until: Option<Date>,
    disputes: usize,
    /// Held invoices, each with the last day of its hold if it has one.
    holds: BTreeMap<String, Option<Date>>,
}

impl Reasons {
    fn note(&mut self, attributes: BTreeMap<String, Attribute>) {
        for (name, value) in attributes {
            match (name.as_str(), value) {
                ("on_hold" | "capacity_concern", Attribute::Bool(true)) => drop(self.flags.insert(name)),
                ("on_hold" | "capacity_concern", _) => drop(self.flags.remove(&name)),
                ("hold_until", Attribute::Text(date)) => self.until = Some(date.parse().expect("a date")),
                ("hold_until", _) => self.until = None,
                _ => {}
            }
        }
    }
}

#[test]
fn nobody_is_chased_while_collecting_is_suspended() {
    let zone = Zone::named(ZONE).expect("a zone");
    let mut customers: BTreeMap<_, Reasons> = BTreeMap::new();
    let (mut held, mut flagged, mut disputed, mut on_hold) = (0, 0, 0, 0);
    for Event { customer_id, body, occurred_at, .. } in portfolio(4_000, 500).events() {
        let reasons = customers.entry(customer_id).or_default();
        if is_step(&body) {
            let date = zone.date_of(occurred_at);
            assert!(reasons.flags.is_empty() && reasons.disputes == 0, "{body:?}");
            assert!(reasons.until.is_none_or(|until| until < date), "{body:?}");
            assert!(reasons.holds.values().all(|until| until.is_some_and(|until| until < date)), "{body:?}");
        }
        match body {
            Body::Updated { attributes } => {
                reasons.note(attributes);
                flagged += reasons.flags.len();
                held += usize::from(reasons.until.is_some());
            }
            Body::Opened { .. } => {
                reasons.disputes += 1;
                disputed += 1;
            }
            Body::Resolved { .. } => reasons.disputes -= 1,
            Body::Held { invoice_id, until } => {
                reasons.holds.insert(invoice_id, until);
                on_hold += 1;
            }
            Body::Released { invoice_id } => drop(reasons.holds.remove(&invoice_id)),
            _ => {}
        }
    }
    assert!(held > 20 && flagged > 20 && disputed > 100 && on_hold > 100, "{held} {flagged} {disputed} {on_hold}");
}

#[test]
fn a_stranger_is_not_called_again_before_the_customer_is_traced() {
    let mut wrong: BTreeMap<_, usize> = BTreeMap::new();
    for Event { customer_id, body, .. } in portfolio(2_000, 400).events() {
        if let Body::Contact { channel: Channel::Call, outcome: Outcome::WrongParty, .. } = body {
            *wrong.entry(customer_id).or_default() += 1;
        }
    }
    assert!(wrong.len() > 50, "{}", wrong.len());
    assert!(wrong.values().all(|times| *times < 6), "{wrong:?}");
}
